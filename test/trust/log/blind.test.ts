import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isChannel } from '../../../trust/index.ts';
import { blindChannel, formatEntry, makeBlind, parseEntry } from '../../../trust/log/index.ts';

const channel = fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/).filter(isChannel);

describe('the blinded name of a channel', () => {
  test('is the start of a SHA-256, in base32', async () => {
    const blind = '0'.repeat(64);
    const text = `aa-registry/blind-channel/v1\nacme/web:stable\n${blind}\n`;
    const bits = [...createHash('sha256').update(text).digest()]
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join('');
    const digits = bits.match(/.{5}/g)?.slice(0, 31) ?? [];
    const base32 = digits.map(
      (five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five, 2)],
    );
    expect(await blindChannel('acme', 'web', 'stable', blind)).toBe(`x${base32.join('')}`);
  });

  test('is valid in an entry and depends on the blind', async () => {
    await fc.assert(
      fc.asyncProperty(channel, async (name) => {
        const [one, two] = await Promise.all(
          [makeBlind(), makeBlind()].map((blind) => blindChannel('acme', 'web', name, blind)),
        );
        expect(one).not.toBe(two);
        expect(one).toHaveLength(32);
        const entry = {
          kind: 'channel',
          time: '2026-07-01T00:00:00.000Z',
          team: 'acme',
          name: 'web',
          channel: one ?? '',
          version: '1.0.0',
          previous: null,
        } as const;
        expect(parseEntry(new TextEncoder().encode(formatEntry(entry)))).toEqual(entry);
      }),
    );
  });
});
