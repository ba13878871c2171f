import { type ExpandedFileRule, type FilePermission, fileRules, granted } from '../file-rules.ts';
import type { LintedProfile, LintRule } from '../rule.ts';

interface WayOut {
  name: string;
  /** One path that stands for the way out. */
  path: string;
  permission: FilePermission;
  how: string;
  close: string;
}

/** Ways out of a container that docker-default closes (moby/profiles/apparmor), and the rule that closes each. */
const waysOut: readonly WayOut[] = [
  {
    name: 'core_pattern',
    path: '/proc/sys/kernel/core_pattern',
    permission: 'write',
    how: 'the host runs the program named there, as root, when something crashes',
    close: 'deny @{PROC}/sys/kernel/core_pattern w,',
  },
  {
    name: 'modprobe',
    path: '/proc/sys/kernel/modprobe',
    permission: 'write',
    how: 'the host runs the program named there, as root, when a kernel module is asked for',
    close: 'deny @{PROC}/sys/kernel/modprobe w,',
  },
  {
    name: 'binfmt_misc',
    path: '/proc/sys/fs/binfmt_misc/register',
    permission: 'write',
    how: 'the host runs an interpreter registered there for files of its own',
    close: 'deny @{PROC}/sys/fs/** w,',
  },
  {
    name: 'sysctl',
    path: '/proc/sys/vm/panic_on_oom',
    permission: 'write',
    how: 'kernel settings are the host’s',
    close: 'deny @{PROC}/sys/[^k]** w,',
  },
  {
    name: 'sysrq-trigger',
    path: '/proc/sysrq-trigger',
    permission: 'write',
    how: 'one letter written there reboots or halts the host',
    close: 'deny @{PROC}/sysrq-trigger rwklx,',
  },
  {
    name: 'kcore',
    path: '/proc/kcore',
    permission: 'read',
    how: 'it is the memory of the host',
    close: 'deny @{PROC}/kcore rwklx,',
  },
  {
    name: 'uevent_helper',
    path: '/sys/kernel/uevent_helper',
    permission: 'write',
    how: 'the host runs the program named there, as root, when a device appears',
    close: 'deny /sys/[^f]*/** wklx,',
  },
  {
    name: 'sysfs',
    path: '/sys/module/kernel/parameters/panic',
    permission: 'write',
    how: 'drivers and devices of the host are set there',
    close: 'deny /sys/[^f]*/** wklx,',
  },
  {
    name: 'firmware',
    path: '/sys/firmware/acpi/tables/DSDT',
    permission: 'read',
    how: 'it shows, and with efivars changes, the firmware of the host',
    close: 'deny /sys/firmware/** rwklx,',
  },
  {
    name: 'powercap',
    path: '/sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/energy_uj',
    permission: 'read',
    how: 'the power meter gives away secrets of other processes (CVE-2020-8694)',
    close: 'deny /sys/devices/virtual/powercap/** rwklx,',
  },
  {
    name: 'securityfs',
    path: '/sys/kernel/security/apparmor/.replace',
    permission: 'write',
    how: 'profiles are loaded and removed there, this one too',
    close: 'deny /sys/kernel/security/** rwklx,',
  },
];

const sockets = [
  '/run/docker.sock',
  '/var/run/docker.sock',
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/run/podman/podman.sock',
];

export const weakerThanDockerDefault: LintRule = {
  id: 'weaker-than-docker-default',
  title: 'A way out that docker-default closes',
  severity: 'warning',
  text: 'Docker’s own profile closes the well-known ways from a container to its host. A profile that replaces it should close them too. Each is reported by name with the rule that closes it.',
  fires:
    'abi <abi/3.0>,\ninclude <tunables/global>\nprofile docker-demo flags=(attach_disconnected) {\n  file,\n  deny @{PROC}/sys/** w,\n  deny @{PROC}/kcore r,\n  deny /sys/** rw,\n}\n',
  clean:
    'abi <abi/3.0>,\ninclude <tunables/global>\nprofile docker-demo flags=(attach_disconnected) {\n  file,\n  deny @{PROC}/sys/** w,\n  deny @{PROC}/sysrq-trigger rwklx,\n  deny @{PROC}/kcore r,\n  deny /sys/** rw,\n}\n',
  check(context) {
    for (const profile of context.profiles) {
      if (!profile.container) continue;
      const rules = fileRules(context, profile);
      for (const way of waysOut) {
        const by = granted(context, rules, way.path, way.permission);
        if (!by) continue;
        context.report(
          by.effective.own ? by.effective.rule : profile.report.profile.name,
          `${way.name}: ${way.path} can be ${way.permission === 'read' ? 'read' : 'written'}, and ${way.how}.`,
          {
            expected: way.close,
            suggestion: way.close,
          },
        );
      }
      for (const socket of sockets) {
        const by = granted(context, rules, socket, 'write');
        // A rule for everything is not about the socket; only mounting it into the container is.
        if (/^\/(var\/)?run\//.test(by?.outline.prefix ?? '') && by)
          reportSocket(context, profile, by, socket);
      }
      checkMount(context, profile);
    }
  },
};

function reportSocket(
  context: Parameters<LintRule['check']>[0],
  profile: LintedProfile,
  by: ExpandedFileRule,
  socket: string,
): void {
  context.report(
    by.effective.own ? by.effective.rule : profile.report.profile.name,
    `${socket.slice(socket.lastIndexOf('/') + 1)}: who may write to ${socket} starts containers with any rights on the host.`,
    {
      expected: `deny ${socket} rw,`,
      suggestion: `deny ${socket} rw,`,
    },
  );
}

/** Mounting a cgroup hierarchy gives release_agent, mounting proc again undoes path rules. */
function checkMount(context: Parameters<LintRule['check']>[0], profile: LintedProfile): void {
  const bare = (one: LintedProfile['rules'][number]) =>
    one.rule.kind === 'mount' &&
    one.rule.keyword.value === 'mount' &&
    one.rule.words.length === 0 &&
    !one.rule.target &&
    one.rule.conditions.length === 0;
  if (profile.rules.some((one) => one.deny && bare(one))) return;
  for (const one of profile.rules) {
    if (one.deny || !one.own || one.rule.kind !== 'mount' || one.rule.keyword.value !== 'mount')
      continue;
    const fstype = one.rule.conditions.find((condition) => condition.name.value.endsWith('fstype'));
    const harmless =
      fstype?.values.every((value) =>
        ['tmpfs', 'overlay', 'mqueue', 'devpts'].includes(value.value),
      ) ?? false;
    if (harmless) continue;
    context.report(
      one.rule,
      'release_agent: a container that mounts a cgroup hierarchy makes the host run the program named in its release_agent, as root.',
      {
        expected: 'deny mount, or fstype= with the file systems it needs',
        suggestion: 'deny mount,',
      },
    );
  }
}
