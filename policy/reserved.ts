// Names that the kernel, a container runtime or a tool takes for something else than a profile of that name.

/** What is said of each name as the end of a sentence, and the names. */
const names: readonly (readonly [why: string, names: readonly string[]])[] = [
  [
    'is what the kernel calls having no profile, or not this one',
    ['unconfined', 'kernel_t', 'null-complain-profile'],
  ],
  [
    'is the word of a mode, or of what is done with profiles',
    [
      ...[
        'enforce',
        'complain',
        'kill',
        'prompt',
        'mixed',
        'user',
        'audit',
        'quiet',
        'default_allow',
      ],
      ...['allow', 'default', 'none', 'disable', 'disabled', 'enabled', 'unloaded'],
    ],
  ],
  [
    'is what container runtimes and Kubernetes call a choice of theirs',
    ['runtime', 'localhost', 'runtime-default', 'runtimedefault'],
  ],
  [
    'is a profile that a container runtime makes itself, in memory, at each start',
    ['cri-containerd.apparmor.d', 'crio-default', 'nerdctl-default', 'containers-default'],
  ],
  [
    'is a folder of /etc/apparmor.d',
    [
      ...[
        'abi',
        'abstractions',
        'tunables',
        'local',
        'disable',
        'force-complain',
        'cache',
        'cache.d',
      ],
      ...['apache2.d', 'program-chunks', 'libvirt', 'lxc', 'apparmor.d'],
    ],
  ],
];

const beginnings: readonly (readonly [why: string, beginnings: readonly string[]])[] = [
  ['is how the kernel names profiles that it makes itself', ['null-']],
  [
    'is how a container runtime or a package manager names the profiles that it makes itself',
    [
      ...['containers-default-', 'lxc-container-', 'lxd-', 'incus-', 'libvirt-', 'snap.'],
      ...['snap-update-ns.'],
    ],
  ],
];

/**
 * Files of such names are loaded neither at boot (skip_profile in AppArmor's rc.apparmor.functions) nor by
 * `apparmor_parser DIR` (libapparmor): the file that a package is installed as ends with its name.
 */
const skipped = [
  ...['.dpkg-new', '.dpkg-old', '.dpkg-dist', '.dpkg-bak', '.dpkg-remove', '.pacsave', '.pacnew'],
  ...['.rpmnew', '.rpmsave', '.orig', '.rej', '~'],
];

/**
 * Why no package may define a profile of this name, as the second half of a sentence; `undefined` when it may.
 * `docker-default` may be defined: dockerd takes a profile of that name which is loaded already for its own.
 */
export function reservedName(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (name.startsWith(':') || name.includes('//') || name.includes('&')) {
    return 'has a character by which the kernel separates namespaces, profiles and labels';
  }
  const end = skipped.find((one) => lower.endsWith(one));
  if (end !== undefined) return `ends with ${end}, and files of such names are not loaded at boot`;
  if (lower === 'readme' || lower.startsWith('.')) return 'is of a file that is not loaded at boot';
  return (
    names.find(([, all]) => all.includes(lower))?.[0] ??
    beginnings.find(([, all]) => all.some((one) => lower.startsWith(one)))?.[0]
  );
}
