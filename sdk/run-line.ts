/** The line that runs a container of `image` confined by a loaded profile (docker-run(1)). */
export function dockerRunLine(profile: string, image: string): string {
  return `docker run --security-opt apparmor=${profile} ${image}`;
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
