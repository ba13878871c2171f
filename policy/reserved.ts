// Names that the kernel, a container runtime or a tool takes for something else than a package's profile of that name.

/** Programs that generate profiles, in memory or at each start. */
export type ProfileMaker = 'docker' | 'kubernetes' | 'podman' | 'lxc' | 'snapd' | 'lxd' | 'libvirt';

/** Names that one reason rules out: whole ones, or what they begin or end with, in lower case. */
interface Reserved {
  /** The end of a sentence about the name. */
  why: string;
  names?: readonly string[];
  beginnings?: readonly string[];
  ends?: readonly string[];
  maker?: ProfileMaker;
  /** The team whose packages may have such a name all the same. */
  allowed?: string;
}

const madeBy = (who: string) => `is how ${who} names the profiles that it makes itself`;

const table: readonly Reserved[] = [
  {
    why: 'is what the kernel calls having no profile, or not this one',
    names: ['unconfined', 'kernel_t', 'null-complain-profile'],
  },
  {
    why: 'looks like the kernel’s name for having no profile',
    beginnings: ['unconfined.', 'unconfined_', 'unconfined+'],
  },
  { why: 'is how the kernel names profiles that it makes itself', beginnings: ['null-'] },
  {
    why: 'is the word of a mode, or of what is done with profiles',
    names: [
      ...['enforce', 'complain', 'kill', 'prompt', 'mixed', 'user', 'audit', 'quiet'],
      ...['default_allow', 'allow', 'default', 'none', 'disable', 'disabled', 'enabled'],
      ...['unloaded'],
    ],
  },
  {
    why: 'is what container runtimes and Kubernetes call a choice of theirs',
    names: ['runtime', 'localhost', 'runtime-default', 'runtimedefault', 'runtime.default'],
    beginnings: ['runtime-default.', 'localhost.'],
  },
  {
    why: 'is a profile that Docker or what comes with it makes itself, in memory, at each start',
    names: [
      ...['nerdctl-default', 'buildkit-default', 'buildkitd-default', 'moby-default'],
      ...['docker-machine-default', 'rootlesskit-default'],
    ],
    maker: 'docker',
  },
  {
    // dockerd takes a profile of this name that is loaded already for its own.
    why: 'is the profile that Docker gives every container, and only the team library has it',
    names: ['docker-default'],
    maker: 'docker',
    allowed: 'library',
  },
  {
    why: madeBy('a runtime of Kubernetes'),
    names: ['cri-containerd.apparmor.d', 'cri-containerd', 'k8s-default', 'kubelet-default'],
    beginnings: ['crio-default', 'cri-o-default', 'cri-containerd.'],
    maker: 'kubernetes',
  },
  {
    why: madeBy('Podman or Buildah'),
    names: ['podman-default', 'buildah-default'],
    beginnings: ['containers-default'],
    maker: 'podman',
  },
  { why: madeBy('LXC'), beginnings: ['lxc-'], maker: 'lxc' },
  {
    why: madeBy('snapd'),
    names: ['snap-confine'],
    beginnings: ['snap.', 'snap-update-ns', 'snap-confine.'],
    maker: 'snapd',
  },
  {
    why: madeBy('LXD or Incus'),
    beginnings: ['lxd-', 'lxd_', 'incus-', 'incus_'],
    maker: 'lxd',
  },
  { why: madeBy('libvirt'), beginnings: ['libvirt-'], maker: 'libvirt' },
  {
    why: 'is a folder of /etc/apparmor.d',
    names: [
      ...['abi', 'abstractions', 'tunables', 'local', 'disable', 'force-complain', 'cache'],
      ...['cache.d', 'apache2.d', 'program-chunks', 'libvirt', 'lxc', 'apparmor.d'],
    ],
  },
  {
    why: 'is the name of another file of a package, or of one that this program writes',
    names: [
      ...['aa-profile.toml', 'readme.md', 'license', 'profiles.toml', 'profiles.lock'],
      ...['trust.toml'],
    ],
    beginnings: ['aa-registry.'],
  },
  {
    // skip_profile in AppArmor's rc.apparmor.functions, and libapparmor: the file that a package is installed as ends
    // with its name.
    why: 'ends as what package managers and patch(1) leave behind, and files of such names are not loaded at boot',
    ends: [
      ...['.dpkg-new', '.dpkg-old', '.dpkg-dist', '.dpkg-bak', '.dpkg-remove', '.pacsave'],
      ...['.pacnew', '.rpmnew', '.rpmsave', '.orig', '.rej', '~'],
    ],
  },
  {
    why: 'is of a file that is not loaded at boot',
    names: ['readme'],
    beginnings: ['.'],
  },
];

/** The profile of the snap-confine in a snap, which snapd generates. */
const ofSnapd = /^\/snap\/.*snap-confine/;

function rowOf(name: string): Reserved | undefined {
  const lower = name.toLowerCase();
  return table.find(
    ({ names, beginnings, ends }) =>
      names?.includes(lower) ||
      beginnings?.some((one) => lower.startsWith(one)) ||
      ends?.some((one) => lower.endsWith(one)),
  );
}

/**
 * Why no package may define a profile of this name, as the second half of a sentence; `undefined` when it may. One that
 * is left to a team may be defined where it is not known whose the package is.
 */
export function reservedName(name: string, team?: string): string | undefined {
  if (name.startsWith(':') || name.includes('//') || name.includes('&')) {
    return 'has a character by which the kernel separates namespaces, profiles and labels';
  }
  if (ofSnapd.test(name)) return madeBy('snapd');
  const row = rowOf(name);
  if (row?.allowed !== undefined && (team === undefined || team === row.allowed)) return undefined;
  return row?.why;
}

/** The program that makes the profile of this name itself; `undefined` where none does. */
export function profileMaker(name: string): ProfileMaker | undefined {
  if (ofSnapd.test(name)) return 'snapd';
  return rowOf(name)?.maker;
}
