import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Access,
  evaluate,
  type FilePermission,
  format,
  hasHidden,
  type IncludeResolver,
  lint,
  model,
  narrowestRule,
} from '../../policy/index.ts';
import { runs } from '../property-runs.ts';

const profileOf = (rules: string, flags = '') =>
  `abi <abi/3.0>,\n\nprofile p${flags} {\n${rules}}\n`;

function judged(rules: string, access: Access, resolver?: IncludeResolver) {
  const [profile] = model(profileOf(rules), { resolver, presume: true }).profiles;
  if (!profile) throw new Error('no profile');
  return evaluate(profile, access);
}

const read = (path: string): Access => ({ kind: 'file', path, permissions: ['r'], owner: true });
const write = (path: string): Access => ({ kind: 'file', path, permissions: ['w'], owner: true });

describe('the deciding rule', () => {
  test.each<[string, string, Access, 'allowed' | 'denied' | 'unmatched', number | undefined]>([
    ['an allow rule', '/a r,\n', read('/a'), 'allowed', 4],
    ['none', '/a r,\n', read('/b'), 'unmatched', undefined],
    ['a deny rule in any position', 'deny /a r,\n/** rw,\n', read('/a'), 'denied', 4],
    ['a deny rule in a block', '/** rw,\ndeny {\n  /a r,\n}\n', read('/a'), 'denied', 6],
    ['the higher priority', 'deny /a r,\npriority=1 /a r,\n', read('/a'), 'allowed', 5],
    ['a permission that is missing', '/a r,\n', write('/a'), 'unmatched', undefined],
    [
      'writing, which appends too',
      '/a w,\n',
      { kind: 'file', path: '/a', permissions: ['a'] },
      'allowed',
      4,
    ],
    ['appending, which writes nothing else', '/a a,\n', write('/a'), 'unmatched', undefined],
    ['a rule for owners', 'owner /a r,\n', read('/a'), 'allowed', 4],
    [
      'a rule for owners, of another',
      'owner /a r,\n',
      { kind: 'file', path: '/a', permissions: ['r'], owner: false },
      'unmatched',
      undefined,
    ],
    ['a rule for everything', 'file,\n', { kind: 'link', path: '/a', target: '/b' }, 'allowed', 4],
    [
      'a link rule, and its target',
      'link /a -> /c,\n',
      { kind: 'link', path: '/a', target: '/b' },
      'unmatched',
      undefined,
    ],
    [
      'a variable of a tunable',
      'include <not/seen>\n  deny @{PROC}/sys/** w,\n',
      write('/proc/sys/x'),
      'denied',
      5,
    ],
    ['two slashes', '/a//b r,\n', read('/a/b'), 'allowed', 4],
    ['every capability', 'capability,\n', { kind: 'capability', name: 'chown' }, 'allowed', 4],
    [
      'another capability',
      'capability kill,\n',
      { kind: 'capability', name: 'chown' },
      'unmatched',
      undefined,
    ],
    [
      'a network rule',
      'network inet tcp,\n',
      { kind: 'network', family: 'inet', type: 'stream' },
      'allowed',
      4,
    ],
    [
      'another family',
      'network inet tcp,\n',
      { kind: 'network', family: 'inet6', type: 'stream' },
      'unmatched',
      undefined,
    ],
    [
      'a type alone',
      'deny network raw,\n',
      { kind: 'network', family: 'packet', type: 'raw' },
      'denied',
      4,
    ],
    [
      'a unix rule, to a kernel without',
      'unix type=stream,\n',
      { kind: 'network', family: 'unix', type: 'stream' },
      'allowed',
      4,
    ],
    [
      'a signal to a peer',
      'signal (send) set=(term, kill) peer={a,b},\n',
      { kind: 'signal', access: ['send'], signal: 'kill', peer: 'b' },
      'allowed',
      4,
    ],
    [
      'another signal',
      'signal (send) set=(term) peer=b,\n',
      { kind: 'signal', access: ['send'], signal: 'kill', peer: 'b' },
      'unmatched',
      undefined,
    ],
    [
      'a signal the other way',
      'signal w,\n',
      { kind: 'signal', access: ['receive'], signal: 'kill', peer: 'b' },
      'unmatched',
      undefined,
    ],
    [
      'tracing its own',
      'ptrace (trace) peer=@{profile_name},\n',
      { kind: 'ptrace', access: ['trace'], peer: 'p' },
      'allowed',
      4,
    ],
    [
      'tracing a stack, of which each has to fit',
      'ptrace peer={a,b},\n',
      { kind: 'ptrace', access: ['read'], peer: 'a//&c' },
      'unmatched',
      undefined,
    ],
    [
      'mount options',
      'mount options=(ro, nosuid) /a -> /b/,\n',
      { kind: 'mount', flags: ['nosuid', 'ro'], source: '/a', target: '/b/' },
      'allowed',
      4,
    ],
    [
      'more mount options',
      'mount options=(ro) /a -> /b/,\n',
      { kind: 'mount', flags: ['nosuid', 'ro'], source: '/a', target: '/b/' },
      'unmatched',
      undefined,
    ],
    [
      'some mount options of those',
      'mount options in (ro, nosuid) /a -> /b/,\n',
      { kind: 'mount', flags: ['ro'], source: '/a', target: '/b/' },
      'allowed',
      4,
    ],
    [
      'a file system',
      'mount fstype=(tmpfs, proc),\n',
      { kind: 'mount', flags: ['rw'], source: 'none', target: '/b/', fstype: 'ext4' },
      'unmatched',
      undefined,
    ],
    [
      'no mounts at all',
      'deny mount,\n',
      { kind: 'mount', flags: ['rw', 'remount'], target: '/b/' },
      'denied',
      4,
    ],
    [
      'unmounting, which is not mounting',
      'mount,\n',
      { kind: 'umount', target: '/b/' },
      'unmatched',
      undefined,
    ],
    [
      'a limit',
      'set rlimit nofile <= 1K,\n',
      { kind: 'rlimit', name: 'nofile', value: 2000 },
      'denied',
      4,
    ],
    [
      'another limit',
      'set rlimit nofile <= 1K,\n',
      { kind: 'rlimit', name: 'nproc', value: 2000 },
      'allowed',
      undefined,
    ],
    [
      'a profile to change to',
      'change_profile -> a*,\n',
      { kind: 'change_profile', target: 'ab' },
      'allowed',
      4,
    ],
    [
      'a message',
      'dbus send bus=system interface=org.x member={Get,Set},\n',
      { kind: 'dbus', access: 'send', bus: 'system', path: '/', interface: 'org.x', member: 'Get' },
      'allowed',
      4,
    ],
    [
      'a name, which is no message',
      'dbus send,\n',
      { kind: 'dbus', access: 'bind', bus: 'system', name: 'org.x' },
      'unmatched',
      undefined,
    ],
  ])('%s', (_, rules, access, outcome, line) => {
    const found = judged(rules, access);
    expect(found).toMatchObject({ outcome, unsure: false });
    expect(found.rules[0]?.line).toBe(line);
  });

  test('of partly denied and partly missing permissions, the deny rule is reported', () => {
    const access: Access = { kind: 'file', path: '/a', permissions: ['r', 'w', 'k'] };
    expect(judged('/a r,\naudit deny /a w,\n', access)).toEqual({
      outcome: 'denied',
      rules: [{ text: 'audit deny /a w,', line: 5, deny: true, audit: true }],
      unsure: false,
    });
  });

  test('a rule of an include is reported with its file', () => {
    const resolver: IncludeResolver = () => ({ file: '/x/base', source: '# base\n/a r,\n' });
    const { rules } = judged('include <abstractions/base>\n', read('/a'), resolver);
    expect(rules).toEqual([{ text: '/a r,', line: 2, file: '/x/base', deny: false, audit: false }]);
  });

  test('values of variables that end with a slash', () => {
    const tunables = '@{HOMEDIRS}=/home/ /srv/home/\n@{HOME}=@{HOMEDIRS}/*/ /root/\n';
    const [profile] = model(`${tunables}profile p {\n  @{HOME}/.x r,\n}\n`, {
      presume: true,
    }).profiles;
    for (const home of ['/home/ann', '/srv/home/ann', '/root']) {
      expect(evaluate(profile as NonNullable<typeof profile>, read(`${home}/.x`)).outcome).toBe(
        'allowed',
      );
    }
  });

  test('an undeclared variable makes the result uncertain', () => {
    expect(judged('deny @{NOWHERE}/a r,\n', read('/a'))).toMatchObject({ unsure: true });
  });

  test('child profiles and hats are separate profiles', () => {
    const [parent, child, hat] = model(
      profileOf('/a r,\nprofile c {\n  /b r,\n}\n^h flags=(complain) {\n}\n'),
    ).profiles;
    expect(parent?.name).toBe('p');
    expect(child).toMatchObject({ name: 'p//c', flags: [] });
    expect(hat).toMatchObject({ name: 'p//h', mode: 'complain' });
    expect(evaluate(child as NonNullable<typeof child>, read('/a')).outcome).toBe('unmatched');
  });
});

// File names, including bytes that are not UTF-8 (as lone surrogates).
const character = fc.oneof(
  fc.constantFrom(
    ...'*?[]{}^\\"\' ,#!()=@<>-;$.ab01é\n\t\x01\u{1f600}\u0085\u00ad\u200b\u202e\ufeff\u{e0041}',
  ),
  fc.integer({ min: 0xdc80, max: 0xdcff }).map((code) => String.fromCharCode(code)),
);
const path = fc
  .array(
    fc.array(character, { minLength: 1, maxLength: 5 }).map((all) => all.join('')),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => `/${parts.join('/')}`)
  // Bytes that form a character are that character.
  .filter((text) => !/[\udcc2-\udcf4][\udc80-\udcbf]/.test(text));
const label = fc.constantFrom('unconfined', 'docker-default', '/usr/bin/x', 'a//b', 'with space');
const some = <T>(...all: T[]) => fc.subarray(all, { minLength: 1 });
const optional = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });

const anyAccess: fc.Arbitrary<Access> = fc.oneof(
  fc.record({
    kind: fc.constant('file' as const),
    path,
    permissions: some<FilePermission>('r', 'w', 'a', 'k', 'm', 'x'),
    owner: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('link' as const), path, target: path, owner: fc.boolean() }),
  fc.record({
    kind: fc.constant('capability' as const),
    name: fc.constantFrom('chown', 'sys_admin'),
  }),
  fc.record({
    kind: fc.constant('network' as const),
    family: fc.constantFrom('inet', 'unix', 'netlink'),
    type: fc.constantFrom('stream', 'dgram', 'raw'),
  }),
  fc.record({
    kind: fc.constant('unix' as const),
    type: fc.constantFrom('stream', 'dgram'),
    access: some('connect', 'send', 'receive'),
    address: fc.constantFrom(undefined, '@a', 'none'),
    peer: label,
    peerAddress: fc.constantFrom('@b', 'none'),
  }),
  fc.record({
    kind: fc.constant('ptrace' as const),
    access: some('read', 'trace', 'readby', 'tracedby'),
    peer: label,
  }),
  fc.record({
    kind: fc.constant('signal' as const),
    access: some('send', 'receive'),
    signal: fc.constantFrom('term', 'rtmin+3', 'exists'),
    peer: label,
  }),
  fc.record({
    kind: fc.constant('mount' as const),
    flags: some('ro', 'nosuid', 'silent', 'relatime'),
    source: path,
    target: path,
    fstype: fc.constantFrom(undefined, 'tmpfs'),
  }),
  fc.record({
    kind: fc.constant('mount' as const),
    flags: some('rw', 'rprivate', 'silent').filter((all) => all.includes('rprivate')),
    target: path,
  }),
  fc.record({
    kind: fc.constant('mount' as const),
    flags: some('ro', 'remount', 'nosuid').filter((all) => all.includes('remount')),
    target: path,
  }),
  fc.record({ kind: fc.constant('umount' as const), target: path }),
  fc.record({ kind: fc.constant('pivot_root' as const), newRoot: path, oldRoot: path }),
  fc.record({ kind: fc.constant('change_profile' as const), target: label }),
  fc.record({
    kind: fc.constant('dbus' as const),
    access: fc.constantFrom('send' as const, 'receive' as const),
    bus: fc.constant('system'),
    path: fc.constant('/org/x'),
    interface: fc.constant('org.x'),
    member: fc.constant('Get'),
    name: optional(fc.constant(':1.2')),
    peer: label,
  }),
  fc.record({
    kind: fc.constant('dbus' as const),
    access: fc.constant('bind' as const),
    bus: fc.constant('system'),
    name: fc.constant('org.x'),
  }),
  fc.record({
    kind: fc.constant('mqueue' as const),
    type: fc.constant('posix'),
    access: some('open', 'read', 'create'),
    name: path,
  }),
  fc.record({
    kind: fc.constant('io_uring' as const),
    access: fc.constantFrom('sqpoll', 'override_creds'),
    label: optional(label),
  }),
  fc.constant({ kind: 'userns' as const }),
);

describe('the narrowest rule', () => {
  test('allows its access, is valid and in canonical form', () => {
    fc.assert(
      fc.property(anyAccess, (access) => {
        const rule = narrowestRule(access) ?? '';
        const text = profileOf(`  ${rule}\n`);
        expect(lint(text).diagnostics.filter((one) => one.severity === 'error')).toEqual([]);
        // Only if it fits a line: the formatter wraps longer ones.
        if (rule.length < 95) expect(format(text).text).toBe(text);
        const wanted = access.kind === 'dbus' ? { ...access, name: access.name ?? 'x' } : access;
        expect(judged(`${rule}\n`, wanted)).toMatchObject({ outcome: 'allowed', unsure: false });
      }),
      { numRuns: runs(250) },
    );
  });

  test('shows every character', () => {
    fc.assert(fc.property(anyAccess, (access) => !hasHidden(narrowestRule(access) ?? '')));
    const rule = narrowestRule(read('/a\u202eb\u0085\udc85\u{e0041}'));
    expect(rule).toBe('owner /a\\342\\200\\256b\\302\\205\\205\\363\\240\\201\\201 r,');
  });

  test.each<[string, Access]>([
    ['capability', { kind: 'capability', name: 'chown, /** rwlkix' }],
    ['two capabilities', { kind: 'capability', name: 'chown sys_admin' }],
    ['family', { kind: 'network', family: 'inet stream,\n  network', type: 'raw' }],
    ['socket type', { kind: 'network', family: 'inet', type: '' }],
    ['unix permission', { kind: 'unix', type: 'stream', access: ['send),', 'r'] }],
    ['unix type', { kind: 'unix', type: '"stream"', access: ['send'] }],
    ['ptrace permission', { kind: 'ptrace', access: ['trace', 'trace) peer=x, ptrace (read'] }],
    ['no permission', { kind: 'ptrace', access: [] }],
    ['signal', { kind: 'signal', access: ['send'], signal: 'term) peer=**, signal (send' }],
    ['signal permission', { kind: 'signal', access: ['__proto__'], signal: 'term' }],
    ['mount option', { kind: 'mount', flags: ['rw', 'rw) /, umount'], target: '/a' }],
    ['limit', { kind: 'rlimit', name: 'constructor', value: 1 }],
    ['io_uring', { kind: 'io_uring', access: 'sqpoll) label=x, io_uring (cmd' }],
    ['queue permission', { kind: 'mqueue', access: ['read', 'x,'], name: '/a' }],
  ])('does not exist for an unknown keyword: %s', (_, access) => {
    expect(narrowestRule(access)).toBeUndefined();
  });

  test('for a path allows no other path', () => {
    fc.assert(
      fc.property(path, path, (one, other) => {
        fc.pre(one !== other);
        expect(judged(`${narrowestRule(read(one))}\n`, read(other)).outcome).toBe('unmatched');
      }),
      { numRuns: runs(250) },
    );
  });
});
