// Settings that make a profile the default of all containers of a runtime.
import { tomlString } from './quote.ts';

/** For Podman and Buildah (containers.conf(5)). */
export function containersConf(profile: string): string {
  return ['[containers]', `apparmor_profile = ${tomlString(profile)}`].join('\n');
}

/** For CRI-O (crio.conf(5)). */
export function crioConf(profile: string): string {
  return ['[crio.runtime]', `apparmor_profile = ${tomlString(profile)}`].join('\n');
}
