import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check, hasHidden, type Rule } from '../../policy/index.ts';
import { draftProfile, isDraftName } from '../../sdk/denials/draft.ts';
import { parseEvent } from '../../sdk/denials/event.ts';
import { Findings } from '../../sdk/denials/finding.ts';
import { patch, wantedBy } from '../../sdk/denials/patch.ts';
import { runs } from '../property-runs.ts';

// Log lines forged by an attacker to get a rule into a profile.

const rule = '/** rwlkix';
const hostile = [
  ...[`chown, ${rule}`, `${rule},`, `,\n${rule},\n`, `x,} profile y { ${rule},`, '#', '*', '**'],
  ...[
    '',
    ' ',
    ',',
    ')',
    '(',
    '=',
    '->',
    '"',
    '\\',
    '\\"',
    '\\042',
    '@{HOME}',
    '{a,b}',
    '[^x]',
    '^',
  ],
  ...['r) peer=**', 'term) peer=**,', 'a b', 'a,b', 'audit', 'deny', 'owner', 'ux', 'include <x>'],
  ...['\u202e', '\u200b', '\u0085', '\0', '\u2028', '\ud800', '\u{e0041}', 'é', '\u001b[2J'],
  ...['infinity', '-1', '1e9', '99999999999999999999', '0x10', '__proto__', 'unconfined', ':a:b'],
  ...['options=(rw)', 'fstype=x', 'in', 'remount', 'safe', 'unsafe', 'all', 'file', 'capability'],
];
const good: Record<string, string[]> = {
  capname: ['chown', 'sys_admin'],
  name: ['/srv/a', '/proc/17/stat', 'srv/b', '/home/ann/x y'],
  target: ['/srv/c', 'other'],
  srcname: ['/dev/sda1', 'none'],
  fstype: ['tmpfs'],
  flags: ['rw', 'ro, nosuid', 'rw, remount', 'rw, rprivate', 'rw, bind'],
  family: ['inet', 'unix'],
  sock_type: ['stream', 'dgram'],
  addr: ['none', '@a'],
  peer_addr: ['none', '@b'],
  signal: ['term', 'rtmin+3'],
  peer: ['unconfined', 'other//&more'],
  requested_mask: ['r', 'rw', 'send', 'receive', 'read', 'trace', 'connect', 'create'],
  denied_mask: ['r', 'wc', 'send', 'receive', 'read', 'readby', 'x', 'sqpoll'],
  rlimit: ['nofile', 'nice', 'cpu'],
  value: ['1024', '18446744073709551615'],
  bus: ['system'],
  path: ['/org/x'],
  interface: ['org.x'],
  member: ['Get'],
  mask: ['send', 'receive', 'bind', 'eavesdrop'],
  class: ['posix_mqueue'],
  tcontext: ['other'],
  info: ['Failed name lookup - disconnected path'],
  fsuid: ['0'],
  ouid: ['0', '1000'],
};

/** The kinds of rules for each operation. */
const kinds: Record<string, string[]> = {
  capable: ['capability'],
  ptrace: ['ptrace'],
  signal: ['signal'],
  create: ['network', 'unix', 'file', 'mqueue'],
  mount: ['mount', 'network', 'unix', 'file', 'mqueue'],
  umount: ['mount', 'network', 'unix', 'file', 'mqueue'],
  pivotroot: ['pivot_root', 'network', 'unix', 'file', 'mqueue'],
  change_profile: ['change_profile', 'network', 'unix', 'file'],
  setrlimit: ['rlimit', 'network', 'unix', 'file'],
  userns_create: ['userns', 'network', 'unix', 'file'],
  uring_sqpoll: ['io_uring', 'network', 'unix', 'file'],
  dbus_method_call: ['dbus'],
  mqueue_open: ['mqueue', 'file', 'network', 'unix'],
  link: ['link', 'file', 'network', 'unix', 'mqueue'],
  open: ['file', 'network', 'unix', 'mqueue'],
};

/** A value in the kernel's format: quoted or hexadecimal. */
function logged(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.every((byte) => byte > 32 && byte < 127 && byte !== 34) && text !== ''
    ? `"${text}"`
    : bytes.toString('hex').toUpperCase();
}

const value = (key: string) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...(good[key] ?? [])) },
    { weight: 2, arbitrary: fc.constantFrom(...hostile) },
    fc
      .tuple(fc.constantFrom(...(good[key] ?? [])), fc.constantFrom(...hostile))
      .map((two) => two.join('')),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );
const fields = fc.record(
  Object.fromEntries(
    Object.keys(good).map((key) => [
      key,
      fc
        .tuple(value(key), fc.constantFrom('quoted', 'logged', 'raw'))
        .map(([text, how]) =>
          how === 'quoted' ? `"${text}"` : how === 'logged' ? logged(text) : text,
        ),
    ]),
  ),
  { requiredKeys: [] },
);

function findingsOf(operation: string, written: Record<string, string | undefined>) {
  const { denied_mask: denied = written.requested_mask } = written;
  // Denied permissions beyond the requested ones result in no rule.
  const both = { ...written, ...(written.requested_mask && { requested_mask: denied }) };
  const more = Object.entries(both).map(([key, text]) => `${key}=${text}`);
  const head = `audit: type=1400 audit(1795500000.001:1): apparmor="ALLOWED" operation="${operation}" profile="app"`;
  const findings = new Findings();
  for (const line of `${head} ${more.join(' ')}`.split('\n')) {
    const event = parseEvent(line);
    if (event) findings.add(event);
  }
  return findings.all();
}

function rulesOf(text: string): Rule[] {
  const { ok, file, profiles, diagnostics } = check(text);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(ok).toBe(true);
  expect(profiles).toEqual(['app']);
  const [profile] = file.statements.filter(({ kind }) => kind === 'profile');
  if (profile?.kind !== 'profile') throw new Error('there is no profile');
  return profile.body.filter(({ kind }) => kind !== 'include') as Rule[];
}

/** The unquoted words of a rule. */
function wordsOf(text: string): string[] {
  return text
    .replace(/"[^"]*"/g, '""')
    .split(/[\s(),=]+/)
    .filter((word) => word !== '');
}

describe('a forged line of a log', () => {
  test.each([false, true])(
    'results in at most one rule of its kind (generalise: %s)',
    (generalise) => {
      let made = 0;
      fc.assert(
        fc.property(fc.constantFrom(...Object.keys(kinds)), fields, (operation, written) => {
          const findings = findingsOf(operation, written);
          const { text } = draftProfile('app', findings, { generalise });
          expect(hasHidden(text.replaceAll('\n', ''))).toBe(false);
          const rules = rulesOf(generalise ? text.replaceAll(/@\{\w+\}/g, '/x') : text);
          expect(rules.length).toBeLessThanOrEqual(1);
          const [added] = rules;
          if (!added) return;
          made++;
          expect(kinds[operation]).toContain(added.kind);
          expect(added.qualifiers.effect).toBeUndefined();
          // The same for an existing profile.
          const source = 'profile app {\n}\n';
          const patched = patch(source, wantedBy(findings, source, { generalise }).additions);
          const before = generalise ? patched.text.replaceAll(/@\{\w+\}/g, '/x') : patched.text;
          expect(rulesOf(before)).toHaveLength(1);
          // All other words are keywords of the language.
          if (['capability', 'network', 'rlimit'].includes(added.kind)) {
            const logged = Object.values(written).join(' ');
            const own = ['capability', 'network', 'set', 'rlimit', '<', '<=', 'infinity'];
            const statement = text.slice(text.lastIndexOf('\n\n') + 2, text.lastIndexOf('}'));
            for (const word of wordsOf(statement)) {
              const known = own.includes(word) || logged.includes(word) || /^-?\d+$/.test(word);
              expect(known, statement).toBe(true);
            }
          }
        }),
        { numRuns: runs(125) },
      );
      expect(made).toBeGreaterThan(runs(125) / 5);
    },
  );

  test.each([
    ['capname', 'capable', 'chown, /** rwlkix'],
    ['capname', 'capable', 'chown sys_admin'],
    ['capname', 'capable', 'chown,\u2028/** rw'],
    ['family', 'create', 'inet stream, /** rwlkix, network inet'],
    ['sock_type', 'create', 'stream, /** rwlkix'],
    ['signal', 'signal', 'term) peer=**, /** rwlkix'],
    ['denied_mask', 'ptrace', 'trace) peer=**, /** rwlkix, ptrace (read'],
    ['flags', 'mount', 'rw) /**, /** rwlkix, mount options=(rw'],
    ['rlimit', 'setrlimit', 'nofile <= infinity, /** rwlkix, set rlimit as'],
    ['value', 'setrlimit', 'more'],
    ['value', 'setrlimit', '9223372036854775807'],
    ['denied_mask', 'uring_sqpoll', 'sqpoll, /** rwlkix, io_uring (cmd'],
  ])('with the %s of %s: there is no advice for %j', (key, operation, text) => {
    const all = Object.fromEntries(Object.entries(good).map(([name, [one]]) => [name, `"${one}"`]));
    if (operation !== 'create') delete all.family;
    const masks: Record<string, string> = { signal: '"send"', create: '"create"' };
    all.denied_mask = masks[operation] ?? '"r"';
    const findings = findingsOf(operation, { ...all, [key]: `"${text}"` });
    const { text: drafted } = draftProfile('app', findings);
    expect(rulesOf(drafted)).toEqual([]);
  });

  test.each(['a" {} profile b', 'a\nb', '', 'a\u202eb', '{', 'x" flags=(unconfined', ':ns'])(
    'a draft can’t be named %j',
    (name) => expect(isDraftName(name)).toBe(false),
  );

  test.each(['app', '/usr/bin/app', 'my app', 'snap.x.y', '/usr/bin/{a,b}'])(
    'a draft can be named %j',
    (name) => {
      expect(isDraftName(name)).toBe(true);
      expect(check(draftProfile(name, []).text)).toMatchObject({ ok: true, profiles: [name] });
    },
  );
});
