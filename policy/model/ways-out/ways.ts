// The well-known ways out of a container, and what each asks for.
import { amountsToRoot, reachesHost } from '../powerful-capabilities.ts';
import { controlSockets } from '../sensitive-files.ts';

/** A way that begins with a file. */
export interface FileWay {
  name: string;
  /** A representative path. */
  path: string;
  /** All files like it; without, the path alone. */
  pattern?: string;
  permission: 'read' | 'write';
  /** What follows, as a sentence without a capital letter and a full stop. */
  how: string;
}

export const fileWays: readonly FileWay[] = [
  {
    name: 'core_pattern',
    path: '/proc/sys/kernel/core_pattern',
    permission: 'write',
    how: 'the host runs the program named there, as root, when something crashes',
  },
  {
    name: 'modprobe',
    path: '/proc/sys/kernel/modprobe',
    permission: 'write',
    how: 'the host runs the program named there, as root, to load a kernel module',
  },
  {
    name: 'binfmt_misc',
    path: '/proc/sys/fs/binfmt_misc/register',
    permission: 'write',
    how: 'the host runs an interpreter registered there for files of its own',
  },
  {
    name: 'sysctl',
    path: '/proc/sys/vm/panic_on_oom',
    // Not those that a container has of its own, such as most of net/.
    pattern: '/proc/sys/{debug,dev,vm}/**',
    permission: 'write',
    how: 'kernel settings are the host’s',
  },
  {
    name: 'sysrq-trigger',
    path: '/proc/sysrq-trigger',
    permission: 'write',
    how: 'one letter written there reboots or halts the host',
  },
  {
    name: 'kcore',
    path: '/proc/kcore',
    permission: 'read',
    how: 'it is the memory of the host',
  },
  {
    name: 'uevent_helper',
    path: '/sys/kernel/uevent_helper',
    permission: 'write',
    how: 'the host runs the program named there, as root, when a device appears',
  },
  {
    name: 'release_agent',
    path: '/sys/fs/cgroup/memory/release_agent',
    pattern: '/sys/fs/cgroup/**/release_agent',
    permission: 'write',
    how: 'the host runs the program named there, as root, when a cgroup becomes empty',
  },
  {
    name: 'sysfs',
    path: '/sys/module/kernel/parameters/panic',
    pattern: '/sys/{block,bus,class,dev,devices,firmware,hypervisor,kernel,module,power}/**',
    permission: 'write',
    how: 'drivers and devices of the host are set there',
  },
  {
    name: 'firmware',
    path: '/sys/firmware/acpi/tables/DSDT',
    pattern: '/sys/firmware/**',
    permission: 'read',
    how: 'it shows, and with efivars changes, the firmware of the host',
  },
  {
    name: 'powercap',
    path: '/sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/energy_uj',
    pattern: '/sys/devices/virtual/powercap/**',
    permission: 'read',
    how: 'the power meter gives away secrets of other processes (CVE-2020-8694)',
  },
  {
    name: 'securityfs',
    path: '/sys/kernel/security/apparmor/.replace',
    pattern: '/sys/kernel/security/**',
    permission: 'write',
    how: 'profiles are loaded and removed there, this one too',
  },
];

/** The way through the sockets of programs that run others. */
export const socketWay: FileWay = {
  name: 'control-socket',
  path: controlSockets[0] as string,
  pattern: `{${controlSockets.join()}}`,
  permission: 'write',
  how: 'a process that writes to it can run programs on the host; open to containers into which it is mounted',
};

/** Ways that begin with mounting, the most direct first. */
export const mountWays = [
  {
    name: 'cgroup-mount',
    how: 'a container that mounts a cgroup hierarchy makes the host run the program named in its release_agent, as root',
  },
  {
    name: 'remount',
    how: 'a container that remounts /proc/sys or another read-only mount can write to it',
  },
  {
    name: 'mount',
    how: 'a file that is mounted elsewhere has another path, which rules for its own path do not cover',
  },
  {
    name: 'pivot_root',
    how: 'with another root, files have other paths, which rules for their own paths do not cover',
  },
] as const;

export type MountWay = (typeof mountWays)[number]['name'];

/** Ways that begin with a capability, which container runtimes give only when asked. */
export const capabilityWays: readonly { name: string; how: string }[] = Object.entries({
  ...amountsToRoot,
  ...reachesHost,
}).map(([name, how]) => ({ name, how: `${how}; it is open to containers that are given it` }));
