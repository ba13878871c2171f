import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatEntry, LogEntry, parseEntry } from '../../../trust/index.ts';

const time = '2026-03-04T05:06:07.800Z';
const digest = `sha256:${'ab'.repeat(32)}` as const;
const publicKey = 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=';
const subject = { team: 'acme', name: 'web', version: '1.0.0' };
const entries: LogEntry[] = [
  { kind: 'version', time, ...subject, digest, envelope: digest },
  {
    kind: 'channel',
    time,
    team: 'acme',
    name: 'web',
    channel: 'stable',
    version: '1.1.0',
    previous: null,
  },
  {
    kind: 'channel',
    time,
    team: 'acme',
    name: 'web',
    channel: 'stable',
    version: '1.0.0',
    previous: '1.1.0',
  },
  { kind: 'yank', time, ...subject, yanked: true, reason: 'breaks “reload” — see the log' },
  { kind: 'yank', time, ...subject, yanked: false, reason: '' },
  { kind: 'key', time, team: 'acme', keyId: digest, publicKey, label: 'CI of Ümlaut' },
  { kind: 'key-revocation', time, team: 'acme', keyId: digest, reason: 'laptop stolen' },
];
const parse = (text: string) => parseEntry(new TextEncoder().encode(text));

test('the bytes are fixed', () => {
  expect(entries.map(formatEntry)).toEqual([
    `{"kind":"version","time":"${time}","team":"acme","name":"web","version":"1.0.0","digest":"${digest}","envelope":"${digest}"}`,
    `{"kind":"channel","time":"${time}","team":"acme","name":"web","channel":"stable","version":"1.1.0","previous":null}`,
    `{"kind":"channel","time":"${time}","team":"acme","name":"web","channel":"stable","version":"1.0.0","previous":"1.1.0"}`,
    `{"kind":"yank","time":"${time}","team":"acme","name":"web","version":"1.0.0","yanked":true,"reason":"breaks “reload” — see the log"}`,
    `{"kind":"yank","time":"${time}","team":"acme","name":"web","version":"1.0.0","yanked":false,"reason":""}`,
    `{"kind":"key","time":"${time}","team":"acme","keyId":"${digest}","publicKey":"${publicKey}","label":"CI of Ümlaut"}`,
    `{"kind":"key-revocation","time":"${time}","team":"acme","keyId":"${digest}","reason":"laptop stolen"}`,
  ]);
});

test('the order of fields is normalized', () => {
  for (const entry of entries) {
    const reversed = Object.fromEntries(Object.entries(entry).toReversed()) as LogEntry;
    expect(formatEntry(reversed)).toBe(formatEntry(entry));
    expect(parse(formatEntry(entry))).toEqual(entry);
    expect(parse(JSON.stringify(reversed))).toBeUndefined();
  }
});

test.each([
  ['white space', (text: string) => text.replace(':', ': ')],
  ['a space after it', (text: string) => `${text} `],
  ['a newline after it', (text: string) => `${text}\n`],
  ['a byte order mark', (text: string) => `\ufeff${text}`],
  ['an escape that is not needed', (text: string) => text.replace('acme', '\\u0061cme')],
  ['a field twice', (text: string) => text.replace('"team"', '"team":"evil","team"')],
  ['a field more', (text: string) => text.replace('}', ',"more":1}')],
  ['a field less', (text: string) => text.replace('"team":"acme",', '')],
  ['another kind', (text: string) => text.replace(/"kind":"[a-z-]+"/, '"kind":"other"')],
  ['a prototype', (text: string) => text.replace('}', ',"__proto__":{}}')],
  ['a time without milliseconds', (text: string) => text.replace('.800Z', 'Z')],
  ['a time with an offset', (text: string) => text.replace('.800Z', '.800+00:00')],
  ['an invalid day', (text: string) => text.replace('2026-03-04', '2026-02-30')],
  ['a name of no team', (text: string) => text.replace('acme', 'Acme')],
])('with %s it is refused', (_, change) => {
  for (const entry of entries) expect(parse(change(formatEntry(entry)))).toBeUndefined();
});

describe('fields', () => {
  const [version, channel, , yank, , key] = entries as [
    LogEntry,
    LogEntry,
    LogEntry,
    LogEntry,
    LogEntry,
    LogEntry,
  ];
  test.each([
    [version, { name: '../x' }],
    [version, { version: '1.0' }],
    [version, { version: '1.0.0+build' }],
    [version, { digest: `sha256:${'AB'.repeat(32)}` }],
    [version, { envelope: 'ab'.repeat(32) }],
    [channel, { channel: 'Stable' }],
    [channel, { channel: 'latest' }],
    [channel, { channel: '' }],
    [channel, { channel: '1.0.0' }],
    [channel, { channel: 'a@1.0.0' }],
    [channel, { previous: undefined }],
    [yank, { yanked: 1 }],
    [yank, { reason: 'two\nlines' }],
    [yank, { reason: 'an escape \u001b[2J' }],
    [yank, { reason: 'half \ud800' }],
    [yank, { reason: 'a separator \u2028' }],
    [yank, { reason: 'x'.repeat(301) }],
    [key, { publicKey: publicKey.slice(1) }],
    [key, { publicKey: publicKey.replace('uE=', 'uF=') }],
    [key, { keyId: 'ab' }],
  ])('%o with %o is not an entry', (entry, change) => {
    const changed = { ...entry, ...change };
    expect(LogEntry.safeParse(changed).success).toBe(false);
    expect(() => formatEntry(changed as LogEntry)).toThrow();
    expect(parse(JSON.stringify(changed))).toBeUndefined();
  });
});

test('the parser never throws', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseEntry(bytes)));
  fc.assert(fc.property(fc.json(), (text) => void parse(text)));
  expect(parseEntry(Uint8Array.of(0xff, 0xfe))).toBeUndefined();
});
