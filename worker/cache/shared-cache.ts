import type { MiddlewareHandler } from 'hono';
import type { Env, SharedCache } from '../ports.ts';

/**
 * Lifetime in the shared cache, in seconds. The log's tiles are public forever. The bytes of versions never change
 * either, but their profile may become private, and the cache can't be invalidated everywhere.
 */
const lifetime = { tile: 60 * 60, other: 5 };

/** Whether a path is that of a tile of the log. */
export function isTile(path: string): boolean {
  return path.startsWith('/log/tile/');
}

const immutable = 'public, max-age=31536000, immutable';
const cachedHeaders = ['Content-Type', 'ETag', 'Content-Language'];

/**
 * Serves immutable public responses, the bytes of versions and the log's tiles, from a shared cache. Requests with
 * credentials or a query bypass it, and only responses marked public and immutable are stored. It is mounted after the
 * rate limits.
 */
export function shareImmutable(sharedCache: SharedCache): MiddlewareHandler<Env> {
  return async (c, next) => {
    const { method, headers } = c.req.raw;
    const url = new URL(c.req.url);
    const personal = headers.has('Authorization') || headers.has('Cookie');
    if (method !== 'GET' || personal || url.search !== '') return next();
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
}

function pick({ headers }: Response): Record<string, string> {
  return Object.fromEntries(
    cachedHeaders.flatMap((name): [string, string][] => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}
