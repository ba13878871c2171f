import { describe, expect, test } from 'vitest';
import { fieldOf } from '../../sdk/denials/event.ts';
import { eventsIn, isImitation, mentionsDecision } from '../../sdk/denials/log-form.ts';
import { requestOf } from '../../sdk/denials/request.ts';

const fields =
  'apparmor="DENIED" operation="open" class="file" profile="app" name="/etc/passwd" pid=14 comm="app" requested_mask="r" denied_mask="r" fsuid=0 ouid=0';
const plain = `audit: type=1400 audit(1795500003.004:78): ${fields}`;
const json = JSON.stringify;
const docker = json({ log: `${plain}\n`, stream: 'stdout', time: '2026-11-24T10:00:03Z' });

/** A line of `ausearch -i` with these fields. */
const shown = (what: string) => `type=AVC msg=audit(11/24/26 10:00:03.004:78) : ${what}`;
const opened = 'apparmor=DENIED operation=open class=file profile=app';
const masks = 'pid=14 comm=app requested_mask=r denied_mask=r fsuid=root ouid=root';

describe('a line holds the same event', () => {
  test.each<[string, string]>([
    ['plain', plain],
    ['for Docker', docker],
    ['for kubelet (CRI)', `2026-11-24T10:00:03.1Z stdout F ${plain}`],
    ['as journalctl -o json', json({ __REALTIME_TIMESTAMP: '1795500003004000', MESSAGE: plain })],
    ['with bytes', json({ MESSAGE: [...Buffer.from(`${plain}\u001dFSUID="root"`)] })],
    ['as json-pretty', `\t"MESSAGE" : ${json(plain)},`],
    ['as json-sse', `data: ${json({ MESSAGE: plain })}`],
    ['as json-seq', `\u001e${json({ MESSAGE: plain })}`],
    ['as JSON in JSON', json({ log: json({ kernel: { message: plain } }) })],
    ['as logfmt', `time="2026-11-24T10:00:03Z" level=info msg=${json(plain)}`],
    ['as CSV', `"2026-11-24","${plain.replaceAll('"', '""')}"`],
    ['as ausearch -i', shown(`${opened} name=/etc/passwd ${masks}`)],
    ['from a node', `node=web1 ${shown(`${opened} name=/etc/passwd ${masks}`)}`],
  ])('%s', (_, line) => {
    const events = eventsIn(line);
    expect(events.map(({ type }) => type)).toEqual(['DENIED']);
    const [event] = events;
    expect(event && requestOf(event)).toEqual({
      ...{ kind: 'file', path: '/etc/passwd', permissions: ['r'], owner: true },
    });
  });

  test('with the time of the entry if the message has none', () => {
    const time = Date.parse('2026-11-24T10:00:03.004Z');
    for (const entry of [
      { MESSAGE: `AVC ${fields}`, _SOURCE_REALTIME_TIMESTAMP: `${time}123` },
      { log: fields, time: '2026-11-24T10:00:03.004Z' },
    ]) {
      expect(eventsIn(json(entry))).toMatchObject([{ time }]);
    }
  });

  test('with a name with spaces in interpreted ausearch output', () => {
    const [event] = eventsIn(shown(`${opened} name=/srv/one two ${masks}`));
    expect(event && fieldOf(event, 'name')).toBe('/srv/one two');
    expect(event).toMatchObject({ serial: 78, interpreted: true });
    expect(event?.time).toBe(new Date(2026, 10, 24, 10, 0, 3, 4).getTime());
  });
});

test.each([
  ['11/24/2026 10:00:03.004', 24],
  ['11/24/26 10:00:03.004', 24],
  ['24/11/2026 10:00:03.004', 24],
  ['11/02/2026 10:00:03.004', 2],
])('the time %s of ausearch is read', (date, day) => {
  const [event] = eventsIn(`type=AVC msg=audit(${date}:78) : ${opened} name=/etc/passwd ${masks}`);
  expect(event?.time).toBe(new Date(2026, 10, day, 10, 0, 3, 4).getTime());
});

describe('no event is read', () => {
  test.each<[string, string]>([
    // Ambiguous, since a program chose the name.
    ['a key twice', shown(`${opened} name=/x denied_mask=rwx ${masks}`)],
    ['a name of a process', 'type=SECCOMP msg=audit(1.2:3): comm="x apparmor=DENIED profile=app"'],
    ['entities in a value', `exe="/x&#32;${fields.replaceAll('"', '&quot;')}"`],
    ['an old event in a value', `exe="x type=1503 audit(1.002:3): operation=a denied"`],
    ['percent signs', fields.replaceAll('"', '%22')],
    ['typographic quotes', fields.replaceAll('"', '“')],
    ['broken JSON', docker.slice(0, -30).replaceAll('\\"', '\\x')],
    ['quotes without end', `apparmor=\\"D ${'"\\"'.repeat(5000)} denied`],
    ['depth', `${'{"a":'.repeat(2000)}"apparmor denied"${'}'.repeat(2000)}`],
  ])('from %s, which is reported as unreadable', (_, line) => {
    expect(eventsIn(line)).toEqual([]);
    expect(mentionsDecision(line)).toBe(/denied/i.test(line));
  });
});

const old =
  'type=1503 audit(1.002:3): operation="open" requested_mask="r::" denied_mask="r::" fsuid=0 name="/etc/passwd" pid=1 profile="app"';
const bus =
  'apparmor="DENIED" operation="dbus_signal"  bus="system" path="/org/x" interface="org.x" member="Changed" name=":1.5" mask="receive" pid=1700 label="app" peer_pid=700 peer_label="unconfined"';
const entry = (fields: object, message: string) => json({ ...fields, MESSAGE: message });

describe('a record is not read from the text of another program', () => {
  test.each(
    [fields, old, bus].flatMap((text) => [
      `Nov 28 11:00:00 h sshd[1]: Invalid user ${text}`,
      `Nov 28 11:00:00 h sshd: ${text}`,
      `2026-11-28T11:00:00.1+01:00 h sshd[1]: ${text}`,
      `2026-11-28 11:00:00 h sshd[1]: ${text}`,
      `2026-11-28T11:00:00Z stdout F Nov 28 11:00:00 h sshd[1]: ${text}`,
      `<134>1 2026-11-28T11:00:00Z h sshd 12 - - ${text}`,
      `<38>Nov 28 11:00:00 h user.notice sshd[1]: ${text}`,
      `sshd[1]: ${text}`,
      `[    5.1] usb 1-1: SerialNumber: ${text}`,
      `kern.log:Nov 28 11:00:00 h sshd[1]: Nov 28 11:00:00 h kernel: ${text}`,
      json({ log: `Nov 28 11:00:00 h sshd[1]: ${text}\n`, time: '2026-11-28T11:00:00Z' }),
      entry({ _TRANSPORT: 'syslog', SYSLOG_IDENTIFIER: 'sshd' }, text),
      entry({ _TRANSPORT: 'syslog', SYSLOG_IDENTIFIER: 'kernel', _COMM: 'logger' }, text),
      entry({ _TRANSPORT: 'syslog', SYSLOG_IDENTIFIER: 'dbus-daemon', _COMM: 'logger' }, text),
      entry({ _TRANSPORT: 'stdout' }, text),
      entry({ _TRANSPORT: 'journal', _COMM: 'app' }, `Nov 28 11:00:00 h kernel: ${text}`),
      entry({ SYSLOG_IDENTIFIER: 'sshd' }, text),
      json({ log: entry({ _TRANSPORT: 'syslog', _COMM: 'sshd' }, text) }),
    ]),
  )('%s', (line) => {
    expect(eventsIn(line)).toEqual([]);
    expect(isImitation(line)).toBe(true);
  });

  test.each(
    [fields, old].flatMap((text) => [
      `Nov 28 11:00:00 h dbus-daemon[1]: ${text}`,
      entry({ _TRANSPORT: 'syslog', _COMM: 'dbus-daemon' }, text),
    ]),
  )('nor a record of the kernel from a message bus: %s', (line) => {
    expect(eventsIn(line)).toEqual([]);
  });

  test.each([
    ...[`audit: ${fields}`, fields, old].flatMap((text) => [
      `Nov 28 11:00:00 h kernel: ${text}`,
      `Nov 28 11:00:00 h kernel: [  5.1] ${text}`,
      `Nov 28 11:00:00 kernel: ${text}`,
      `Tue Nov 24 10:00:03 2026 h kern.notice kernel: [  5.1] ${text}`,
      `Tue 2026-11-24 10:00:03 CET h kernel: ${text}`,
      `kern.log:Nov 28 11:00:00 h kernel: ${text}`,
      `h: Nov 28 11:00:00 h kernel: ${text}`,
      `[Tue Nov 24 10:00:03 2026] audit: ${text}`,
      `kern  :notice: [    5.1] audit: ${text}`,
      `[    5.1][  T12] audit: ${text}`,
      `[    5.1] h kernel: audit: ${text}`,
      `[    5.1] ${text}`,
      `<5>[    5.1] audit: ${text}`,
      `2026-11-28T11:00:00,123456+00:00 audit: ${text}`,
      `1795500003.004000 h kernel: ${text}`,
      `<4>1 2026-11-28T11:00:00Z h kernel - - - ${text}`,
      `Nov 28 11:00:00 h audit[12]: AVC ${text}`,
      `Nov 28 11:00:00 h audispd: node=web1 ${text}`,
      `Nov 28 11:00:00 h audisp-syslog[4]: ${text}`,
      `2026-11-28T11:00:00Z Nov 28 11:00:00 h kernel: ${text}`,
      entry({ _TRANSPORT: 'kernel', SYSLOG_IDENTIFIER: 'kernel' }, text),
      entry({ _TRANSPORT: 'audit', _COMM: 'cat' }, text),
    ]),
    `Nov 28 11:00:00 h dbus-daemon[763]: ${bus}`,
    `Nov 28 11:00:00 h dbus[763]: ${bus}`,
    `{"time": "2026-11-28T11:00:00Z", "host": "h", "message": ${json(`audit: ${fields}`)}}`,
    `2026-11-28T11:00:00Z h dbus-broker[763]: ${bus}`,
    `Nov 28 11:00:00 h /usr/bin/dbus-daemon[763]: ${bus}`,
    entry({ _TRANSPORT: 'syslog', SYSLOG_IDENTIFIER: 'dbus-daemon', _COMM: 'dbus-daemon' }, bus),
    entry({ _TRANSPORT: 'stdout', _COMM: 'dbus-daemon' }, bus),
    entry({ _TRANSPORT: 'journal', _COMM: 'dbus-broker-launch' }, bus),
  ])('unless the program writes records: %s', (line) => {
    expect(eventsIn(line)).toHaveLength(1);
    expect(isImitation(line)).toBe(false);
  });
});
