// The lines of summaries: their topics, their order, and what is said of what is not known.
import { describe, expect, test } from 'vitest';
import { Budget } from '../../policy/budget.ts';
import { model, summarize } from '../../policy/index.ts';
import { secretFiles, trustedFiles } from '../../policy/model/sensitive-files.ts';

const preamble = 'abi <abi/3.0>,\n';
const profile = (body: string) => `${preamble}profile web /usr/bin/web {\n${body}\n}\n`;

/** The lines of a policy's only profile, by topic. */
function linesOf(source: string) {
  const [one] = summarize(model(source));
  return new Map(one?.lines.map((line) => [line.topic as string, line]));
}

describe('topics', () => {
  test.each([
    ['/usr/bin/helper ux,', 'unconfined', '/usr/bin/helper', 'critical'],
    ['/usr/bin/helper Pux,', 'unconfined', '/usr/bin/helper', 'critical'],
    ['/usr/bin/helper Px -> unconfined,', 'unconfined', '/usr/bin/helper', 'critical'],
    ['change_profile -> {unconfined,x},', 'unconfined', 'profile unconfined', 'critical'],
    ['change_profile -> :root:unconfined,', 'unconfined', 'profile :root:unconfined', 'critical'],
    ['change_profile -> x,', 'change-profile', 'profile x', 'high'],
    ['/srv/* w,\n/srv/{a,b} ix,', 'run-writable', '/srv/a', 'critical'],
    ['owner /srv/a a,\n/srv/a m,', 'run-writable', '/srv/a', 'critical'],
    ['/usr/bin/helper Px,', 'run-profile', '/usr/bin/helper', 'medium'],
    ['/bin/dash ix,', 'run-shell', '/bin/dash', 'medium'],
    ['/usr/bin/helper ix,', 'run', '/usr/bin/helper', 'medium'],
    ['/usr/lib/a.so m,', 'map', '/usr/lib/a.so', 'low'],
    ['/{,var/}run/docker.sock rw,', 'control-socket', '/run/docker.sock', 'critical'],
    ['/proc/sys/kernel/core_pattern w,', 'write-kernel', '/proc/sys/kernel/core_pattern'],
    ['/proc/[0-9]*/comm w,', 'write-process', '/proc/0/comm', 'medium'],
    ['/proc/ w,', 'write-other', '/proc/', 'medium'],
    ['/dev/sda r,', 'device', '/dev/sda', 'high'],
    ['/dev/null rw,', 'write-terminal', '/dev/null', 'low'],
    ['/usr/local/a w,', 'write-programs', '/usr/local/a', 'high'],
    ['/etc/web/a a,', 'write-etc', '/etc/web/a', 'high'],
    ['/home/x/a w,', 'write-home', '/home/x/a', 'medium'],
    ['/home/x/a r,', 'read-home', '/home/x/a', 'medium'],
    ['/tmp/a w,', 'write-temporary', '/tmp/a', 'low'],
    ['/var/lib/a w,', 'write-data', '/var/lib/a', 'low'],
    ['/srv/a w,', 'write-other', '/srv/a', 'medium'],
    ['/srv/a r,', 'read-other', '/srv/a', 'low'],
    ['/sys/a r,', 'read-system', '/sys/a', 'low'],
    ['/proc/kcore r,', 'kernel-memory', '/proc/kcore', 'critical'],
    ['/proc/[0-9]*/mem r,', 'read-secrets', '/proc/2/mem', 'high'],
    ['owner /proc/[0-9]*/mem r,', 'read-system', '/proc/0/mem', 'low'],
    ['link /a -> /b,', 'link', '/a to /b', 'low'],
    ['/a k,', 'lock', '/a', 'low'],
    ['capability sys_module,', 'powerful-capability', 'sys_module', 'critical'],
    ['capability chown,', 'capability', 'chown', 'medium'],
    ['network inet stream,', 'network', 'inet stream', 'medium'],
    ['network inet raw,', 'network-raw', 'inet raw', 'high'],
    ['network packet,', 'network-raw', 'packet stream', 'high'],
    ['network netlink raw,', 'netlink', 'netlink raw', 'low'],
    ['unix (send) type=stream,', 'unix', undefined, 'low'],
    ['signal (send) set=kill peer=a,', 'signal-send', 'signal kill, peer a', 'medium'],
    ['signal (send) set=kill peer=web,', 'signal-own', 'signal kill, peer web', 'low'],
    ['ptrace (read) peer=a,', 'ptrace-others', 'peer a', 'high'],
    ['/dev/sda w,', 'write-disk', '/dev/sda', 'critical'],
    ['/etc/rc.local w,', 'write-trusted', '/etc/rc.local', 'critical'],
    ['/var/backups/shadow.bak r,', 'read-secrets', '/var/backups/shadow.bak', 'high'],
    ['/run/snapd.socket rw,', 'control-socket', '/run/snapd.socket', 'critical'],
    ['/proc/*/attr/exec w,', 'write-process', '/proc/x/attr/exec', 'medium'],
    ['link /tmp/a -> /etc/shadow,', 'link-sensitive', '/tmp/a to /etc/shadow', 'high'],
    ['link /etc/cron.d/a -> /tmp/a,', 'link-sensitive', '/etc/cron.d/a to /tmp/a', 'high'],
    ['link subset /tmp/a -> /tmp/b,', 'link', '/tmp/a to /tmp/b', 'low'],
    ['ptrace (read) peer=crun//&web,', 'ptrace-own', 'peer crun//&web', 'low'],
    ['ptrace (tracedby) peer=a,', 'ptrace-own', 'peer a', 'low'],
    ['dbus (send) bus=system,', 'dbus', 'bus system', 'low'],
    ['dbus (send) bus=system,', 'dbus-control', undefined, 'critical'],
    ['dbus (send) bus=session peer=(label=unconfined),', 'dbus-control', undefined, 'critical'],
    ['capability setuid,', 'strong-capability', 'setuid', 'high'],
    ['capability setfcap,', 'strong-capability', 'setfcap', 'high'],
    ['capability sys_ptrace,', 'strong-capability', 'sys_ptrace', 'high'],
    ['capability dac_override,', 'strong-capability', 'dac_override', 'high'],
    ['/a cux -> kid,\nprofile kid {\n}', 'run-profile', '/a', 'medium'],
    ['/a cux -> kid,', 'unconfined', '/a', 'critical'],
    ['/a cux,\nprofile /a {\n}', 'run-profile', '/a', 'medium'],
    ['/a* cux,\nprofile /a {\n}', 'unconfined', '/a', 'critical'],
    ['/a cux -> hat,\n^hat {\n}', 'run-profile', '/a', 'medium'],
    ['/a cix -> none,', 'run-profile', '/a', 'medium'],
    ['dbus (eavesdrop) bus=system,', 'dbus-eavesdrop', 'bus system', 'high'],
    ['mount fstype=tmpfs,', 'mount', undefined, 'high'],
    ['umount /mnt/,', 'mount', 'mount point /mnt/', 'high'],
  ])('%s', (rules, topic, example, severity = 'critical') => {
    const line = linesOf(profile(rules)).get(topic);
    expect(line).toMatchObject({ severity });
    if (example !== undefined) expect(line?.examples.map(({ text }) => text)).toContain(example);
  });

  test.each(secretFiles.map(([pattern, note]) => [pattern, note]))(
    '%s is a secret: %s',
    (pattern, note) => {
      const lines = linesOf(profile(`${pattern} r,`));
      const found = lines.get(/kcore/.test(pattern) ? 'kernel-memory' : 'read-secrets');
      expect(found?.examples.length).toBeGreaterThan(0);
      if (!/kcore/.test(pattern)) expect(found?.examples[0]?.note).toBe(note);
    },
  );

  test.each(trustedFiles)('%s is trusted: %s', (path) => {
    const topic = path.endsWith('.sock') ? 'control-socket' : 'write-trusted';
    expect(linesOf(profile(`${path} a,`)).get(topic)?.examples[0]?.text).toBe(path);
  });

  test('are in the order of their danger', () => {
    const body = '/a r,\n/b ux,\n/etc/shadow r,\ncapability chown,';
    const severities = [...linesOf(profile(body)).values()].map(({ severity }) => severity);
    const ranks = ['critical', 'high', 'medium', 'low'];
    expect(severities).toEqual([...severities].sort((a, b) => ranks.indexOf(a) - ranks.indexOf(b)));
    expect(severities[0]).toBe('critical');
  });

  test('a change of profile names the profile, not the programs that may be run next', () => {
    const examples = (rules: string) =>
      linesOf(profile(rules))
        .get('change-profile')
        ?.examples.map(({ text }) => text);
    expect(examples('change_profile -> helper,')).toEqual([
      'profile helper',
      'program /x, profile helper',
    ]);
    expect(examples('change_profile /bin/a -> /usr/bin/helper,')).toEqual([
      'profile /usr/bin/helper',
      'program /bin/a, profile /usr/bin/helper',
    ]);
  });

  test.each([
    ['path=/org/freedesktop/systemd1 interface=org.freedesktop.systemd1.Manager member=ListUnits'],
    ['path=/org/freedesktop/login1'],
    ['peer=(name=org.freedesktop.login1)'],
  ])('a message with %s starts no program', (conditions) => {
    const topics = [...linesOf(profile(`dbus (send) bus=system ${conditions},`)).keys()];
    expect(topics).toContain('dbus');
    expect(topics).not.toContain('dbus-control');
  });

  test('a deny rule takes files out of a line', () => {
    const body = '/srv/** w,\n/srv/bin/* ix,\ndeny /srv/bin/** w,';
    expect([...linesOf(profile(body)).keys()]).not.toContain('run-writable');
  });

  test.each([
    ['complain', 'whatever its rules do not deny is permitted'],
    ['unconfined', 'everything is permitted'],
  ])('the mode %s comes first', (mode, text) => {
    const [first] = summarize(model(`${preamble}profile p flags=(${mode}) {\n  /a r,\n}\n`));
    expect(first?.lines[0]).toMatchObject({ topic: 'mode', severity: 'critical' });
    expect(first?.lines[0]?.examples[0]?.text).toContain(text);
  });

  test('classes that the abi does not mediate are named', () => {
    const classes = linesOf(profile(''))
      .get('not-mediated')
      ?.examples.map(({ text }) => text);
    expect(classes).toEqual(['posix_mqueue', 'sysv_mqueue', 'io_uring', 'userns']);
  });

  test('a profile without rules permits nothing', () => {
    const lines = summarize(model('abi <abi/5.0>,\nprofile p {\n}\n'))[0]?.lines;
    expect(lines).toEqual([]);
  });
});

test('hats and child profiles have lines of their own', () => {
  const found = summarize(
    model(`${preamble}profile p {\n  /a r,\n  profile q {\n    /b r,\n  }\n  ^h {\n  }\n}\n`),
  );
  expect(found.map(({ name, parent }) => [name, parent])).toEqual([
    ['p', undefined],
    ['p//q', 'p'],
    ['p//h', 'p'],
  ]);
  const [, child] = found;
  expect(child?.lines.flatMap(({ examples }) => examples.map(({ text }) => text))).toContain('/b');
});

test('what is over budget is unknown', () => {
  const source = profile('/usr/** r,\n/etc/*/a w,\nsignal,');
  const [little] = summarize(model(source), new Budget(20_000));
  expect(little?.unknown).toContainEqual({ class: 'file', reason: 'budget' });
  const [all] = summarize(model(source));
  expect(all?.unknown).toEqual([]);
});

describe('includes that were not read', () => {
  const source = `include <tunables/global>\nprofile p {\n  include <abstractions/base>\n  @{PROC}/sys/a w,\n}\n`;
  test('make everything unknown', () => {
    const [found] = summarize(model(source));
    expect(found?.unknown).toContainEqual({ class: 'file', reason: 'includes' });
    expect(found?.lines.flatMap(({ topic }) => (topic === 'not-mediated' ? [] : topic))).toEqual(
      [],
    );
  });
  test('may be presumed to be empty', () => {
    const presumed = model(source, { presume: true });
    expect(presumed.unread).toEqual(['<tunables/global>', '<abstractions/base>']);
    const [found] = summarize(presumed);
    expect(found?.unknown).toEqual([]);
    expect(found?.lines.map(({ topic }) => topic)).toContain('write-kernel');
  });
});
