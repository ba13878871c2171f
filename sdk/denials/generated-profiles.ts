// Profiles that programs generate, so that edits in /etc/apparmor.d are lost or impossible.
import { type ProfileMaker, profileMaker } from '../../policy/index.ts';

interface Maker {
  maker: ProfileMaker;
  /** Whether a file on this host may define it nonetheless, to which rules can be added. */
  mayBeFile: boolean;
  text: string;
}

const takeOne = (how: string) =>
  `The container runtime generates this profile in memory each time it starts, so no rule can be added to it. Add the rule to a profile of your own, such as this registry's library/docker-default, which has the same rules, and run the container with it: ${how}.`;

const makers: readonly Maker[] = [
  {
    maker: 'docker',
    mayBeFile: true,
    text: takeOne('--security-opt apparmor=NAME'),
  },
  {
    maker: 'kubernetes',
    mayBeFile: true,
    text: takeOne(
      'appArmorProfile with type: Localhost and localhostProfile: NAME in the securityContext',
    ),
  },
  {
    maker: 'podman',
    mayBeFile: true,
    text: takeOne('--security-opt apparmor=NAME (podman, buildah)'),
  },
  {
    maker: 'lxc',
    mayBeFile: true,
    text: 'LXC installs or generates this profile, and its updates replace it, so do not add rules to it. Give the container its own profile with lxc.apparmor.profile = NAME in its configuration; or with lxc.apparmor.profile = generated, add the rule there as lxc.apparmor.raw.',
  },
  {
    maker: 'snapd',
    mayBeFile: false,
    text: 'snapd generates this profile and overwrites it with every change, so added rules are lost. The interfaces of a snap determine its permissions: list them with "snap connections NAME", and connect one with "snap connect NAME:INTERFACE".',
  },
  {
    maker: 'lxd',
    mayBeFile: false,
    text: 'LXD or Incus generates this profile each time the instance starts, so added rules are lost. Set them on the instance instead: "lxc config set INSTANCE raw.apparmor RULE" ("incus config set …").',
  },
  {
    maker: 'libvirt',
    mayBeFile: false,
    text: 'libvirt generates this profile each time the machine starts, so added rules are lost. Put rules for all machines into /etc/apparmor.d/local/abstractions/libvirt-qemu.',
  },
];

/**
 * Advice on a profile that a program generates; `undefined` for other profiles. With `isFile`, a file on this host
 * defines the profile.
 */
export function adviceOnMaker(profile: string, isFile: boolean): string | undefined {
  const [name = ''] = profile.split('//');
  const maker = profileMaker(name);
  return makers.find(({ maker: one, mayBeFile }) => one === maker && !(mayBeFile && isFile))?.text;
}
