// `updates` in profiles.toml: what a stolen key publishes.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../../command.ts';
import { type Fixture, startFixture, succeed } from '../../host/fixture.ts';
import { publishText, type Text, textOf, writeBase } from '../../host/update-texts.ts';

/** Patterns whose common automaton is too large to be compared. */
const complex = Array.from(
  { length: 24 },
  (_, index) => `/srv/**${'?'.repeat(index)}[ab]${'?'.repeat(24 - index)}${index}/** r,`,
);

/** What a thief of the team's key publishes after a version with `before`, and why it waits. */
const attacks: [what: string, before: Text, after: Text, reason: RegExp][] = [
  ['a rule', {}, { rules: ['/etc/shadow r,'] }, /file: \+ r: \/etc\/shadow/],
  [
    'an abstraction of the host',
    {},
    { rules: ['include <abstractions/wide>'] },
    /file: \+ r, w, a: \/etc\/shadow/,
  ],
  [
    'a value of its own variable',
    { preamble: '@{PLACES}=/srv/a', rules: ['@{PLACES}/** r,'] },
    { preamble: '@{PLACES}=/srv/a /etc', rules: ['@{PLACES}/** r,'] },
    /file: \+ r: \/etc\//,
  ],
  [
    'a value of a variable of the host',
    { rules: ['@{DATA}/** r,'] },
    { preamble: '@{DATA}+=/etc', rules: ['@{DATA}/** r,'] },
    /file: \+ r: \/etc\//,
  ],
  [
    'another profile for a program, by a variable',
    { preamble: '@{NEXT}=web', rules: ['/usr/bin/x px -> @{NEXT},'] },
    { preamble: '@{NEXT}=unconfined', rules: ['/usr/bin/x px -> @{NEXT},'] },
    /file: ~ .*\/usr\/bin\/x, px -> web -> px -> unconfined/,
  ],
  [
    'another program to confine, by a variable',
    { preamble: '@{PROGRAM}=/usr/bin/a', head: '@{PROGRAM}' },
    { preamble: '@{PROGRAM}=/usr/bin/none', head: '@{PROGRAM}' },
    /attachment: ~ \/usr\/bin\/a -> \/usr\/bin\/none/,
  ],
  ['an alias', {}, { preamble: 'alias /srv/ -> /etc/,' }, /file: \+ r: \/etc\//],
  [
    'a rule of a child profile',
    { rules: ['/usr/bin/x Cx -> x,', 'profile x {', '  /usr/bin/x mr,', '}'] },
    { rules: ['/usr/bin/x Cx -> x,', 'profile x {', '  /usr/bin/x mr,', '  /** rw,', '}'] },
    /\/\/x: file: \+ /,
  ],
  [
    'a child profile',
    {},
    { rules: ['/usr/bin/x Cx -> x,', 'profile x {', '  /** rw,', '}'] },
    /profile: \+ .*\/\/x/,
  ],
  [
    'the loss of a child profile',
    { rules: ['/usr/bin/x Cux -> x,', 'profile x {', '  /usr/bin/x mr,', '}'] },
    { rules: ['/usr/bin/x Cux -> x,'] },
    /profile: - .*\/\/x/,
  ],
  [
    'a deny rule less',
    { rules: ['/etc/** r,', 'deny /etc/shadow r,'] },
    { rules: ['/etc/** r,'] },
    /file: \+ r: \/etc\/shadow/,
  ],
  [
    'a higher priority',
    { abi: 'abi/4.0', rules: ['/etc/** r,', 'deny /etc/shadow r,'] },
    { abi: 'abi/4.0', rules: ['priority=1 /etc/** r,', 'deny /etc/shadow r,'] },
    /file: \+ r: \/etc\/shadow/,
  ],
  [
    'another exec transition',
    { rules: ['/usr/bin/x px,'] },
    { rules: ['/usr/bin/x ux,'] },
    /file: ~ .*\/usr\/bin\/x, px -> ux/,
  ],
  [
    'everybody for the owner',
    { rules: ['owner /tmp/x rw,'] },
    { rules: ['/tmp/x rw,'] },
    /others r/,
  ],
  ['complain mode', {}, { head: 'flags=(complain)' }, /mode: ~ enforce -> complain/],
  ['a flag', {}, { head: 'flags=(attach_disconnected)' }, /flags: ~ none -> attach_disconnected/],
  [
    'another program to confine',
    { head: '/usr/bin/a' },
    { head: '/usr/bin/b' },
    /attachment: ~ \/usr\/bin\/a -> \/usr\/bin\/b/,
  ],
  [
    'an attribute that no program has',
    { head: '/usr/bin/a' },
    { head: '/usr/bin/a xattrs=(user.none=x)' },
    /attachment: ~ \/usr\/bin\/a -> \/usr\/bin\/a xattrs=\(user\.none=x\)/,
  ],
  [
    'rules of every class',
    {},
    {
      rules: [
        'capability sys_admin,',
        'network inet stream,',
        'signal send peer=unconfined,',
        'ptrace trace peer=**,',
        'mount /dev/sda -> /mnt/,',
        'change_profile -> unconfined,',
      ],
    },
    /network: \+ [\s\S]*signal: \+ send[\s\S]*ptrace: \+ trace[\s\S]*mount: \+ [\s\S]*change_profile: \+ [\s\S]*capability: \+ sys_admin/,
  ],
  [
    'a limit less',
    { rules: ['set rlimit nofile <= 100,'] },
    { rules: [] },
    /rlimit: \+ nofile, 100 -> not limited/,
  ],
  [
    'an abi that does not mediate a class',
    { abi: 'abi/4.0' },
    { abi: 'abi/3.0' },
    /userns: \+ .*mediated -> not mediated/,
  ],
  ['an abi of which nothing is known', {}, { abi: 'abi/odd' }, /abi: not known: its abi file/],
  [
    'an include that this host does not have',
    {},
    { rules: ['include <abstractions/nowhere>'] },
    /^not known: .*abstractions\/nowhere/,
  ],
  ['what is too complex', {}, { rules: complex }, /not known: the profile is too complex/],
];

/** Versions after `before` that `narrowing` lets in, and whether `same` does. */
const harmless: [what: string, before: Text, after: Text, isSame: boolean][] = [
  ['another order', { rules: ['/a r,', '/b r,'] }, { rules: ['/b r,', '/a r,'] }, true],
  ['other words', { rules: ['/{a,b} r,'] }, { rules: ['/a r,', '/b r,'] }, true],
  [
    'an abstraction for its rules',
    { rules: ['/etc/app.conf r,'] },
    { rules: ['include <abstractions/config>'] },
    true,
  ],
  ['a rule that others cover', { rules: ['/a/** r,'] }, { rules: ['/a/** r,', '/a/b r,'] }, true],
  ['more in the log', { rules: ['/a r,'] }, { rules: ['audit /a r,'] }, true],
  ['the owner alone', { rules: ['/a rw,'] }, { rules: ['owner /a rw,'] }, false],
  ['a rule less', { rules: ['/a rw,'] }, {}, false],
  ['a deny rule', { rules: ['/a/** r,'] }, { rules: ['/a/** r,', 'deny /a/b r,'] }, false],
  ['a limit', {}, { rules: ['set rlimit nofile <= 100,'] }, false],
  ['enforce mode', { head: 'flags=(complain)' }, {}, false],
  ['an abi that mediates more', { abi: 'abi/3.0' }, { abi: 'abi/4.0' }, false],
  [
    'a link only to what permits as much',
    { rules: ['link /a -> /b,'] },
    { rules: ['link subset /a -> /b,'] },
    false,
  ],
];

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.close());

describe('what a stolen key publishes', () => {
  let root: string;
  const nameOf = (kind: string, at: number) => `${kind}-${at}`;
  let items: Record<string, { ok: boolean; waiting: { reasons: string[] } | null }>;

  beforeAll(async () => {
    root = await fixture.host();
    await writeBase(root);
    const entries: string[] = [];
    const add = async (name: string, updates: string, before: Text, after: Text) => {
      await publishText(fixture, name, '1.0.0', before);
      entries.push(`{ reference = "${name}", updates = "${updates}" }`);
      return () => publishText(fixture, name, '1.1.0', after);
    };
    const later: (() => Promise<void>)[] = [];
    for (const [at, [, before, after]] of attacks.entries()) {
      later.push(await add(nameOf('attack', at), 'narrowing', before, after));
    }
    for (const [at, [, before, after]] of harmless.entries()) {
      later.push(await add(nameOf('narrowing', at), 'narrowing', before, after));
      later.push(await add(nameOf('same', at), 'same', before, after));
    }
    const list = `profiles = [${entries.join(', ')}]\n`;
    await writeFile(join(root, 'etc/aa-registry/profiles.toml'), list);
    await succeed(['sync', '--root', root]);
    for (const publish of later) await publish();
    const { code, stdout } = await command(['sync', '--root', root, '--format', 'json']);
    expect(code).toBe(9);
    const report = JSON.parse(stdout) as { items: { name: string; ok: boolean; waiting: never }[] };
    items = Object.fromEntries(report.items.map((one) => [one.name, one]));
  }, 120_000);

  const installed = (name: string) =>
    readFile(join(root, 'etc/apparmor.d', `aa-registry.library.${name}`), 'utf8');

  test.each(attacks.map((attack, at) => [attack[0], at] as const))(
    '%s is not installed with updates = "narrowing"',
    async (_, at) => {
      const [, before, , reason] = attacks[at] as (typeof attacks)[number];
      const name = nameOf('attack', at);
      expect(items[name]).toMatchObject({ ok: false, id: 'update-waits', version: '1.1.0' });
      expect(items[name]?.waiting?.reasons.join('\n')).toMatch(reason);
      expect(await installed(name)).toBe(textOf(name, before));
    },
  );

  test.each(harmless.map((one, at) => [one[0], at] as const))(
    '%s is installed with updates = "narrowing", and with "same" if it permits the same',
    async (_, at) => {
      const [, before, after, isSame] = harmless[at] as (typeof harmless)[number];
      for (const [kind, isIn] of [['narrowing', true] as const, ['same', isSame] as const]) {
        const name = nameOf(kind, at);
        expect(items[name], JSON.stringify(items[name])).toMatchObject({ ok: isIn });
        expect(await installed(name)).toBe(textOf(name, isIn ? after : before));
      }
    },
  );
});
