// Kinds of mounts, by which ways out of a container are told apart.
import type { Pattern } from '../../glob/aare.ts';
import { mountsOfTypes } from '../classes/mount.ts';

/** Mounts of file systems that show nothing of the host. */
export const harmlessMounts: Pattern = mountsOfTypes(['tmpfs', 'mqueue', 'devpts']);

/** Mounts of cgroup hierarchies. */
export const cgroupMounts: Pattern = mountsOfTypes(['cgroup', 'cgroup2']);
