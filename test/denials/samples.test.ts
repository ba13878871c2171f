import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recordFields } from '../../contract/index.ts';
import { fieldOf, parseEvent } from '../../sdk/denials/event.ts';
import { eventOfRecord, recordOfEvent } from '../../sdk/denials/event-record.ts';
import { generaliser, sampleOf } from '../../sdk/denials/generalise.ts';

const patternOf = (text: string) => generaliser(() => false).pattern(text);

describe('samples of names', () => {
  test.each([
    ['/proc/2311/task/2312/status', '/proc/1/task/1/status'],
    ['/home/alice/.ssh/id_ed25519', '/home/user/.ssh/id_ed25519'],
    ['/tmp/tmpab3d_f12/x', '/tmp/tmpx0x0x0x0/x'],
    ['/var/log/app-20260131.log', '/var/log/app-000.log'],
    ['/etc/hosts', '/etc/hosts'],
    [
      `/var/lib/docker/overlay2/${'c4'.repeat(32)}/merged`,
      `/var/lib/docker/overlay2/${'0a'.repeat(32)}/merged`,
    ],
  ])('%s is %s', (name, sample) => {
    expect(sampleOf(name)).toBe(sample);
  });

  /** Parts of paths that may be variable, and some that never are. */
  const part = fc.oneof(
    fc.constantFrom(
      'proc',
      'task',
      'home',
      'tmp',
      'run',
      'dev/shm',
      'var/tmp',
      'overlay2/l',
      'x-',
      '.',
      '_',
      '-',
      'ed25519',
      '1.2.3',
    ),
    fc.nat().map(String),
    fc.stringMatching(/^[0-9a-f]{6,12}$/),
    fc.stringMatching(/^[0-9A-F]{6,12}$/),
    fc.stringMatching(/^[0-9a-f]{64}$/),
    fc.stringMatching(/^[0-9A-Z]{26}$/),
    fc.stringMatching(/^[0-9A-Za-z]{6,10}$/),
    fc.stringMatching(/^[a-z0-9_]{8}$/),
    fc.uuid(),
    fc.uuid().map((text) => text.toUpperCase()),
  );
  const path = fc
    .array(fc.tuple(fc.constantFrom('/', '/', ''), part), { minLength: 1, maxLength: 8 })
    .map((parts) => `/${parts.map(([before, text]) => before + text).join('')}`);

  test('have the pattern of the name, and are their own samples', () => {
    fc.assert(
      fc.property(path, (name) => {
        expect(patternOf(sampleOf(name))).toBe(patternOf(name));
        expect(sampleOf(sampleOf(name))).toBe(sampleOf(name));
      }),
    );
  });
});

describe('records of events', () => {
  test('are events again, whatever their values are', () => {
    const value = fc
      .string({ unit: 'binary', maxLength: 40 })
      .filter((text) => text.isWellFormed());
    const record = fc.dictionary(fc.constantFrom(...recordFields), value, { maxKeys: 8 });
    fc.assert(
      fc.property(record, fc.constantFrom('DENIED', 'ALLOWED'), (fields, type) => {
        const event = eventOfRecord(type, fields, 1_795_500_000_123);
        expect(event?.time).toBe(1_795_500_000_123);
        expect(event?.type).toBe(type);
        // A value that can't stand in quotes is read back only in the fields that the kernel writes in hexadecimal.
        for (const [key, text] of Object.entries(fields)) {
          if (!/["\p{Cc}]/u.test(text)) expect(fieldOf(event as never, key)).toBe(text);
        }
      }),
    );
  });

  const line =
    'audit(1795500000.001:7): apparmor="DENIED" operation="open" profile="web" name="/home/a/x" pid=7 comm="cat" requested_mask="r" denied_mask="r" fsuid=1000 ouid=33';

  test('say nothing about the process, its user and its files', () => {
    const event = parseEvent(line);
    const record = event && recordOfEvent(event, { profile: 'web', raw: false });
    expect(record).toEqual({
      ...{ operation: 'open', profile: 'web', name: '/home/user/x' },
      ...{ requested_mask: 'r', denied_mask: 'r', fsuid: '1', ouid: '0' },
    });
  });

  test.each(['2F7372762FFF', '2F00', `2F${'41'.repeat(1024)}`])(
    'are not made of name=%s',
    (hex) => {
      const event = parseEvent(line.replace('"/home/a/x"', hex));
      expect(event && recordOfEvent(event, { profile: 'web', raw: true })).toBeUndefined();
    },
  );
});
