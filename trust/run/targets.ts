import { containerOptions } from './command-line.ts';
import { composeService } from './compose.ts';
import { containersConf, crioConf, daemonJson, engineProfile } from './default-profile.ts';
import { kubernetesContainer } from './kubernetes.ts';
import type { Line } from './line.ts';
import { quadletContainer, systemdService } from './units.ts';

/** What run lines are written for. */
export const runTargets = [
  'docker',
  'podman',
  'nerdctl',
  'compose',
  'kubernetes',
  'quadlet',
  'systemd',
  'containers.conf',
  'crio.conf',
  'daemon.json',
] as const;
export type RunTarget = (typeof runTargets)[number];

/** Whether a target can have a profile of this name: Docker Engine's default profile has always the same one. */
export function fitsTarget(target: RunTarget, profile: string): boolean {
  return target !== 'daemon.json' || profile === engineProfile;
}

/** Command-line options, or the part of a file, that confine a container or a service by a loaded profile. */
export function runLines(target: RunTarget, line: Line): string {
  switch (target) {
    case 'docker':
    case 'podman':
    case 'nerdctl':
      return containerOptions(line);
    case 'compose':
      return composeService(line);
    case 'kubernetes':
      return kubernetesContainer(line);
    case 'quadlet':
      return quadletContainer(line);
    case 'systemd':
      return systemdService(line);
    case 'containers.conf':
      return containersConf(line.profile);
    case 'crio.conf':
      return crioConf(line.profile);
    case 'daemon.json':
      return daemonJson(line.file);
  }
}

/** The profile of a package that containers and services run in: the one with its name, or else the first. */
export function profileToRun(name: string, defined: readonly string[]): string {
  return defined.includes(name) ? name : (defined[0] ?? name);
}
