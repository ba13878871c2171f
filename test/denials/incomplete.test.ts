import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { adviseOn } from '../../sdk/denials/advice.ts';
import { draftProfile } from '../../sdk/denials/draft.ts';
import { fieldOf, type LogEvent, parseEvent } from '../../sdk/denials/event.ts';
import { type Finding, Findings } from '../../sdk/denials/finding.ts';
import { patch, wantedBy } from '../../sdk/denials/patch.ts';

// Records without a field that the kernel always writes: truncated, or forged to get a wider rule.

function findingOf(line: string): Finding | undefined {
  const event = parseEvent(line);
  return event && new Findings().add(event);
}

const ruleOf = (line: string) => {
  const finding = findingOf(line);
  return finding && adviseOn(finding, undefined).suggestion?.rule;
};

const start = 'audit: type=1400 audit(1795500000.001:1): apparmor="ALLOWED"';
const masks = (mask: string) => `requested_mask="${mask}" denied_mask="${mask}"`;
const broker = (operation: string, more: string) =>
  `operation="${operation}" bus="system" ${more} label="app" peer_label="unconfined" exe="/usr/bin/dbus-broker"`;

/** Complete records of kinds that the sample logs lack, or in another kernel's format. */
const more = [
  `operation="connect" class="net" profile="app" family="unix" sock_type="stream" protocol=0 ${masks('send receive connect')} addr=none peer_addr="@x" peer="other"`,
  `operation="sendmsg" class="net" profile="app" family="unix" sock_type="dgram" protocol=0 ${masks('send')} addr=none peer_addr="@x" peer="other"`,
  `operation="connect" class="net" profile="app" family="unix" sock_type="stream" protocol=0 ${masks('send receive connect')} addr=none peer_addr="/run/app.sock" peer="other"`,
  `operation="sendmsg" profile="app" family="unix" sock_type="dgram" protocol=0 ${masks('send')}`,
  `operation="mount" class="mount" profile="app" name="/m/" fstype="tmpfs" srcname="tmpfs" flags="ro, nosuid"`,
  `operation="mount" class="mount" profile="app" name="/m/" srcname="/a/" flags="rw, rbind"`,
  `operation="stack" class="file" profile="app" name="inner"`,
  broker('dbus_method_call', 'path="/x" interface="org.x" method="Get" mask="send"'),
  broker('dbus_signal', 'path="/x" interface="org.x" member="Get" name=":1.4" mask="receive"'),
].map((text) => `${start} ${text}`);

async function records(): Promise<string[]> {
  const logs = ['linux-6.1.log', 'linux-7.3.log', 'other-kernels.log'].map((name) =>
    readFile(join(import.meta.dirname, name), 'utf8'),
  );
  const lines = (await Promise.all(logs)).flatMap((text) => text.split('\n'));
  return [...lines, ...more].filter((line) => parseEvent(line) !== undefined);
}

const without = (line: string, { key, raw }: LogEvent['fields'][number]) =>
  line.replaceAll(` ${key}=${raw}`, '');

/**
 * Fields that a complete record may lack: the reason; the flags of a mount without flags, for which its
 * rule has none; the profile and its namespace, which rules do not contain.
 */
const isOptional = (operation: string | undefined, key: string) =>
  key === 'info' ||
  key === 'profile' ||
  key === 'namespace' ||
  (operation === 'mount' && key === 'flags');

describe('a record that lacks a field', () => {
  test('results in the same rule as the complete one, or none', async () => {
    const wider: string[] = [];
    let tried = 0;
    for (const line of await records()) {
      const event = parseEvent(line) as LogEvent;
      const whole = ruleOf(line);
      for (const field of event.fields) {
        const operation = fieldOf(event, 'operation');
        if (field.key === '' || field.key === 'apparmor' || isOptional(operation, field.key))
          continue;
        const rule = ruleOf(without(line, field));
        tried++;
        if (rule !== undefined && rule !== whole) wider.push(`${field.key} of ${line}: ${rule}`);
      }
    }
    expect(wider).toEqual([]);
    expect(tried).toBeGreaterThan(1000);
  });

  test('is not written by current kernels', async () => {
    const lacking = (await records()).filter((line) => findingOf(line)?.missing !== undefined);
    // Kernels of 2014 did not log the peer, so there is no narrow rule.
    expect(lacking.map((line) => /operation="(\w+)".*pid=(\d+)/.exec(line)?.slice(1))).toEqual([
      ['ptrace', '17651'],
      ['ptrace', '17652'],
    ]);
  });

  test('a mount without flags results in a rule without flags, not with any flags', () => {
    expect(
      ruleOf(`${start} operation="mount" profile="app" name="/m/" fstype="tmpfs" srcname="tmpfs"`),
    ).toBe('mount options=(rw) fstype=tmpfs tmpfs -> /m/,');
  });

  test.each([
    [`operation="ptrace" class="ptrace" profile="app" ${masks('read')}`, 'peer'],
    [`operation="signal" class="signal" profile="app" ${masks('send')} signal=kill`, 'peer'],
    [
      'operation="file_inherit" class="net" profile="app" family="unix" sock_type="stream" protocol=0 requested_mask="receive"',
      'denied_mask',
    ],
    [
      'operation="sendmsg" class="net" profile="app" family="inet" sock_type="dgram" protocol=0 requested_mask="send"',
      'denied_mask',
    ],
    ['operation="dbus_method_call" bus="system" mask="send" label="app"', 'path'],
    ['operation="dbus_signal" bus="system" mask="receive" label="app"', 'path'],
    [
      'operation="dbus_method_call" bus="system" path="/x" interface="x" member="y" mask="send" label="app" peer_label="z"',
      'name',
    ],
    [
      `operation="connect" class="net" profile="app" family="unix" sock_type="stream" ${masks('connect')} addr=none`,
      'peer_addr',
    ],
    [
      `operation="connect" class="net" profile="app" family="unix" sock_type="stream" ${masks('connect')} peer="x"`,
      'addr',
    ],
    ['operation="mount" class="mount" profile="app" name="/m/"', 'srcname'],
    ['operation="mount" class="mount" profile="app" name="/m/" flags="rw, bind"', 'srcname'],
    ['operation="mount" class="mount" profile="app" name="/m/" srcname="x"', 'fstype'],
    ['operation="pivotroot" class="mount" profile="app" name="/m/"', 'srcname'],
    ['operation="open" class="posix_mqueue" profile="app" requested="read" denied="read"', 'name'],
    ['operation="change_profile" class="file" profile="app" target="x"', 'name'],
    [
      'operation="uring_override" class="io_uring" profile="app" requested="override_creds" denied="override_creds"',
      'tcontext',
    ],
    [`operation="open" profile="app" name="/a" ${masks('w')}`, 'fsuid'],
    ['operation="open" profile="app" name="/a" requested_mask="rw" fsuid=0 ouid=0', 'denied_mask'],
    [`operation="link" profile="app" name="/a" ${masks('l')} fsuid=0 ouid=0`, 'target'],
    [`profile="app" name="/a" ${masks('l')} fsuid=0 ouid=0 target="/b"`, 'operation'],
  ])('no rule is suggested, drafted or added for %s', (text, missing) => {
    const finding = findingOf(`${start} ${text}`) as Finding;
    expect(finding.missing).toBe(missing);
    const { suggestion, explanations } = adviseOn(finding, undefined);
    expect(suggestion).toBeUndefined();
    expect(explanations.map(({ id }) => id)).toContain(
      finding.access?.kind === 'ptrace' ? 'ptrace-without-peer' : 'incomplete-record',
    );
    const { unsaid } = draftProfile('app', [finding]);
    expect(unsaid).toHaveLength(1);
    const source = 'profile app {\n}\n';
    expect(patch(source, wantedBy([finding], source).additions).text).toBe(source);
  });

  test('does not extend the rule of another event about the same file', () => {
    const findings = new Findings();
    for (const text of [
      `operation="open" profile="app" name="/a" ${masks('r')} fsuid=0 ouid=0`,
      `operation="open" profile="app" name="/a" ${masks('w')}`,
    ]) {
      findings.add(parseEvent(`${start} ${text}`) as LogEvent);
    }
    const { text, unsaid } = draftProfile('app', findings.all());
    expect(text).toContain('  owner /a r,\n');
    expect(unsaid).toHaveLength(1);
  });
});

describe('a record that contradicts itself', () => {
  const opened = (requested: string, denied: string) =>
    `${start} operation="open" profile="app" name="/a" requested_mask="${requested}" denied_mask="${denied}" fsuid=0 ouid=0`;
  test.each([
    `${start} operation="capable" profile="app" capability=99 capname="sys_module"`,
    `${start} operation="capable" profile="app" capability=13 capname="sys_module"`,
    opened('r', 'rwlkmx'),
    opened('r', 'w'),
    `${start} operation="signal" profile="app" requested_mask="send" denied_mask="send receive" signal=term peer="b"`,
    `${start} operation="uring_sqpoll" profile="app" requested="cmd" denied="sqpoll"`,
  ])('results in no rule: %s', (line) => {
    const finding = findingOf(line) as Finding;
    const { suggestion, explanations } = adviseOn(finding, undefined);
    expect(suggestion).toBeUndefined();
    expect(explanations.map(({ id }) => id)).toContain('contradictory-record');
    expect(draftProfile('app', [finding]).unsaid[0]?.reason).toMatch(/contradict each other/);
    expect(wantedBy([finding], 'profile app {}\n').additions).toEqual([]);
  });

  test.each([
    [
      `${start} operation="capable" profile="app" capability=16 capname="sys_module"`,
      'capability sys_module,',
    ],
    [opened('wrc', 'wc'), 'owner /a w,'],
    [opened('rw::', '::r'), 'owner /a r,'],
  ])('results in a rule if the fields agree: %s', (line, rule) => {
    expect(ruleOf(line)).toBe(rule);
  });
});

test.each([
  `${start} operation="getattr" class="posix_mqueue" profile="app" requested="getattr" denied="getattr"`,
  `${start} operation="signal" profile="app" requested_mask="send" denied_mask="send" signal=unknown(70)`,
  `${start} operation="stack" class="file" profile="app//&:ns:b" name="inner" info="label not found"`,
  `${start} operation="create" profile="app//&other" family="unknown(46)" sock_type="unknown(9)" requested_mask="create" denied_mask="create"`,
])('a rule that is not suggested is not explained: %s', (line) => {
  const { suggestion, explanations } = adviseOn(findingOf(line) as Finding, undefined);
  expect(suggestion).toBeUndefined();
  for (const { text } of explanations)
    expect(text).not.toMatch(/also allows others|& before the name|rule belongs to|need the rule/);
});

test('a queue without a name is described', () => {
  const finding = findingOf(
    `${start} operation="getattr" class="posix_mqueue" info="Failed name lookup - disconnected IPC path" error=-13 profile="app" requested="getattr" denied="getattr" class="posix_mqueue"`,
  ) as Finding;
  expect(adviseOn(finding, undefined).suggestion?.permits).toEqual([
    "The profile's processes may read the attributes of every POSIX message queue.",
  ]);
});

test('(null) is not a value: no rule is suggested for a message without a path, an interface or a member', () => {
  for (const quote of ['', '"']) {
    const none = `${quote}(null)${quote}`;
    const line = `${start} ${broker('dbus_method_call', `path=${none} interface=${none} method=${none} mask="send"`)}`;
    expect(ruleOf(line)).toBeUndefined();
  }
});
