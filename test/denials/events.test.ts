import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { narrowestRule } from '../../policy/index.ts';
import {
  fieldOf,
  type LogEvent,
  maxFields,
  parseEvent,
  suppressedMessages,
} from '../../sdk/denials/event.ts';
import { eventOf, Findings, maxCharacters } from '../../sdk/denials/finding.ts';
import { requestOf } from '../../sdk/denials/request.ts';

async function linesOf(name: string): Promise<string[]> {
  const text = await readFile(join(import.meta.dirname, name), 'utf8');
  return text.split('\n').filter((line) => line !== '');
}

function parsed(line: string): LogEvent {
  const event = parseEvent(line);
  if (!event) throw new Error(`not read: ${line}`);
  return event;
}

/** The parsed event formatted as a line without spaces between fields. */
function again({ head, fields, tail }: LogEvent): string {
  return head + fields.map(({ key, raw }) => (key === '' ? raw : `${key}=${raw}`)).join('') + tail;
}

const withoutBlanks = (head: string, line: string) =>
  head + line.slice(head.length).replace(/("[^"]*")|[\s\p{Cc}]+/gu, '$1');

// Recorded by this project's kernel tests (DENIALS_CORPUS), and in the same way with a later kernel,
// AppArmor 5.0 and D-Bus, for the forms that those tests lack.
const corpus = [
  ...(await linesOf('linux-6.1.log')),
  ...(await linesOf('linux-7.3.log')),
  ...(await linesOf('other-kernels.log')),
];

describe('lines of the kernel log', () => {
  test.each(corpus)('all fields are read of: %s', (line) => {
    const event = parsed(line);
    expect(again(event)).toBe(withoutBlanks(event.head, line));
    expect(event.type).toMatch(/^(DENIED|ALLOWED|AUDIT|HINT|STATUS|ERROR|KILLED)$/);
  });

  test('no field of any line is lost', () => {
    const value = fc.oneof(
      fc.string({ maxLength: 12 }).map((text) => `"${text.replace(/["\p{Cc}]/gu, '')}"`),
      fc.stringMatching(/^[0-9A-F]{2,20}$/),
      fc.stringMatching(/^[a-z0-9:/@.-]{0,10}$/),
    );
    const field = fc.tuple(fc.stringMatching(/^[a-z_]{1,12}$/), value);
    const head = fc.constantFrom(
      '',
      '[    5.1] audit: type=1400 audit(1795500000.001:75): ',
      'type=AVC msg=audit(1795500000.001:75): ',
      'Nov 24 10:00:00 web1 kernel: [    5.1] type=1400 audit(1795500000.001:75): ',
    );
    fc.assert(
      fc.property(head, fc.array(field), fc.constantFrom(' ', '  '), (start, fields, blank) => {
        const all = [['apparmor', '"DENIED"'], ...fields];
        const event = parsed(start + all.map(([key, raw]) => `${key}=${raw}`).join(blank));
        expect(event.fields.map(({ key, raw }) => [key, raw])).toEqual(all);
        expect(event.head).toBe(start);
      }),
    );
  });

  test('names of any bytes are preserved', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (bytes) => {
        const hexadecimal = Buffer.from(bytes).toString('hex').toUpperCase();
        const name = fieldOf(parsed(`apparmor="DENIED" name=${hexadecimal}`), 'name') ?? '';
        const back = [...name].flatMap((character) => {
          const code = character.charCodeAt(0);
          const lone = character.length === 1 && code >= 0xdc80 && code <= 0xdcff;
          return lone ? [code & 0xff] : [...Buffer.from(character, 'utf8')];
        });
        expect(back).toEqual([...bytes]);
      }),
    );
  });

  test.each([
    ['', undefined],
    ['audit: type=1400 audit(1.000:1): avc:  denied', undefined],
    ['systemd: apparmor is loaded', undefined],
    ['audit: type=1400 audit(1.002:3): comm="apparmor="DENIED"', undefined],
  ])('%s is not an event', (line, event) => expect(parseEvent(line)).toBe(event));

  test('times and serial numbers come from the audit system, or else from the logger', () => {
    expect(parsed('audit: type=1400 audit(1795500000.012:75): apparmor="DENIED"')).toMatchObject({
      time: 1795500000012,
      serial: 75,
    });
    const written = parsed('2026-11-24T10:00:01.5+0100 h dbus-daemon[7]: apparmor="DENIED"');
    expect(written).toMatchObject({ time: Date.parse('2026-11-24T09:00:01.500Z') });
    expect(written.serial).toBeUndefined();
    expect(parsed('Nov 24 10:00:00 h kernel: apparmor="DENIED"').time).toBeUndefined();
  });

  test('messages about dropped events', () => {
    expect(suppressedMessages('[  9.1] audit: 42 callbacks suppressed')).toBe(0 + 42);
    expect(suppressedMessages('kauditd_printk_skb: 7 callbacks suppressed')).toBe(7);
    expect(suppressedMessages('audit: audit_lost=3 audit_rate_limit=0')).toBe(3);
    expect(suppressedMessages('net_ratelimit: 42 callbacks suppressed')).toBe(0);
  });
});

describe('the denied request', () => {
  // All but the last were tested in a kernel: they allowed the request, and similar ones were still denied.
  test.each([
    [1, 'userns create,'],
    [2, 'io_uring (sqpoll),'],
    [3, 'io_uring (override_creds) label=t,'],
    [4, 'unix (create) type=stream addr=none,'],
    [5, 'unix (bind) type=stream addr=@mine,'],
    [
      6,
      'unix (send, receive, connect) type=stream addr=none peer=(label=listener, addr=@listening),',
    ],
    [7, 'unix (listen) type=stream addr=@l,'],
    [
      8,
      'dbus send bus=system path=/org/freedesktop/DBus interface=org.freedesktop.DBus member=Hello peer=(name=org.freedesktop.DBus, label=unconfined),',
    ],
    [
      9,
      'dbus send bus=system path=/org/freedesktop/DBus interface=org.freedesktop.DBus member=GetId peer=(name=org.freedesktop.DBus, label=unconfined),',
    ],
    [10, 'dbus bind bus=system name=org.example.A,'],
    [11, 'dbus eavesdrop bus=system,'],
    [
      12,
      'dbus receive bus=system path=/x interface=org.example.I member=Sig peer=(label=unconfined),',
    ],
  ])('line %i of Linux 7.3', async (number, rule) => {
    const access = requestOf(parsed((await linesOf('linux-7.3.log'))[number - 1] ?? ''));
    expect(access && narrowestRule(access)).toBe(rule);
  });

  test.each([
    [1, '/home/ann/docker/man/man1/docker-attach.1 r,'],
    [2, 'ptrace (readby, tracedby),'],
    [3, 'ptrace (trace),'],
    [4, 'owner /etc/shadow r,'],
    [5, 'signal (receive) set=(kill) peer=runc,'],
    [6, 'capability net_raw,'],
    [7, 'owner /dev/pts/0 rw,'],
    [8, 'owner "/srv/one two" r,'],
    [9, undefined],
    [
      10,
      'dbus send bus=session path=/org/freedesktop/DBus interface=org.freedesktop.DBus member=Hello peer=(name=org.freedesktop.DBus, label=unconfined),',
    ],
    [
      11,
      'dbus receive bus=system path=/org/bluez/hci0 interface=org.freedesktop.DBus.Properties member=PropertiesChanged peer=(label=unconfined),',
    ],
    [12, 'dbus bind bus=session name=org.example.App,'],
    [13, 'dbus eavesdrop bus=session,'],
    [
      14,
      'unix (send, connect) type=stream addr=none peer=(label=unconfined, addr=@/tmp/.X11-unix/X0),',
    ],
    [15, 'unix (create) type=dgram addr=none,'],
    [16, 'network inet dgram,'],
    [17, 'mqueue (read, create) type=posix /queue,'],
    [18, 'io_uring (sqpoll),'],
    [19, 'io_uring (override_creds) label=other,'],
    [20, 'userns create,'],
    [21, 'userns create,'],
    [22, 'owner /run/systemd/journal/stdout r,'],
    [23, undefined],
    [24, '/usr/bin/sudo ix,'],
    [25, 'owner /etc/nscd.conf r,'],
    [26, 'owner /proc/5017/statm r,'],
    [27, 'network inet6 stream,'],
    [28, 'set rlimit nofile <= 4096,'],
    [29, 'owner /tmp/x w,'],
  ])('line %i of other kernels', async (number, rule) => {
    const line = (await linesOf('other-kernels.log'))[number - 1] ?? '';
    const access = requestOf(parsed(line));
    expect(access && narrowestRule(access)).toBe(rule);
  });
});

describe('equal events', () => {
  const line = (serial: number, more = '', time = serial) =>
    parsed(
      `type=1400 audit(17955000${String(time).padStart(2, '0')}.000:${serial}): apparmor="DENIED" operation="open" profile="app" name="/a" pid=${serial} comm="cat" requested_mask="r" denied_mask="r" fsuid=0 ouid=0${more}`,
    );

  test('are grouped with a count and the first and last time', () => {
    const findings = new Findings();
    for (const serial of [5, 3, 9]) findings.add(line(serial));
    expect(findings.all()).toMatchObject([
      { count: 3, first: 1795500003000, last: 1795500009000, programs: ['cat'] },
    ]);
  });

  test('in two logs count once', () => {
    const findings = new Findings();
    findings.add(line(5));
    expect(findings.add(line(5, '\x1dFSUID="root" OUID="root"'))).toBeUndefined();
    // Another event with the same time, such as the other end of a signal.
    findings.add(line(5, ' peer="other"'));
    expect(findings.all()[0]?.count).toBe(2);
  });

  test('over the limit are forgotten, least recent first', () => {
    const findings = new Findings({ max: 2, keep: 'last' });
    const about = (name: string, serial: number) =>
      parsed(line(serial).line.replace('"/a"', `"${name}"`));
    for (const [at, name] of ['/a', '/b', '/a', '/c', '/a', '/b'].entries())
      findings.add(about(name, at));
    const found = findings.all().map((one) => [fieldOf(eventOf(one), 'name'), one.count]);
    expect(found).toEqual([
      ['/a', 3],
      ['/b', 1],
    ]);
  });

  test('over the limit are counted', () => {
    const findings = new Findings({ max: 2 });
    const about = (name: string, serial: number) =>
      parsed(line(serial).line.replace('"/a"', `"${name}"`));
    for (const [at, name] of ['/a', '/b', '/c', '/a', '/d', '/d'].entries())
      findings.add(about(name, at));
    const found = findings.all().map((one) => [fieldOf(eventOf(one), 'name'), one.count]);
    expect(found).toEqual([
      ['/a', 2],
      ['/b', 1],
    ]);
    expect(findings.leftOut).toBe(3);
  });

  test('with many fields are not events', () => {
    const text = (count: number) => `audit: apparmor="DENIED" ${'a=b '.repeat(count - 1)}`;
    expect(parseEvent(text(maxFields))?.fields).toHaveLength(maxFields);
    expect(parseEvent(text(maxFields + 1))).toBeUndefined();
  });

  test('with bytes that are not UTF-8 show each of them', () => {
    const texts: [hex: string, text: string][] = [
      ['C3A9FFC3A9', 'é\udcffé'],
      ['61C3', 'a\udcc3'],
      ['E282ACE282', '€\udce2\udc82'],
      ['F09F9880F09F98', '😀\udcf0\udc9f\udc98'],
      // Overlong, a surrogate, over U+10FFFF, a continuation alone; and U+FFFD itself.
      ['C0AF', '\udcc0\udcaf'],
      ['EDA080', '\udced\udca0\udc80'],
      ['F4908080', '\udcf4\udc90\udc80\udc80'],
      ['80', '\udc80'],
      ['EFBFBDFF', '\ufffd\udcff'],
    ];
    for (const [hex, text] of texts) {
      const event = parsed(`audit: apparmor="DENIED" name=${hex}`);
      expect(fieldOf(event, 'name'), hex).toBe(text);
    }
  });

  test('over the maximum of characters are counted, and the first ones stay', () => {
    const findings = new Findings();
    const long = 'x'.repeat(15_000);
    const about = (at: number) => parsed(line(5).line.replace('"/a"', `"/${at}/${long}"`));
    const many = Math.ceil(maxCharacters / long.length) + 100;
    for (let at = 0; at < many; at++) findings.add({ ...about(at), serial: at });
    const all = findings.all();
    expect(all[0]?.line).toContain('"/0/');
    expect(all.length + findings.leftOut).toBe(many);
    expect(findings.leftOut).toBeGreaterThanOrEqual(100);
    const characters = all.reduce((sum, one) => sum + one.line.length, 0);
    expect(characters).toBeLessThan(maxCharacters + long.length + 300);
  });

  test('with many programs store no more than the maximum of characters', () => {
    const findings = new Findings();
    const comm = (at: number, program: number) => `"${at}-${program}${'x'.repeat(15_000)}"`;
    for (let at = 0; at < 100; at++) {
      for (let program = 0; program < 20; program++) {
        const text = line(5).line.replace('"/a"', `"/${at}"`).replace('"cat"', comm(at, program));
        findings.add({ ...parsed(text), serial: at * 20 + program });
      }
    }
    const stored = findings.all().flatMap(({ line, programs }) => [line, ...programs]);
    expect(stored.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(
      maxCharacters + 2 * 16_000,
    );
  });

  test('with another profile, file, permission or reason are separate', () => {
    const findings = new Findings();
    const text = line(1).line;
    for (const [from, to] of [
      ['x', 'x'],
      ['"app"', '"other"'],
      ['"/a"', '"/b"'],
      ['denied_mask="r"', 'denied_mask="w"'],
      ['operation="open"', 'operation="open" info="reason"'],
    ] as const) {
      findings.add(parsed(text.replace(from, to)));
    }
    expect(findings.all()).toHaveLength(5);
  });
});
