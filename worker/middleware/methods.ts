import type { Context, Hono } from 'hono';
import { TrieRouter } from 'hono/router/trie-router';
import type { Env } from '../ports.ts';
import { ProblemError, problemResponse } from '../problem.ts';

/**
 * Responds to unrouted requests: 405 where the path has other methods, and OPTIONS with the allowed methods (RFC 9110,
 * 9.3.7 and 15.5.6). It only reveals route patterns, never whether a resource exists.
 */
export function respondUnrouted(app: Hono<Env>): (c: Context<Env>) => Response {
  // Created lazily, when all routes are registered.
  let methods: TrieRouter<string> | undefined;

  function allowed(path: string): string[] {
    if (!methods) {
      methods = new TrieRouter();
      for (const { method, path } of app.routes) {
        if (method !== 'ALL') methods.add('ALL', path, method);
      }
    }
    const found = new Set(methods.match('ALL', path)[0].map(([method]) => method));
    if (found.size === 0) return [];
    return [...found, ...(found.has('GET') ? ['HEAD'] : []), 'OPTIONS'].sort();
  }

  return (c) => {
    const { method, path } = c.req;
    const allow = allowed(path);
    if (allow.length === 0) {
      return problemResponse(c, new ProblemError('not-found', `${path} does not exist.`));
    }
    c.header('Allow', allow.join(', '));
    if (method === 'OPTIONS') return c.body(null, 204);
    if (allow.includes(method)) {
      return problemResponse(c, new ProblemError('not-found', `${path} does not exist.`));
    }
    const detail = `${path} does not support ${method}; it supports ${allow.join(', ')}.`;
    return problemResponse(c, new ProblemError('method-not-allowed', detail));
  };
}
