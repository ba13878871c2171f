import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import type { Env } from '../ports.ts';

/** The paths that scripts of other sites may read: the API and the log, not the pages. */
const readable = /^\/(v1|log)\/|^\/openapi\.json$/;

const preflight = cors({
  origin: '*',
  allowMethods: ['GET', 'HEAD'],
  allowHeaders: ['If-None-Match', 'X-Request-Id'],
  maxAge: 24 * 60 * 60,
});

/**
 * Lets pages of other sites make anonymous reads. They may not send a token: a page's scripts could leak it.
 */
export const corsForReads: MiddlewareHandler<Env> = (c, next) => {
  const { method, path } = c.req;
  if (!readable.test(path)) return next();
  if (method === 'OPTIONS' && c.req.header('Access-Control-Request-Method')) {
    return preflight(c, next);
  }
  if (method === 'GET' || method === 'HEAD') {
    c.header('Access-Control-Allow-Origin', '*');
    // All headers: no credentials are ever sent.
    c.header('Access-Control-Expose-Headers', '*');
  }
  return next();
};
