import type { Context } from 'hono';
import { LRUCache } from 'lru-cache';
import { allow, createLimiter } from '../middleware/rate-limit.ts';
import { networkOf } from '../network/network.ts';
import type { Env, RateLimits, TokenChecks } from '../ports.ts';
import { hashToken } from './token.ts';

/**
 * The rate limit of invalid credentials by address. Without an address limit, all clients may appear to share one address,
 * so the limit is higher.
 */
const failures = { requests: 60, shared: 600, seconds: 60 };

/** The maximum number of cached valid tokens, by their hashes. */
const maxKnownTokens = 10_000;

export function createTokenChecks(
  { address, token: limiter }: RateLimits,
  now: () => Date,
): TokenChecks {
  const maxFailures = address === undefined ? failures.shared : failures.requests;
  const failed = createLimiter(maxFailures, failures.seconds, () => now().getTime());
  const known = new LRUCache<string, number>({ max: maxKnownTokens });

  function keyOf(c: Context<Env>): string | undefined {
    const from = c.env?.record?.address;
    return from === undefined ? undefined : networkOf(from);
  }

  const attempt: TokenChecks['attempt'] = async (c, work) => {
    const key = keyOf(c);
    // Counted before the check, so that concurrent attempts are limited too.
    if (key !== undefined) {
      const rate = failed.take(key);
      if (!rate.ok) allow(c, 'failures', failed, rate);
    }
    const result = await work();
    if (key !== undefined && result !== undefined) failed.refund(key);
    return result;
  };

  async function countUse(c: Context<Env>, id: number): Promise<void> {
    if (limiter) allow(c, 'token', limiter, await limiter.take(String(id)));
  }

  return {
    attempt,
    async check(c, secret, find) {
      const hash = await hashToken(secret);
      const id = known.get(hash);
      if (id === undefined) {
        const caller = await attempt(c, () => find(hash));
        if (caller?.token) {
          known.set(hash, caller.token.id);
          await countUse(c, caller.token.id);
        }
        return caller;
      }
      await countUse(c, id);
      const caller = await find(hash);
      if (!caller) {
        known.delete(hash);
        const key = keyOf(c);
        if (key !== undefined) failed.take(key);
      }
      return caller;
    },
  };
}
