import type { MiddlewareHandler } from 'hono';
import { revisionOf } from '../db/database.ts';
import { tagOf } from './conditional.ts';
import type { Env } from './deps.ts';

/** How long an answer is kept, in milliseconds: what other processes write meanwhile shows after that. */
const maximumAge = 2_000;

/** How many answers are kept, and how long each may be, in characters. */
const mostKept = 4_096;
const longestKept = 8 * 1024;

interface Kept {
  body: string;
  headers: Record<string, string>;
  revision: number;
  until: number;
}

/**
 * Keeps the answers that everybody gets, until this process writes anything that may change them. Who sends a
 * token may see more, so theirs are neither kept nor taken from here. It stands before the route's validators.
 */
export function keepAnswers(): MiddlewareHandler<Env> {
  const kept = new Map<string, Kept>();
  return async (c, next) => {
    const { deps, caller } = c.var;
    if (caller.token) return next();
    const { url } = c.req;
    const key = url.slice(url.indexOf('?'));
    // Before anything is read: a write that ends meanwhile makes the answer out of date.
    const revision = revisionOf(deps.db);
    const time = deps.now().getTime();
    const known = kept.get(key);
    if (known && known.revision === revision && time < known.until) {
      return c.body(known.body, 200, known.headers);
    }
    await next();
    if (c.res.status !== 200) return;
    const body = await c.res.clone().text();
    c.header('ETag', await tagOf(body));
    if (body.length + key.length > longestKept) return;
    const headers = Object.fromEntries(
      ['Content-Type', 'Cache-Control', 'ETag'].map((name) => [
        name,
        c.res.headers.get(name) ?? '',
      ]),
    );
    kept.delete(key);
    kept.set(key, { body, headers, revision, until: time + maximumAge });
    const [oldest] = kept.keys();
    if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
  };
}
