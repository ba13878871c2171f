import type { MiddlewareHandler } from 'hono';
import type { CacheDependency, Env } from '../ports.ts';

/**
 * Declares what a route changes, and drops the cached responses that depend on it, even if the route fails: a database may
 * have committed although its response was lost. Goes behind authorization, since otherwise any client could empty the
 * cache.
 */
export function invalidates(changed: Exclude<CacheDependency, 'nothing'>): MiddlewareHandler<Env> {
  return async (c, next) => {
    try {
      await next();
    } finally {
      c.var.deps.invalidateCache?.(changed);
    }
  };
}
