import type { MiddlewareHandler } from 'hono';
import type { CacheDependency, Env } from '../ports.ts';

/**
 * Declares what a route changes, so that cached responses which depend on it are dropped. They are dropped when the
 * route fails too: a database can commit although its answer is lost. Goes behind authorization: otherwise any
 * client could empty the cache.
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
