import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Access, evaluate, model, type ProfileModel } from '../../policy/index.ts';
import { adviseOn } from '../../sdk/denials/advice.ts';
import { draftProfile } from '../../sdk/denials/draft.ts';
import { type LogEvent, parseEvent } from '../../sdk/denials/event.ts';
import { type Finding, Findings } from '../../sdk/denials/finding.ts';
import { patch, wantedBy } from '../../sdk/denials/patch.ts';
import { runs } from '../property-runs.ts';

// For any record, the suggested rule allows exactly what the record names, or there is none, with an explanation.

const start = 'audit: type=1400 audit(1795500000.001:1): apparmor="ALLOWED"';
const masks = (mask: string) => `requested_mask="${mask}" denied_mask="${mask}"`;
const net = (operation: string, mask: string, more: string) =>
  `operation="${operation}" class="net" profile="app" family="unix" sock_type="stream" protocol=0 ${masks(mask)} ${more}`;

/** A complete record of each kind. */
const kinds = [
  `operation="open" class="file" profile="app" name="/srv/a" ${masks('wrc')} fsuid=0 ouid=0`,
  `operation="exec" class="file" profile="app" name="/srv/a" ${masks('x')} fsuid=0 ouid=1`,
  `operation="link" class="file" profile="app" name="/srv/a" ${masks('l')} fsuid=0 ouid=0 target="/srv/b"`,
  'operation="capable" class="cap" profile="app" capability=12 capname="net_admin"',
  `operation="create" class="net" profile="app" family="inet" sock_type="stream" protocol=6 ${masks('create')}`,
  net('connect', 'send receive connect', 'addr=none peer_addr="@x" peer="other"'),
  net('create', 'create', 'addr=none peer_addr=none peer=(null)'),
  `operation="ptrace" class="ptrace" profile="app" ${masks('read')} peer="other"`,
  `operation="signal" class="signal" profile="app" ${masks('send')} signal=term peer="other"`,
  'operation="mount" class="mount" profile="app" name="/m/" fstype="tmpfs" srcname="tmpfs" flags="ro, nosuid"',
  'operation="mount" class="mount" profile="app" name="/m/" srcname="/a/" flags="rw, rbind"',
  'operation="mount" class="mount" profile="app" name="/m/" srcname="/a/" flags="rw, move"',
  'operation="mount" class="mount" profile="app" name="/m/" flags="rw, silent, rprivate"',
  'operation="mount" class="mount" profile="app" name="/m/" flags="ro, remount, bind"',
  'operation="umount" class="mount" profile="app" name="/m/"',
  'operation="pivotroot" class="mount" profile="app" name="/m/" srcname="/m/old/"',
  'operation="change_profile" class="file" profile="app" name="other"',
  'operation="stack" class="file" profile="app" name="other"',
  'operation="setrlimit" class="rlimits" profile="app" rlimit=nofile value=4096',
  'operation="userns_create" class="namespace" profile="app"',
  'operation="uring_override" class="io_uring" profile="app" requested="override_creds" denied="override_creds" tcontext="other"',
  'operation="open" class="posix_mqueue" profile="app" name="/queue" requested="read" denied="read" fsuid=0 ouid=0',
  'operation="open" class="sysv_mqueue" profile="app" name="7" requested="read" denied="read" fsuid=0 ouid=0',
  'operation="dbus_method_call" bus="system" path="/x" interface="org.x" member="Get" mask="send" name="org.x" pid=5 label="app" peer_pid=1 peer_label="other"',
  'operation="dbus_bind" bus="system" name="org.x" mask="bind" pid=5 label="app"',
].map((text) => `${start} ${text}`);

const hostile = [
  ...['', ' ', '*', '**', '/**', '(null)', 'none', '?', 'unknown(77)', 'unknown', 'x) /** rwlkix,'],
  ...['r', 'rw', 'l', 'wl', 'create send', 'send', 'create', 'read write', 'mrwlkx', 'all'],
  ...['rw', 'ro', 'rw, bind', 'rw, private', 'rw, move', 'rw, remount', 'rw, bind, private'],
  ...['rbind, move', 'ro, rw', 'remount, shared', 'bind, nosuid', 'unconfined', ':ns:other'],
  ...['a//&b', 'root//ns', '@{HOME}', '{a,b}', '[a]', 'infinity', '-1', '0', '&x', '"', '\\'],
];

const profiles = new Map<string, ProfileModel>();
/** What a profile with this rule alone says about a request. */
const ruleOf = (access: Access, rule: string) => {
  const [profile] = profiles.has(rule)
    ? [profiles.get(rule)]
    : model(`profile app {\n  ${rule}\n}\n`).profiles;
  if (!profile) throw new Error(`no profile with ${rule}`);
  profiles.set(rule, profile);
  return evaluate(profile, access);
};

const local = new Set([
  ...['create', 'bind', 'listen', 'shutdown', 'getattr', 'setattr', 'getopt', 'setopt'],
]);

/** Other requests, each of which differs in one property. */
function others(access: Access): Access[] {
  const different: Record<string, unknown[]> = {
    ...{ path: ['/srv/a2', '/'], target: ['/srv/b2', '/'], source: ['/other/', 'tmpfs2', ''] },
    ...{ fstype: ['proc'], newRoot: ['/n/'], oldRoot: ['/n/old/'], bus: ['session'] },
    ...{ interface: ['org.y'], member: ['Set'], address: ['@other'], peerAddress: ['@y'] },
    ...{ peer: ['y', 'unconfined'], label: ['y'], name: ['sys_ptrace', '/other', 'org.y', '8'] },
    ...{ family: ['inet6', 'packet'], type: ['dgram', 'raw', 'sysv', 'posix'], signal: ['kill'] },
    flags: [['rw'], ['ro'], ['bind'], ['rbind'], ['move'], ['private'], ['rprivate', 'silent'], []],
    access: [
      ['send'],
      ['receive'],
      ['create'],
      ['bind'],
      ['trace'],
      ['readby'],
      ['write'],
      'sqpoll',
    ],
    permissions: [['r'], ['w'], ['x'], ['l'], ['k'], ['m']],
  };
  const found: Access[] = [];
  for (const [key, value] of Object.entries(access)) {
    if (key === 'value' && typeof value === 'number' && access.kind === 'rlimit') {
      found.push({ ...access, value: access.name === 'nice' ? value - 1 : value + 1 });
    }
    // Permissions for the local socket alone have no peer, and a socket that is created has no address yet.
    const isLocal = access.kind === 'unix' && access.access.every((one) => local.has(one));
    const isCreated = isLocal && access.access.join() === 'create';
    if (value === undefined || (isLocal && key.startsWith('peer'))) continue;
    if (isCreated && key === 'address') continue;
    for (const other of different[key] ?? []) {
      if (Array.isArray(other) !== Array.isArray(value)) continue;
      const one = { ...access, [key]: other } as Access;
      if (!names(access, one)) found.push(one);
    }
  }
  return found;
}

const options = (flags: readonly string[]) =>
  [...flags]
    .filter((one) => one !== 'rw')
    .sort()
    .join();

/** Whether `other` requests a subset of `access`; what may run with ix may be mapped as code too. */
function names(access: Access, other: Access): boolean {
  const part = (one: readonly string[], two: readonly string[]) =>
    one.every((x) => two.includes(x));
  for (const [key, value] of Object.entries(other)) {
    const own = (access as unknown as Record<string, unknown>)[key];
    if (key === 'flags') {
      if (options(own as string[]) !== options(value as string[])) return false;
    } else if (Array.isArray(value) && Array.isArray(own)) {
      const implied = key === 'permissions' && own.includes('x') ? ['m'] : [];
      if (!part(value, [...own, ...implied])) return false;
    } else if (Array.isArray(value) || value !== own) return false;
  }
  return true;
}

/** The rule suggested for a line, after checking that it allows exactly the line's request. */
function narrowRule(line: string): string | undefined {
  const event = parseEvent(line);
  const finding = event && new Findings().add(event);
  if (!finding) return undefined;
  const advice = adviseOn(finding, undefined);
  const { suggestion, explanations, noRule } = advice;
  if (suggestion === undefined) {
    expect(explanations.length > 0 || noRule !== undefined || !refused(finding), line).toBe(true);
    return undefined;
  }
  const { access } = finding;
  const { rule } = suggestion;
  if (!access) throw new Error(`a rule for nothing: ${line}`);
  // A limit is checked by its number alone; a record of change_profile does not name the next program.
  const { outcome } = ruleOf(access, rule);
  const isLimit = access.kind === 'rlimit';
  expect([rule, outcome], line).toEqual([rule, isLimit ? expect.anything() : 'allowed']);
  // Values that the record does not name are missing from the rule, with an explanation.
  if (explanations.some(({ id }) => id === 'unnamed')) return rule;
  for (const other of others(access)) {
    expect([rule, ruleOf(other, rule).outcome], JSON.stringify({ line, other })).not.toEqual([
      rule,
      isLimit ? 'impossible' : 'allowed',
    ]);
  }
  return rule;
}

/** Whether any rule could allow the request. */
const refused = ({ type, profile, namespace }: Finding) =>
  /^(?:DENIED|ALLOWED|KILLED|ERROR)$/.test(type) &&
  namespace === undefined &&
  profile !== undefined &&
  !/(?:^|&)(?::|unconfined$)/.test(profile);

const fieldsOf = (line: string) =>
  (parseEvent(line)?.fields ?? []).filter(({ key }) => key !== 'apparmor' && key !== '');

describe('the rule suggested for a record', () => {
  let all = kinds;
  beforeAll(async () => {
    const logs = ['linux-6.1.log', 'linux-7.3.log', 'other-kernels.log'].map((name) =>
      readFile(join(import.meta.dirname, name), 'utf8'),
    );
    const lines = (await Promise.all(logs)).flatMap((text) => text.split('\n'));
    all = [...kinds, ...lines.filter((line) => /="(?:DENIED|ALLOWED)"/.test(line))];
  });

  test('allows exactly the request of every complete record', () => {
    const made = kinds.filter((line) => narrowRule(line) !== undefined);
    expect(made).toEqual(kinds);
    for (const line of all) narrowRule(line);
  });

  test('allows nothing else if any field is missing, repeated, unknown or hostile', () => {
    for (const line of kinds) {
      const whole = narrowRule(line);
      for (const { key, raw, value: own } of fieldsOf(line)) {
        const written = ` ${key}=${raw}`;
        narrowRule(line.replace(written, ''));
        // A repeated field with the same value changes nothing.
        expect(narrowRule(`${line}${written}`)).toBe(whole);
        for (const text of hostile) {
          const value = `"${text}"`;
          if (text !== own) expect(narrowRule(`${line} ${key}=${value}`), key).toBeUndefined();
          narrowRule(line.replace(written, ` ${key}=${value}`));
        }
      }
    }
  });

  test('allows nothing else if several fields differ', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.option(fc.constantFrom(...hostile)), fc.boolean()), {
          minLength: 1,
          maxLength: 3,
        }),
        (index, changes) => {
          let line = all[index % all.length] ?? '';
          for (const [at, text, logged] of changes) {
            const fields = fieldsOf(line);
            const field = fields[at % Math.max(1, fields.length)];
            if (!field) continue;
            const value = logged
              ? Buffer.from(text ?? '')
                  .toString('hex')
                  .toUpperCase()
              : `"${text}"`;
            const written = text === null ? '' : ` ${field.key}=${value}`;
            line = line.replace(` ${field.key}=${field.raw}`, () => written);
          }
          narrowRule(line);
        },
      ),
      { numRuns: runs(125) },
    );
  });

  test.each([
    ['rw, bind', ' srcname="/a/"', 'mount options=(bind) /a/ -> /m/,'],
    ['rw, rbind', ' srcname="/a/"', 'mount options=(rbind) /a/ -> /m/,'],
    ['rw, move', ' srcname="/a/"', 'mount options=(move) /a/ -> /m/,'],
    ['rw, rshared', '', 'mount options=(rshared) -> /m/,'],
    ['rw, silent, private', '', 'mount options=(silent, private) -> /m/,'],
    ['rw, remount', '', 'remount options=(rw) /m/,'],
    ['ro, remount, bind', '', 'remount options=(ro, bind) /m/,'],
    ['rw, bind, private', ' srcname="/a/"', undefined],
    ['rw, nosuid, bind', ' srcname="/a/"', undefined],
    ['rw, bind', ' srcname="/a/" fstype="ext4"', undefined],
    ['rw, private', ' srcname="/a/"', undefined],
  ])('of a mount with %s%s is %s', (flags, more, rule) => {
    const text = `operation="mount" class="mount" profile="app" name="/m/"${more} flags="${flags}"`;
    expect(narrowRule(`${start} ${text}`)).toBe(rule);
  });

  test.each([
    [
      'a unix socket with permissions for both ends',
      net('connect', 'create send', 'addr=none peer_addr="@x" peer="y"'),
      'with a peer and without one',
    ],
    [
      'a link with more permissions than its target',
      `operation="link" class="file" info="link not subset of target" profile="app" name="/srv/a" ${masks('r')} fsuid=0 ouid=0 target="/srv/b"`,
      'compare the rules for both paths',
    ],
  ])('does not exist for %s, which is explained', (_, text, why) => {
    const event = parseEvent(text.startsWith('audit') ? text : `${start} ${text}`);
    const finding = new Findings().add(event as LogEvent) as Finding;
    const { suggestion, noRule } = adviseOn(finding, undefined);
    expect(suggestion).toBeUndefined();
    expect(noRule).toContain(why);
    const { unsaid } = draftProfile('app', [finding]);
    expect(unsaid.map(({ reason }) => reason)).toEqual([expect.stringContaining(why)]);
  });

  test.each([
    [kinds[4]?.replace('"stream"', '"unknown(77)"') ?? '', 'network inet,'],
    [kinds[8]?.replace('=term', '=unknown(77)') ?? '', /^signal \(\w+\) peer=\S+,$/],
    [
      `${start} operation="open" class="posix_mqueue" profile="app" requested="read" denied="read" info="Failed name lookup - disconnected IPC path" error=-13`,
      'mqueue (read) type=posix,',
    ],
  ])('omits values without a name: %s', (line, rule) => {
    const finding = new Findings().add(parseEvent(line) as LogEvent) as Finding;
    const { suggestion, explanations } = adviseOn(finding, undefined);
    expect(suggestion?.rule).toMatch(rule);
    expect(explanations.map(({ id }) => id)).toContain('unnamed');
  });

  test.each(['namespace="root//lxd-c1"', 'namespace="root"', 'namespace=""', 'profile=":ns:app"'])(
    'is not for the host’s profile of the same name, with %s',
    (field) => {
      const text = `${start} operation="open" profile="app" name="/a" ${masks('r')} fsuid=0 ouid=0`;
      const line = field.startsWith('profile')
        ? text.replace('profile="app"', field)
        : `${text} ${field}`;
      const finding = new Findings().add(parseEvent(line) as LogEvent) as Finding;
      expect(adviseOn(finding, undefined).suggestion).toBeUndefined();
      expect(adviseOn(finding, undefined).explanations.map(({ id }) => id)).toContain(
        'no-profile-of-the-host',
      );
      const source = 'profile app {\n}\n';
      expect(patch(source, wantedBy([finding], source).additions).text).toBe(source);
      const drafted = draftProfile('app', [finding]);
      expect(drafted.text).not.toContain('/a');
      expect(drafted.unsaid).toHaveLength(1);
    },
  );

  test('does not exist if a field has two values', () => {
    for (const line of kinds) {
      for (const { key } of fieldsOf(line)) {
        const finding = new Findings().add(
          parseEvent(`${line} ${key}="another"`) as LogEvent,
        ) as Finding;
        expect(finding.doubled).toBe(key);
        const { suggestion, explanations } = adviseOn(finding, undefined);
        expect(suggestion).toBeUndefined();
        expect(explanations.map(({ id }) => id)).toContain('doubled-field');
      }
    }
  });
});
