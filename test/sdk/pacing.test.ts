import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createClient, RegistryError } from '../../sdk/client.ts';
import { createPacing, parseRetryAfter, waitLimits } from '../../sdk/pacing.ts';

describe('waiting for a busy registry', () => {
  const refused = { method: 'GET', status: 429, retryAfter: '1', tries: 1 };

  test.each([
    [429, 'GET', '1', true],
    [429, 'POST', '1', true],
    [503, 'GET', '1', true],
    [503, 'GET', null, true],
    [502, 'GET', null, true],
    [503, 'POST', '1', false],
    [500, 'GET', null, false],
    [404, 'GET', null, false],
    [429, 'GET', '86400', false],
    [429, 'GET', 'Fri, 31 Dec 9999 23:59:59 GMT', false],
    [429, 'GET', 'soon', true],
  ])('status %i of %s with Retry-After %s: retry is %s', (status, method, retryAfter, again) => {
    expect(createPacing({}, () => 0).again({ status, method, retryAfter, tries: 1 })).toBe(again);
  });

  test('ends after its timeout, regardless of Retry-After', () => {
    const field = fc.oneof(fc.nat({ max: 300 }).map(String), fc.constant('x'), fc.constant(null));
    fc.assert(
      fc.property(fc.array(field, { minLength: 1 }), (fields) => {
        let now = 0;
        const options = {
          onWait: ({ seconds }: { seconds: number }) => {
            now += seconds * 1000;
          },
        };
        const pacing = createPacing(options, () => now);
        let tries = 0;
        while (
          pacing.again({ ...refused, retryAfter: fields[tries % fields.length] ?? null, tries })
        ) {
          tries += 1;
        }
        // Each wait is rounded to a whole second, by which the clock advances.
        expect(now).toBeLessThanOrEqual(waitLimits.usual.stall + 1000 * tries);
        expect(tries).toBeLessThan(500);
      }),
    );
  });

  test('slow responses end it too, whatever their number and order', () => {
    const request = fc.record({ wait: fc.nat({ max: 5000 }), response: fc.nat({ max: 30_000 }) });
    fc.assert(
      fc.property(fc.array(request, { minLength: 1 }), fc.integer({ min: 1, max: 8 }), (all, n) => {
        let now = 0;
        const pacing = createPacing({}, () => now);
        let slowly = 0;
        let isInTime = true;
        for (let at = 0; isInTime; at++) {
          const { wait, response } = all[at % all.length] ?? { wait: 0, response: 0 };
          now += wait;
          const timed = Array.from({ length: n }, () => pacing.timed());
          now += response;
          slowly += Math.max(0, response - 1000);
          // Concurrent requests count once.
          isInTime = timed.map((one) => one()).every(Boolean);
          expect(isInTime).toBe(slowly <= waitLimits.usual.slow);
          if (at > all.length && all.every((one) => one.response <= 1000)) break;
        }
      }),
    );
  });

  test('a client that waited long enough for slow responses says so', async () => {
    const server = createServer((_, response) => {
      setTimeout(() => response.end('answer'), 1100);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const patient = createClient({ registry });
      expect(await patient.getCheckpoint()).toBe('answer');
      const client = createClient({ registry, waitLimits: { ...waitLimits.usual, slow: 0 } });
      await expect(client.getCheckpoint()).rejects.toThrow(`${registry} responds too slowly`);
    } finally {
      server.close();
    }
  });

  test('concurrent refused requests wait once', () => {
    const waits: number[] = [];
    const onWait = ({ seconds }: { seconds: number }) => void waits.push(seconds);
    const pacing = createPacing({ onWait }, () => 0);
    for (let at = 0; at < 8; at++) expect(pacing.again(refused)).toBe(true);
    expect(waits).toEqual([1]);
  });

  test.each([
    ['3', 3000],
    [' 3 ', 3000],
    ['Thu, 01 Jan 1970 00:00:05 GMT', 5000],
    ['-1', undefined],
    ['', undefined],
    [null, undefined],
  ])('Retry-After %j is %s', (field, expected) => {
    const parsed = parseRetryAfter(field, 0);
    if (expected === undefined) expect(parsed ?? 0).toBeLessThanOrEqual(0);
    else expect(parsed).toBe(expected);
  });

  test('a client retries until it succeeds, and gives up with the last error', async () => {
    const statuses = [503, 429, 200, 404, 503, 503, 503, 503];
    const server = createServer((_, response) => {
      const status = statuses.shift() ?? 200;
      response.writeHead(status, status === 429 ? { 'Retry-After': '1' } : {});
      response.end('answer');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const client = createClient({ registry });
      expect(await client.getCheckpoint()).toBe('answer');
      await expect(client.getCheckpoint()).rejects.toMatchObject({ status: 404 });
      await expect(client.getCheckpoint()).rejects.toBeInstanceOf(RegistryError);
      expect(statuses).toEqual([]);
      const controller = new AbortController();
      statuses.push(429);
      const onWait = () => controller.abort();
      const ended = createClient({ registry, signal: controller.signal, onWait });
      await expect(ended.getCheckpoint()).rejects.toMatchObject({ name: 'AbortError' });
    } finally {
      server.close();
    }
  });

  test.each([
    [1, 'once more', 2],
    [9, 'twice in all', 2],
  ])('a read is sent again when %i connections are lost: %s', async (lost, _, requests) => {
    let received = 0;
    const server = createServer((request, response) => {
      received++;
      if (received <= lost) request.socket.destroy();
      else response.end('answer');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const client = createClient({ registry });
      const reading = client.getCheckpoint();
      if (lost < requests) expect(await reading).toBe('answer');
      else await expect(reading).rejects.toThrow(/can't be reached/);
      expect(received).toBe(requests);
      received = 0;
      // A change may have been made although its response was lost.
      const writing = client.yank({ team: 'a', name: 'b', version: '1.0.0' }, 'no');
      await expect(writing).rejects.toThrow(/can't be reached/);
      expect(received).toBe(1);
    } finally {
      server.close();
    }
  });
});
