import { afterEach, describe, expect, test } from 'vitest';
import { type TestRegistry, workerd } from '../runtimes.ts';

/** The source of a client's address where the service does not see the connection. */
describe('a client’s address on workerd', () => {
  let registry: TestRegistry;
  afterEach(() => registry.close());

  /** Sends requests with changing forged addresses; returns the number of refused ones. */
  async function refusals(header: string): Promise<number> {
    let count = 0;
    for (let at = 0; at < 30; at++) {
      const headers = { [header]: `192.0.2.${at}` };
      if ((await registry.fetch('/v1/profiles', { headers })).status === 429) count++;
    }
    return count;
  }

  test.each(['CF-Connecting-IP', 'X-Forwarded-For', 'X-Real-IP'])(
    'is not read from %s without a setting',
    async (header) => {
      registry = await workerd.start({ addressLimit: 10 });
      expect(await refusals(header)).toBeGreaterThan(0);
    },
  );

  test('is the value of the configured header if that is an address', async () => {
    registry = await workerd.start({ addressLimit: 10, addressHeader: 'X-Real-IP' });
    expect(await refusals('X-Real-IP')).toBe(0);
    expect(await refusals('X-Forwarded-For')).toBeGreaterThan(0);
  });
});
