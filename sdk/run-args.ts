/** The ways to run containers that this program has the words of. */
export const runtimes = ['docker', 'podman', 'nerdctl', 'compose', 'kubernetes'] as const;
export type Runtime = (typeof runtimes)[number];

/** The line that runs a container of `image` confined by a loaded profile (docker-run(1)). */
export function dockerRunLine(profile: string, image: string): string {
  return `docker run ${securityOption(profile)} ${image}`;
}

/** The stanza of a Pod's or container's securityContext (Kubernetes 1.30 and newer). */
export function kubernetesStanza(profile: string): string {
  return [
    'securityContext:',
    '  appArmorProfile:',
    '    type: Localhost',
    `    localhostProfile: ${profile}`,
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

/** What confines a container by a loaded profile: options of a command line, or a piece of its file. */
export function runArguments(runtime: Runtime, profile: string): string {
  switch (runtime) {
    case 'docker':
    case 'podman':
    case 'nerdctl':
      return securityOption(profile);
    case 'compose':
      return ['security_opt:', `  - apparmor=${profile}`].join('\n');
    case 'kubernetes':
      return kubernetesStanza(profile);
  }
}

function securityOption(profile: string): string {
  return `--security-opt apparmor=${profile}`;
}
