import type { Context, MiddlewareHandler } from 'hono';
import { LRUCache } from 'lru-cache';
import { networkOf } from '../network/network.ts';
import type { Env, Limiter, Rate, RateLimits } from '../ports.ts';
import { ProblemError } from '../problem.ts';

/** The maximum number of keys in memory, so that a flood of addresses can't exhaust it. */
const maxKeys = 50_000;

/**
 * Allows `requests` per `seconds` for each key, in bursts or evenly (generic cell rate algorithm). The state of a key is
 * the time at which its full allowance is restored.
 */
export function createLimiter(requests: number, seconds: number, now = Date.now) {
  const interval = (seconds * 1000) / requests;
  const full = new LRUCache<string, { at: number }>({ max: maxKeys });

  return {
    policy: { requests, seconds },
    take(key: string): Rate {
      const time = now();
      const known = full.get(key);
      const to = Math.max(known?.at ?? 0, time) + interval;
      const over = to - time - seconds * 1000;
      // Rounding errors: the clock has whole milliseconds, the interval has fractions.
      if (over > 1e-6) {
        return { ok: false, remaining: 0, reset: Math.max(1, Math.ceil(over / 1000)) };
      }
      if (known) known.at = to;
      else full.set(key, { at: to });
      const remaining = Math.floor(-over / interval + 1e-9);
      return { ok: true, remaining, reset: Math.ceil((to - time) / 1000) };
    },
    /** Undoes one `take`. */
    refund(key: string): void {
      const known = full.get(key);
      if (known) known.at -= interval;
    },
  };
}

/** Limits requests without a valid token by the client's address. Goes directly behind the middleware that checks tokens. */
export function limitAddresses(limits: RateLimits): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (!c.var.caller?.token) await countAddress(c, limits);
    await next();
  };
}

/** Counts a request against its client's address; throws a problem over the limit. */
export async function countAddress(c: Context<Env>, { address }: RateLimits): Promise<void> {
  const from = c.env?.record?.address;
  if (!address || from === undefined) return;
  allow(c, 'address', address, await address.take(networkOf(from)));
}

type Policy = keyof typeof labels;

const labels = {
  address: 'requests from your address; requests with a token have a limit of their own',
  token: 'requests with this token',
  failures: 'requests with invalid tokens from your address',
  tests: 'webhook tests by this team',
  reports: 'reports of this host',
};

/** Sets the rate limit headers, and throws a problem over the limit. */
export function allow(
  c: Context<Env>,
  name: Policy,
  limiter: Pick<Limiter, 'policy'>,
  rate: Rate,
): void {
  for (const [field, value] of Object.entries(rateHeaders(name, limiter, rate))) {
    c.header(field, value);
  }
  if (rate.ok) return;
  throw new ProblemError('rate-limited', `Too many ${labels[name]}. Wait ${rate.reset} s.`);
}

/** The rate limit headers (draft-ietf-httpapi-ratelimit-headers-11). */
export function rateHeaders(
  name: Policy,
  { policy }: Pick<Limiter, 'policy'>,
  { ok, remaining, reset }: Rate,
): Record<string, string> {
  const headers: Record<string, string> = {};
  if (policy) headers['RateLimit-Policy'] = `"${name}";q=${policy.requests};w=${policy.seconds}`;
  if (remaining !== undefined) headers.RateLimit = `"${name}";r=${remaining};t=${reset}`;
  if (!ok) headers['Retry-After'] = String(reset);
  return headers;
}
