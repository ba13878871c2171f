import { shellWord } from './shell-word.ts';

/** The ways to apply a profile. */
export const runtimes = [
  'docker',
  'podman',
  'nerdctl',
  'compose',
  'kubernetes',
  'systemd',
] as const;
export type Runtime = (typeof runtimes)[number];

/** The program that a container runs instead of its image's entry point, with arguments; empty for the image's own. */
export type Entrypoint = readonly string[];

/** The command that runs a container of `image` confined by a loaded profile (docker-run(1)). */
export function dockerRunLine(profile: string, image: string, entrypoint: Entrypoint = []): string {
  const words = ['docker', 'run', containerOptions(profile, entrypoint), image];
  return [...words, ...argumentsAfterImage(entrypoint)].join(' ');
}

/** The arguments after the image, for a shell: with its own entry point, the image's default arguments are dropped. */
export function argumentsAfterImage([, ...rest]: Entrypoint): string[] {
  return rest.map(shellWord);
}

/** The stanza of a container's securityContext (Kubernetes 1.30 and newer), and its command. */
export function kubernetesStanza(profile: string, entrypoint: Entrypoint = []): string {
  return [
    'securityContext:',
    '  appArmorProfile:',
    '    type: Localhost',
    `    localhostProfile: ${profile}`,
    // JSON is YAML too; "$(NAME)" would be expanded.
    ...(entrypoint.length > 0
      ? [`command: ${JSON.stringify(entrypoint).replaceAll('$(', '$$$$(')}`]
      : []),
  ].join('\n');
}

/** The annotation of a Pod for one of its containers (Kubernetes before 1.30). */
export function kubernetesAnnotation(profile: string, container: string): string {
  return [
    'metadata:',
    '  annotations:',
    `    container.apparmor.security.beta.kubernetes.io/${container}: localhost/${profile}`,
  ].join('\n');
}

/** How to confine a container or service by a loaded profile: command-line options, or a piece of its file. */
export function runArguments(
  runtime: Runtime,
  profile: string,
  entrypoint: Entrypoint = [],
): string {
  switch (runtime) {
    case 'docker':
    case 'podman':
    case 'nerdctl':
      return containerOptions(profile, entrypoint);
    case 'compose':
      return [
        'security_opt:',
        `  - apparmor=${profile}`,
        // "$" would begin a variable's name.
        ...(entrypoint.length > 0
          ? [`entrypoint: ${JSON.stringify(entrypoint).replaceAll('$', '$$$$')}`]
          : []),
      ].join('\n');
    case 'kubernetes':
      return kubernetesStanza(profile, entrypoint);
    case 'systemd':
      return ['[Service]', `AppArmorProfile=${profile}`].join('\n');
  }
}

/** The profile of a package that containers and services run in: the one with its name, or else the first. */
export function profileToRun(name: string, defined: readonly string[]): string {
  return defined.includes(name) ? name : (defined[0] ?? name);
}

function containerOptions(profile: string, [program]: Entrypoint): string {
  const option = `--security-opt apparmor=${profile}`;
  return program === undefined ? option : `${option} --entrypoint ${program}`;
}
