// Profiles that no file in /etc/apparmor.d defines for good, since a program writes them itself.
import { type ProfileMaker, profileMaker } from '../../policy/index.ts';

interface Maker {
  maker: ProfileMaker;
  /** Whether a file of this host may define it all the same, and rules may then be added there. */
  mayBeFile: boolean;
  text: string;
}

const takeOne = (how: string) =>
  `This profile is made by the container runtime itself, in memory, each time it starts: no rule can be added to it. Take a profile of your own, such as this registry's library/docker-default, which has the same rules, add the rule to that, and run the container with it: ${how}.`;

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
    text: 'LXC brings or makes this profile itself, and its updates replace it: add no rule to it. Give the container a profile of its own, and name that in its configuration: lxc.apparmor.profile = NAME; or with lxc.apparmor.profile = generated, add the rule there as lxc.apparmor.raw.',
  },
  {
    maker: 'snapd',
    mayBeFile: false,
    text: 'snapd writes this profile and writes it anew with every change: rules that are added are lost. A snap may do what its interfaces allow: see "snap connections NAME", and give it one with "snap connect NAME:INTERFACE".',
  },
  {
    maker: 'lxd',
    mayBeFile: false,
    text: 'LXD or Incus writes this profile for the instance each time it starts: rules that are added to it are lost. Set them for the instance instead: "lxc config set INSTANCE raw.apparmor RULE" ("incus config set …").',
  },
  {
    maker: 'libvirt',
    mayBeFile: false,
    text: 'libvirt writes this profile for the machine each time it starts: rules that are added to it are lost. Rules for every machine go into /etc/apparmor.d/local/abstractions/libvirt-qemu.',
  },
];

/**
 * What to do about a profile that a program makes itself; `undefined` where it is none. With `isFile`, a file of this
 * host defines the profile.
 */
export function adviceOnMaker(profile: string, isFile: boolean): string | undefined {
  const [name = ''] = profile.split('//');
  const maker = profileMaker(name);
  return makers.find(({ maker: one, mayBeFile }) => one === maker && !(mayBeFile && isFile))?.text;
}
