// Settings that make a profile the default of all containers of a runtime.
import { tomlString } from './quote.ts';

/** For Podman and Buildah (containers.conf(5)). */
export function containersConf(profile: string): string {
  return ['[containers]', `apparmor_profile = ${tomlString(profile)}`].join('\n');
}

/** The profile that Docker Engine applies by default. Another one can't be named, but from 29.8 on, its file can be. */
export const engineProfile = 'docker-default';

/**
 * For Docker Engine from 29.8 on (daemon.json, `apparmor-profile`): the file from which it loads `docker-default` whenever it
 * starts. It is a Go template, whose actions begin with `{{`.
 *
 * @param file the path of the installed profile, which must define `docker-default`
 */
export function daemonJson(file: string): string {
  return JSON.stringify({ 'apparmor-profile': file }, undefined, 2);
}

/** For CRI-O (crio.conf(5)). */
export function crioConf(profile: string): string {
  return ['[crio.runtime]', `apparmor_profile = ${tomlString(profile)}`].join('\n');
}
