// Lines that a container runtime split are joined; those that were wrapped when copied are recognized.
import { describe, expect, test } from 'vitest';
import { eventsIn, isImitation } from '../../sdk/denials/log-form.ts';
import { requestOf } from '../../sdk/denials/request.ts';
import { wholeLines } from '../../sdk/denials/whole-lines.ts';

const fields =
  'apparmor="DENIED" operation="open" class="file" profile="app" name="/etc/passwd" pid=14 comm="app" requested_mask="r" denied_mask="r" fsuid=0 ouid=0';
const plain = `audit: type=1400 audit(1795500003.004:78): ${fields}`;
const other = plain.replace(':78)', ':79)').replace('passwd', 'hosts');
const request = {
  ...{ kind: 'file', path: '/etc/passwd', permissions: ['r'], owner: true },
};

async function read(lines: string[], hold = true) {
  const given = async function* () {
    yield* lines;
  };
  const found = await Array.fromAsync(wholeLines(given(), hold));
  return {
    cut: found.filter(({ cut, line }) => cut || isImitation(line)).length,
    events: found.flatMap(({ line, cut }) => (cut ? [] : eventsIn(line))),
  };
}
const places = [1, 20, 44, 60, 80, 100, 120, 140, 160, plain.length - 4];

describe('lines split by a runtime', () => {
  const cri = (flag: string, text: string, stream = 'stdout') =>
    `2026-11-24T10:00:03.1Z ${stream} ${flag} ${text}`;
  const docker = (log: string, stream = 'stdout') =>
    JSON.stringify({ log, stream, time: '2026-11-24T10:00:03Z' });

  test.each(places)('at %i', async (at) => {
    const [first, second] = [plain.slice(0, at), plain.slice(at)];
    for (const hold of [true, false]) {
      const { cut, events } = await read(
        [cri('P', first), cri('F', 'an error', 'stderr'), cri('F', second), cri('F', other)],
        hold,
      );
      expect(cut).toBe(0);
      expect(events.map(requestOf)).toEqual([request, { ...request, path: '/etc/hosts' }]);
    }
    const json = await read([docker('x\n'), docker(first), docker(`${second}\n`)]);
    // A part without a field of the event is not an event.
    if (/apparmor/.test(first)) expect(json.events.map(requestOf)).toEqual([request]);
    else expect(json.cut + json.events.length).toBeGreaterThan(0);
  });

  test('each entry without a line end is a line', async () => {
    const { events, cut } = await read([docker(plain), docker('GET /'), docker(other)]);
    expect({ cut, events: events.length }).toEqual({ cut: 0, events: 2 });
  });

  test('a part without an end is counted as cut', async () => {
    expect(await read([cri('P', plain)])).toEqual({ cut: 1, events: [] });
  });
});

describe('wrapped lines', () => {
  test.each([60, 72, 76, 79, 80, 100, 132])('at %i columns are counted as cut', async (columns) => {
    const wrapped = plain.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
    const words = plain.match(new RegExp(`.{1,${columns}}(?: |$)`, 'g')) ?? [];
    for (const lines of [wrapped, words, words.map((line) => `> ${line}`)])
      expect(await read([...lines, 'kernel: usb 1-1: new device'])).toEqual({ cut: 1, events: [] });
    const several = await read([...words, other, ...wrapped]);
    expect(several).toMatchObject({ cut: 2, events: [{ type: 'DENIED' }] });
  });

  test('other lines after an event are separate lines', async () => {
    const { cut, events } = await read([
      plain,
      'type=SYSCALL msg=audit(1.002:3): arch=c000003e syscall=2 success=no exit=-13 comm="app"',
      other,
      '----',
      'time->Tue Nov 24 10:00:03 2026',
      plain,
      '',
      'Nov 24 10:00:04 web1 sshd[1]: Accepted publickey for root from ::1 port=22',
    ]);
    expect({ cut, events: events.length }).toEqual({ cut: 0, events: 3 });
  });
});

describe('a line of key=value after an event does not hide it', () => {
  const next = [
    'Nov 28 11:00:00 h me[3]: level=info time=1 error=none',
    'level=info time=1 error=none',
    '2026-11-24T10:00:03.1Z stdout F info=x name=/y pid=3',
    '[    5.1] usb 1-1: name=x info=y',
    'app[7]: pid=7 name=x',
    'name=/x pid=3 error=none info=none',
    ' pid=1',
  ];
  const other = (text: string) =>
    `Nov 28 11:00:00 h kernel: audit: type=1400 audit(1.002:9): ${text}`;
  test.each([
    plain,
    `Nov 28 11:00:00 h kernel: ${plain}`,
    plain.replace(' ouid=0', ' ouid=1000'),
    plain.replace(
      / class=.* fsuid/,
      ' profile="app" name="/etc/passwd" requested_mask="r" denied_mask="r" fsuid',
    ),
    other(
      'apparmor="DENIED" operation="capable" profile="app" pid=1 capability=13  capname="net_raw"',
    ),
    other(
      'apparmor="DENIED" operation="create" profile="app" pid=1 comm="a" family="inet" sock_type="raw" protocol=1 requested_mask="create" denied_mask="create"',
    ),
    other(
      'apparmor="DENIED" operation="ptrace" profile="app" pid=1 comm="a" requested_mask="read" denied_mask="read" peer="b"',
    ),
    other('apparmor="STATUS" operation="profile_replace" name="app" pid=1 comm="apparmor_parser"'),
  ])('%s', async (line) => {
    for (const one of next) {
      const { cut, events } = await read([line, one, one, plain.replace(':78', ':80')]);
      expect({ one, cut, events: events.length }).toEqual({ one, cut: 0, events: 2 });
    }
  });

  test('a line with a field that the event lacks is its continuation', async () => {
    const at = plain.indexOf(' fsuid');
    expect(await read([plain.slice(0, at), plain.slice(at)])).toEqual({ cut: 1, events: [] });
    const wrapped = await read([`${plain.slice(0, -1)}1`, '000FSUID="root" OUID="root"']);
    expect(wrapped).toEqual({ cut: 1, events: [] });
  });

  test('a line of key=value after another record does not hide an event', async () => {
    const lines = [
      'type=SYSCALL msg=audit(1.002:3): arch=c000003e syscall=2',
      'pid=1 name=x',
      plain,
    ];
    expect(await read(lines)).toMatchObject({ cut: 0, events: [{ type: 'DENIED' }] });
  });
});

describe('events of old kernels', () => {
  test.each([
    ['type=1503 audit(1.002:3): ', 'DENIED'],
    ['[ 12.3] type=1502 audit(1.002:3): ', 'ALLOWED'],
    ['type=APPARMOR_DENIED msg=audit(1.002:3): ', 'DENIED'],
    ['type=APPARMOR_ALLOWED msg=audit(1.002:3):  ', 'ALLOWED'],
    ['type=UNKNOWN[1503] msg=audit(1.002:3): ', 'DENIED'],
    ['Nov 24 10:00:03 web1 kernel: type=1503 audit(1.002:3):  ', 'DENIED'],
  ])('%s', (head, type) => {
    const text =
      'operation="inode_permission" requested_mask="rw::" denied_mask="::r" fsuid=0 name="/etc/passwd" pid=1 profile="/usr/sbin/x"';
    const [event] = eventsIn(`${head}${text}`);
    expect(event).toMatchObject({ type, serial: 3, time: 1002 });
    expect(event && requestOf(event)).toMatchObject({ path: '/etc/passwd', permissions: ['r'] });
  });
});

describe('HTML', () => {
  test.each<[string, (text: string) => string]>([
    ['named', (text) => text.replaceAll('"', '&quot;')],
    ['decimal', (text) => text.replaceAll('"', '&#34;')],
    ['hexadecimal', (text) => `<td>${text.replaceAll('"', '&#x22;')}</td>`],
    ['twice', (text) => text.replaceAll('"', '&amp;quot;')],
    ['with tags', (text) => `<span class="a">${text.replaceAll('"', '&quot;')}</span><br/>`],
  ])('%s', (_, written) => {
    expect(eventsIn(written(plain)).map(requestOf)).toEqual([request]);
  });
});
