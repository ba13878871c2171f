// Lint reports what rules mean, regardless of their spelling.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lint } from '../../policy/index.ts';

const head =
  'abi <abi/3.0>,\n@{PROC}=/proc/\n@{run}=/run/ /var/run/\nalias /srv/kernel/ -> /proc/sys/kernel/,\n';
const closed = readFileSync(
  new URL('../../profiles/docker-default/docker-default', import.meta.url),
  'utf8',
).match(/^ {2}deny @\{PROC\}[\s\S]*powercap\/\*\* rwklx,$/m)?.[0];

const profile = (rules: string) => `${head}profile docker-demo {\n  file,\n${rules}\n}\n`;

const reports = (source: string, id: string) =>
  lint(source).diagnostics.filter((one) => one.id === id);

describe('weaker-than-docker-default', () => {
  test('docker-default’s own deny rules are not reported', () => {
    expect(reports(profile(`${closed}\n  deny mount,`), 'weaker-than-docker-default')).toEqual([]);
  });

  test.each([
    ['priority=1 /proc/sys/kernel/core_pattern w,', 'core_pattern'],
    ['priority=1 /proc/sys/kernel/core_pattern a,', 'core_pattern'],
    ['priority=1 @{PROC}/sys/kernel/{core_pattern,x} rw,', 'core_pattern'],
    ['priority=1 owner /proc/sys/kernel/core_* w,', 'core_pattern'],
    ['priority=1 /srv/kernel/core_pattern w,', 'core_pattern'],
    ['priority=1 /proc/sys/net/ipv4/ip_forward w,', '/proc/sys/net/ipv4/ip_forward'],
    ['priority=1 /proc/irq/** w,', '/proc/irq/'],
    ['priority=1 /sys/devices/pci0000:00/** w,', '/sys/devices/pci0000:00/'],
    ['priority=1 /sys/fs/cgroup/** w,', 'release_agent'],
    ['priority=1 allow /sys/fs/bpf/x rw,', '/sys/fs/bpf/x'],
    ['priority=2 audit /proc/kcore r,\n  deny priority=1 /proc/kcore r,', 'kcore'],
  ])('%s', (rules, what) => {
    const found = reports(profile(`${closed}\n  ${rules}`), 'weaker-than-docker-default');
    expect(found).not.toEqual([]);
    for (const { message, suggestion } of found) {
      expect(message).toContain(what);
      expect(suggestion).toMatch(/^deny .*,$/);
    }
  });

  test.each([
    'priority=1 /proc/[0-9]*/attr/exec w,',
    'priority=1 /proc/*/attr/current w,',
    'priority=1 /sys/fs/cgroup/* w,',
    'priority=1 /proc/sys/kernel/ngroups_max r,',
    'priority=-1 /proc/sys/kernel/core_pattern w,',
    'priority=1 /proc/kcore l,',
  ])('%s is not an escape', (rules) => {
    expect(reports(profile(`${closed}\n  ${rules}`), 'weaker-than-docker-default')).toEqual([]);
  });

  test('in a child profile and a hat', () => {
    const child = `/bin/sh cx -> kid,\n  profile kid {\n    /proc/sys/kernel/core_pattern a,\n    /bin/* ix,\n  }\n`;
    for (const inner of [child, child.replace('profile kid', '^kid').replace(/.*->.*\n/, '')]) {
      expect(reports(profile(`${closed}\n  ${inner}`), 'weaker-than-docker-default')).toMatchObject(
        [{ message: expect.stringContaining('core_pattern') }],
      );
    }
  });

  test.each([
    ...['mount fstype=cgroup,', 'mount,', 'mount options=rw,', 'mount /x -> /y,'],
    ...['mount fstype=cgr*,', 'mount fstype={cgroup2,tmpfs} -> /mnt/,', 'mount options=(rw,bind),'],
    ...['remount,', 'remount /proc/sys,', 'mount options=remount,', 'mount options=(remount, rw),'],
    'remount options=(rw) /proc/sys/,',
    'mount fstype=overlay,',
  ])('%s', (rule) => {
    expect(reports(profile(`${closed}\n  ${rule}`), 'weaker-than-docker-default')).toHaveLength(1);
    expect(
      reports(profile(`${closed}\n  deny mount,\n  ${rule}`), 'weaker-than-docker-default'),
    ).toEqual([]);
  });

  test('in a profile that includes abstractions/base', () => {
    const base = readFileSync('/etc/apparmor.d/abstractions/base', 'utf8').replace(
      /^ *include.*$/gm,
      '',
    );
    const variables =
      '@{etc_ro}=/etc/ /usr/etc/\n@{multiarch}=*-linux-gnu*\n@{pid}=[0-9]*\n@{tid}=[0-9]*\n@{sys}=/sys/\n@{HOME}=/home/*/ /root/\n@{PROC}=/proc/\n@{run}=/run/ /var/run/\n';
    const rules = [
      ['/sys/fs/cgroup/*/docker/*/release_agent w,', 'release_agent'],
      ['/sys/kernel/security/apparmor/{.load,.remove} w,', '/.load'],
      ['/proc/sys/kernel/usermodehelper/bset w,', 'usermodehelper'],
      ['/sys/firmware/acpi/tables/SSDT r,', 'SSDT'],
      ['/sys/devices/virtual/powercap/x r,', 'powercap'],
    ];
    for (const [rule, what] of rules) {
      const policy = `abi <abi/3.0>,\n${variables}profile docker-demo {\n${base}\n/usr/bin/* rix,\n${rule}\n}\n`;
      const messages = reports(policy, 'weaker-than-docker-default').map(({ message }) => message);
      expect(messages).toEqual([expect.stringContaining(what as string)]);
    }
  });

  test.each(['mount fstype=tmpfs,', 'mount fstype=(tmpfs, devpts) -> /run/**,', 'umount,'])(
    '%s is harmless',
    (rule) => {
      expect(reports(profile(`${closed}\n  ${rule}`), 'weaker-than-docker-default')).toEqual([]);
    },
  );

  test.each([
    ...['/run/docker.sock rw,', '@{run}/docker.sock w,', '/{,var/}run/docker.sock rw,'],
    ...['/run/*.sock rw,', '/{run,srv}/** rw,', '/r[u]n/docker.sock a,'],
  ])('%s', (rule) => {
    const found = reports(profile(`${closed}\n  ${rule}`), 'weaker-than-docker-default');
    expect(found.map(({ message }) => message).join()).toContain('docker.sock');
  });
});

test.each([
  ...[
    'ptrace,',
    'ptrace (trace) peer=unconfined,',
    'ptrace peer={unconfined,x},',
    'ptrace peer=un*,',
  ],
  ...['ptrace (trace) peer=*,', 'ptrace peer={*,**},', 'ptrace peer=[^d]**,'],
])('%s reaches unconfined processes', (rule) => {
  expect(reports(profile(rule), 'bare-ptrace')).toHaveLength(1);
});

test.each([
  ...['ptrace peer=docker-*,', 'ptrace (read) peer=unconfined,'],
  'ptrace,\n  deny ptrace peer=unconfined,',
])('%s is not reported', (rule) => {
  expect(reports(profile(rule), 'bare-ptrace')).toEqual([]);
});

test.each([
  [
    'values',
    `@{x}=${Array.from({ length: 5000 }, (_, at) => `v${at} `).join('')}sys/kernel/core_pattern\n`,
    '/proc/@{x} w,',
  ],
  ['the length of a pattern', '', `/${'a'.repeat(30_000)}* r,\n/proc/sys/kernel/core_pattern w,`],
  ['alternatives', '', `/${'{a,b}'.repeat(8000)} r,\n/proc/sys/kernel/core_pattern w,`],
])('exceeding a limit is an error: %s', (_, before, rules) => {
  const policy = `abi <abi/3.0>,\n${before}profile docker-demo {\n/bin/* ix,\n${rules}\n}\n`;
  expect(reports(policy, 'limit')).toMatchObject([{ severity: 'error' }]);
});

test('a permission of a prompt rule counts as granted', () => {
  const rules = '/bin/* ix,\nprompt /proc/sys/kernel/core_pattern w,';
  const policy = `abi <abi/3.0>,\nprofile docker-demo {\n${rules}\n}\n`;
  expect(reports(policy, 'weaker-than-docker-default')).toMatchObject([
    { message: expect.stringContaining('core_pattern') },
  ]);
});

describe('leaving confinement', () => {
  test.each([
    ...['/bin/x ux,', '/bin/x Px -> unconfined,', '/bin/x cx -> unconfined,'],
    ...['/bin/x Pix -> unconfined,', '/bin/x px -> :root:unconfined,'],
    ...['/bin/x px -> :root://unconfined,', '/bin/x pux,'],
  ])('%s', (rule) => {
    expect(reports(profile(rule), 'unconfined-exec')).toHaveLength(1);
  });

  test.each([
    ...['change_profile,', 'change_profile -> unconfined,', 'change_profile -> {unconfined,x},'],
    ...['change_profile -> un*,', 'change_profile -> [u]nconfined,', 'change_profile -> **,'],
    ...['change_profile -> :ns:unconfined,', 'change_profile /bin/x -> unconfined,'],
  ])('%s', (rule) => {
    expect(reports(profile(rule), 'change-profile-anywhere')).toHaveLength(1);
  });

  test.each([
    'change_profile -> un[^c]*,',
    'change_profile -> demo-unconfined,',
    'change_profile,\n  deny change_profile,',
  ])('%s is not reported', (rule) => {
    expect(reports(profile(rule), 'change-profile-anywhere')).toEqual([]);
  });
});

describe('the effect of deny rules', () => {
  const pairs: [allow: string, deny: string][] = [
    ['signal (send) peer=foo,', 'deny signal,'],
    ['ptrace (read) peer=foo,', 'deny ptrace,'],
    ['dbus send bus=session,', 'deny dbus,'],
    ['unix (send) type=stream,', 'deny unix,'],
    ['umount /x,', 'deny umount,'],
    ['change_profile -> z,', 'deny change_profile,'],
    ['network inet stream,', 'deny network inet,'],
    ['mount options=(make-rslave),', 'deny mount,'],
    ['signal send set=(kill, term) peer=a,', 'deny signal send peer={a,b},'],
    ['/etc/x r,', 'deny /etc/** r,'],
  ];
  test.each(pairs)('%s under %s', (allow, deny) => {
    const policy = (rules: string) => `${head}profile demo /usr/bin/demo {\n${rules}\n}\n`;
    expect(reports(policy(`  ${allow}\n  ${deny}`), 'hidden-allow')).toHaveLength(1);
    expect(reports(policy(`  ${deny}\n  ${allow}`), 'hidden-allow')).toHaveLength(1);
    expect(reports(policy(`  ${allow}\n  priority=1 ${deny}`), 'hidden-allow')).toHaveLength(1);
    // Priorities of capability rules have no effect.
    const hidden = allow.startsWith('capability') ? 1 : 0;
    for (const rules of [`priority=1 ${allow}\n  ${deny}`, `${allow}\n  priority=-1 ${deny}`])
      expect(reports(policy(`  ${rules}`), 'hidden-allow')).toHaveLength(hidden);
  });

  // The priority of a capability rule has no effect (measured with apparmor_parser 4.1.0 and 5.0.2).
  test.each(['deny capability chown,', 'deny capability,'])('capability chown under %s', (deny) => {
    for (const [first, second] of [
      ...[
        ['', ''],
        ['priority=1 ', ''],
        ['', 'priority=1 '],
        ['', 'priority=-1 '],
      ],
    ]) {
      const rules = `  ${first}capability chown,\n  ${second}${deny}`;
      const policy = `${head}profile demo /usr/bin/demo {\n${rules}\n}\n`;
      expect(reports(policy, 'hidden-allow')).toHaveLength(1);
    }
  });

  test.each([
    ['signal (send) peer=foo,', 'deny signal peer=foo1,'],
    ['network inet stream,', 'deny network inet dgram,'],
    ['network netlink raw,', 'deny network inet,'],
    ['unix (send) type=stream peer=(label=a),', 'deny unix (send) type=stream peer=(label=b),'],
    ['mount fstype=tmpfs,', 'deny mount options=remount,'],
  ])('%s is not hidden by %s', (allow, deny) => {
    const policy = `${head}profile demo /usr/bin/demo {\n  ${allow}\n  ${deny}\n}\n`;
    expect(reports(policy, 'hidden-allow')).toEqual([]);
  });

  // Rules of mqueue are in two tables.
  test.each([
    ['mqueue,', 'deny mqueue,', 1],
    ['mqueue r,', 'deny mqueue,', 1],
    ['mqueue,', 'deny mqueue type=posix,\n  deny mqueue type=sysv,', 1],
    ['mqueue type=posix,', 'deny mqueue,', 1],
    ['mqueue,', 'deny mqueue type=posix,', 0],
    ['mqueue,', 'deny mqueue r type=sysv,', 0],
    ['mqueue,', 'deny mqueue r,', 1],
  ])('%s under %s', (allow, deny, hidden) => {
    const policy = `${head}profile demo /usr/bin/demo {\n  ${allow}\n  ${deny}\n}\n`;
    expect(reports(policy, 'hidden-allow')).toHaveLength(hidden);
  });

  test.each([
    ['/etc/x r,', 'deny /etc/x r,', 'deny /etc/x r'],
    ['priority=-1 /etc/x r,', 'priority=-1 deny /etc/x r,', 'priority=-1 deny /etc/x r'],
    ['/etc/x r,', 'audit deny /etc/x r,', 'audit deny /etc/x r'],
    ['mqueue,', 'deny mqueue,', 'deny mqueue'],
  ])('%s under %s names that rule as it is written', (allow, deny, named) => {
    const policy = `${head}profile demo /usr/bin/demo {\n  ${allow}\n  ${deny}\n}\n`;
    const [report] = reports(policy, 'hidden-allow');
    expect(report?.message).toContain(`by "${named}",`);
  });

  test('powerful-capability does not report a capability that is denied', () => {
    for (const deny of ['deny capability sys_admin,', 'deny capability,'])
      expect(reports(profile(`  capability sys_admin,\n  ${deny}`), 'powerful-capability')).toEqual(
        [],
      );
  });
});

describe('profiles under which no program can run', () => {
  const container = (rules: string) => `${head}profile docker-demo {\n${rules}\n}\n`;
  test.each([
    ...['deny /etc/shadow r,', 'network,', '/etc/** r,', '/bin/** ix,\n  deny /bin/** x,'],
    'file,\n  deny /{,**} x,',
  ])('%s', (rules) => {
    expect(reports(container(rules), 'nothing-runs')).toHaveLength(1);
  });
  test.each(['file,', '/bin/sh ix,', '/** rix,', 'all,', '/bin/** ix,\n  deny /bin/sh x,'])(
    '%s allows a program to run',
    (rules) => {
      expect(reports(container(rules), 'nothing-runs')).toEqual([]);
    },
  );
  test('complain mode and unread includes are not reported', () => {
    const complain = container('').replace('docker-demo', 'docker-demo flags=(complain)');
    expect(reports(complain, 'nothing-runs')).toEqual([]);
    expect(reports(container('include <abstractions/my-own>'), 'nothing-runs')).toEqual([]);
    expect(reports(container('include <abstractions/base>'), 'nothing-runs')).toHaveLength(1);
  });
});

test.each([
  ['deny /dev/** w,', 1],
  ['deny /dev/null rw,', 1],
  ['deny /{boot,dev,etc}/** wl,', 1],
  ['deny /dev/[^n]** w,', 0],
  ['deny /dev/** w,\n  priority=1 /dev/null w,', 0],
])('%s denies %i device', (rules, count) => {
  expect(reports(profile(rules), 'denied-device')).toHaveLength(count);
});

const peers = 'docker-demo,*//&docker-demo,docker-demo//&*';

test.each([
  ['signal (send, receive) peer=docker-demo,', 1],
  ['signal peer=@{profile_name},', 1],
  ['signal (send) set=(term) peer=docker-demo,\n  ptrace (trace) peer=docker-demo,', 2],
  ['ptrace peer={docker-demo,docker-demo//&*},', 1],
  [`signal peer={${peers}},\n  ptrace peer={${peers}},`, 0],
  // Each profile of the label matches.
  ['signal peer={docker-demo,crun,unconfined},', 0],
  ['signal,\n  ptrace,', 0],
  // Of other processes, and of none.
  ['signal peer=other,', 0],
  ['signal (receive) peer=docker-demo,', 0],
  ['deny signal peer=docker-demo,', 0],
])('%s misses stacked labels in %i rules', (rules, count) => {
  expect(reports(profile(rules), 'stacked-peer')).toHaveLength(count);
});

test('the processes of a host program have no stacked label', () => {
  const host = 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  signal peer=demo,\n}\n';
  expect(reports(host, 'stacked-peer')).toEqual([]);
});

describe('what aliases make of a rule', () => {
  const linesOf = (id: string, ...lines: string[]) =>
    reports(['abi <abi/3.0>,', ...lines].join('\n'), id).map(({ span }) => span.start.line);

  test('does not cover the rule itself', () => {
    const aliases = ['alias /bin/dir -> /bin/gnudir,', 'alias /bin/dirname -> /bin/gnudirname,'];
    const policy = [...aliases, 'profile demo {', '/bin/dirname rix,', '}'];
    expect(linesOf('covered-rule', ...policy)).toEqual([]);
  });

  test('has to be covered too', () => {
    const policy = (rule: string) => ['alias /a/ -> /b/,', 'profile demo {', rule, '/a/x r,', '}'];
    expect(linesOf('covered-rule', ...policy('/b/x r,'))).toEqual([]);
    expect(linesOf('covered-rule', ...policy('/{a,b}/* r,'))).toEqual([5]);
  });

  test('is reported once with it', () => {
    const policy = ['alias /a/ -> /b/,', 'profile demo {', '/a/** rwix,', '}'];
    expect(linesOf('writable-exec', ...policy)).toEqual([4]);
  });
});
