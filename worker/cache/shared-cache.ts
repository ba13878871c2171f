import type { MiddlewareHandler } from 'hono';
import type { Env } from '../ports.ts';

/**
 * How long an answer is kept, in seconds: the log's tiles are public for good. What else is shared never changes
 * either, but its profile may become private, and from then on nobody should have it from here for longer than this.
 */
const lifetime = { tile: 60 * 60, other: 5 };

/** Whether an address is that of a tile of the log. */
export function isTile(path: string): boolean {
  return path.startsWith('/log/tile/');
}

const immutable = 'public, max-age=31536000, immutable';
const kept = ['Content-Type', 'ETag', 'Content-Language'];

/**
 * Answers from a shared cache what never changes and everybody may read: the exact bytes of public versions, and
 * the log's tiles. Nothing that a token was sent for comes from there or goes there, nothing that has a query, and
 * nothing whose route does not say itself that it is public and immutable. It stands behind the limits.
 */
export const shareImmutable: MiddlewareHandler<Env> = async (c, next) => {
  const { sharedCache } = c.var.deps;
  const { method, headers } = c.req.raw;
  const url = new URL(c.req.url);
  const personal = headers.has('Authorization') || headers.has('Cookie');
  if (!sharedCache || method !== 'GET' || personal || url.search !== '') return next();
  const found = await sharedCache.match(url.href);
  if (found) {
    return new Response(found.body, { headers: { ...pick(found), 'Cache-Control': immutable } });
  }
  await next();
  if (c.res.status !== 200 || c.res.headers.get('Cache-Control') !== immutable) return;
  const seconds = isTile(url.pathname) ? lifetime.tile : lifetime.other;
  const copy = new Response(c.res.clone().body, {
    headers: { ...pick(c.res), 'Cache-Control': `public, max-age=${seconds}` },
  });
  const stored = sharedCache.put(url.href, copy).catch(() => {});
  if (c.env?.waitUntil) c.env.waitUntil(stored);
  else await stored;
};

function pick({ headers }: Response): Record<string, string> {
  return Object.fromEntries(
    kept.flatMap((name): [string, string][] => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}
