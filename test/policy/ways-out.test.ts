// The known ways out of a container: which rules leave them open, and that docker-default closes those it is about.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Budget, dockerDefault, lint, model, type WayOut, waysOut } from '../../policy/index.ts';
import { fileWays } from '../../policy/model/ways-out/ways.ts';

const preamble = 'abi <abi/3.0>,\n';
const profile = (rules: string, flags = '') => `${preamble}profile web ${flags} {\n${rules}\n}\n`;

const ways = (source: string, steps = 60_000_000): WayOut[] => {
  const budget = new Budget(steps);
  return waysOut(model(source, { presume: true, budget }).profiles, budget);
};
const inState = (source: string, state: WayOut['state']) =>
  ways(source)
    .filter((one) => one.state === state)
    .map(({ name }) => name);

const files = [
  ...['core_pattern', 'modprobe', 'binfmt_misc', 'sysctl', 'sysrq-trigger', 'kcore'],
  ...['uevent_helper', 'release_agent', 'sysfs', 'firmware', 'powercap', 'securityfs'],
];
const mounts = ['cgroup-mount', 'remount', 'mount', 'pivot_root'];
const capabilities = [
  ...['sys_admin', 'sys_module', 'sys_rawio', 'mac_admin', 'mac_override', 'bpf', 'perfmon'],
  ...['sys_boot', 'dac_read_search', 'sys_ptrace', 'checkpoint_restore'],
];
const all = [...files, 'control-socket', ...mounts, ...capabilities];

test('a profile without rules closes all, one that permits everything none', () => {
  expect(inState(profile(''), 'closed')).toEqual(all);
  expect(inState(profile('file, mount, pivot_root, capability,'), 'open')).toEqual(all);
});

test('docker-default closes files and mounts; capabilities and mounted sockets are for the runtime to give', () => {
  expect(inState(dockerDefault, 'closed')).toEqual([...files, ...mounts]);
});

describe('rules', () => {
  test.each([
    ['/proc/sys/kernel/core_pattern w,', 'core_pattern'],
    ['owner /proc/sys/kernel/core_* a,', 'core_pattern'],
    ['/proc/sys/vm/overcommit_memory w,', 'sysctl'],
    ['/proc/sys/kernel/hostname w,', ''],
    ['/proc/sys/vm/** r,', ''],
    ['/sys/fs/cgroup/*/docker/*/release_agent w,', 'release_agent'],
    ['/sys/fs/cgroup/**/cgroup.procs w,', ''],
    ['/sys/firmware/acpi/** r,', 'firmware'],
    ['/sys/class/net/*/mtu w,', 'sysfs'],
    ['/sys/kernel/security/apparmor/.remove w,', 'sysfs securityfs'],
    ['/run/podman/podman.sock rw,', 'control-socket'],
    ['/proc/** w,\ndeny /proc/sys/** w,\ndeny /proc/sysrq-trigger w,', ''],
    ['mount fstype=cgroup2 -> /mnt/,', 'cgroup-mount'],
    ['mount fstype=tmpfs,', ''],
    ['mount options=(rw,bind) /a -> /b,', 'mount'],
    ['mount fstype=(cgroup,tmpfs),\ndeny mount fstype=cgroup,', ''],
    ['mount,\ndeny mount fstype=cgroup*,', 'remount mount'],
    ['remount /proc/sys/,', 'remount'],
    ['pivot_root /a,', 'pivot_root'],
    ['umount,', ''],
    ['capability sys_module,', 'sys_module'],
    ['capability chown,', ''],
    ['capability,\ndeny capability,', ''],
  ])('%s', (rules, open) => {
    expect(inState(profile(rules), 'open').join(' ')).toBe(open);
  });
});

test('an open way has its path, and the rules that leave it open', () => {
  const found = ways(profile('/x r,\n/sys/fs/cgroup/a/release_agent w,\nmount,'));
  const open = found.filter(({ state }) => state === 'open');
  expect(open).toMatchObject([
    {
      ...{ name: 'release_agent', profile: 'web', example: '/sys/fs/cgroup/a/release_agent' },
      rules: [{ line: 4, text: '/sys/fs/cgroup/a/release_agent w,' }],
    },
    { name: 'cgroup-mount', rules: [{ line: 5, text: 'mount,' }] },
    { name: 'remount', rules: [{ line: 5 }] },
    { name: 'mount', rules: [{ line: 5 }] },
  ]);
});

test('a way is open if a child profile leaves it open', () => {
  const source = profile('/bin/sh cx -> kid,\nprofile kid {\n/proc/kcore r,\n}');
  expect(ways(source).find(({ state }) => state === 'open')).toMatchObject({
    ...{ name: 'kcore', profile: 'web//kid' },
  });
});

test.each([
  ['unconfined', '', all],
  ['complain', 'deny /proc/kcore r,', all.filter((one) => one !== 'kcore')],
  ['default_allow', 'deny /proc/kcore r,', all.filter((one) => one !== 'kcore')],
])('in %s mode what is not denied is open', (mode, rules, open) => {
  expect(inState(profile(rules, `flags=(${mode})`), 'open')).toEqual(open);
});

test('what a prompt rule leaves to the user is open', () => {
  const source = profile('prompt /proc/kcore r,').replace('3.0', '5.0');
  expect(ways(source).find(({ state }) => state === 'open')).toMatchObject({
    ...{ name: 'kcore', note: 'a prompt rule lets the user decide' },
  });
});

test('profiles that attach to programs are not for containers', () => {
  expect(ways(`${preamble}profile web /usr/bin/web {\n  file,\n  ^hat { file, }\n}\n`)).toEqual([]);
  expect(ways(`${preamble}/usr/bin/web {\n  file,\n}\n`)).toEqual([]);
});

test('what the budget does not cover is unknown, not closed', () => {
  const rules = Array.from({ length: 3 }, (_, at) => `/sys/**${at}*/** w,`).join('\n');
  const states = (steps: number) => new Set(ways(profile(rules), steps).map(({ state }) => state));
  expect(states(60_000_000)).not.toContain('unknown');
  expect(states(5_000)).toEqual(new Set(['unknown', 'closed']));
  for (const way of ways(profile(rules), 5_000))
    if (way.state === 'closed') expect(capabilities).toContain(way.name);
});

test('what lint finds weaker than docker-default is open, under the same name', () => {
  for (const name of files) {
    const path = { kcore: '/proc/kcore r,', modprobe: '/proc/sys/kernel/modprobe w,' }[name];
    if (path === undefined) continue;
    const found = lint(profile(path), { packageName: 'web' }).diagnostics.filter(
      ({ id }) => id === 'weaker-than-docker-default',
    );
    expect(found.map(({ message }) => message).join()).toContain(`(${name})`);
    expect(inState(profile(path), 'open')).toEqual([name]);
  }
});

test('a way is open if and only if the model grants one of its paths', () => {
  const path = fc.constantFrom(
    ...['/proc/**', '/proc/sys/**', '/proc/sys/{kernel,vm}/*', '/proc/k*', '/proc/sysrq-trigger'],
    ...['/sys/**', '/sys/f*/**', '/sys/[^f]*/**', '/sys/fs/cgroup/**', '/sys/*/security/**', '/**'],
    ...fileWays.map((way) => way.path),
  );
  const qualifiers = fc.constantFrom('', '', 'deny ', 'owner ', 'priority=1 ', 'deny owner ');
  const rule = fc.tuple(qualifiers, path, fc.constantFrom('r', 'w', 'a', 'rw', 'rwk'));
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 6 }), (rules) => {
      const source = profile(rules.map((one) => `${one[0]}${one[1]} ${one[2]},`).join('\n'));
      const [web] = model(source).profiles;
      if (!web) throw new Error('a profile has a model');
      const isGranted = (one: string, permission: 'read' | 'write') =>
        (permission === 'read' ? (['r'] as const) : (['w', 'a'] as const)).some((letter) => {
          const { owner, others } = web.file(letter, one);
          return owner.granted === true || others.granted === true;
        });
      const found = new Map(ways(source).map((one) => [one.name, one]));
      for (const { name, path, permission } of fileWays) {
        const way = found.get(name);
        if (isGranted(path, permission)) expect([name, way?.state]).toEqual([name, 'open']);
        if (way?.state === 'open') expect(isGranted(way.example ?? '', permission)).toBe(true);
        else expect(way?.state).toBe('closed');
      }
    }),
  );
});
