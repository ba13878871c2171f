import type { MiddlewareHandler } from 'hono';
import { encodeHex } from '../../trust/index.ts';
import type { Env } from '../ports.ts';

/** What a 304 repeats of the answer that it stands for (RFC 9110 section 15.4.5): a client has the other headers. */
export const repeated = /^(cache-control|content-location|etag|expires|link|vary)$/i;

/** What lets scripts of other origins see an answer (CORS): a 304 too, when they sent the If-None-Match themselves. */
export const forOrigins = /^access-control-/i;

/** What belongs to one answer and not to the next, whatever its status. */
export const itsOwn = /^(x-request-id|ratelimit.*|retry-after|set-cookie)$/i;

/**
 * Gives every successful read an ETag, of its bytes where the route sets none, and answers 304 to whoever has
 * them. Answers are for everybody unless a token was sent, by a cookie or otherwise; caches ask again unless a route
 * says how long not. The answer that a 304 stands for is left in the bindings, for it may be kept.
 */
export const conditional: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const { method } = c.req.raw;
  if ((method !== 'GET' && method !== 'HEAD') || c.res.status !== 200) return;
  const control = c.res.headers.get('Cache-Control') ?? 'public, no-cache';
  if (control.includes('no-store')) return;
  // Before the headers are set: on Node a clone takes them with it.
  const tag = c.res.headers.get('ETag') ?? (await tagOf(await c.res.clone().arrayBuffer()));
  const personal = ['Authorization', 'Cookie'].some((name) => c.req.header(name) !== undefined);
  c.header('Cache-Control', personal ? control.replace('public', 'private') : control);
  c.header('Vary', 'Authorization', { append: true });
  c.header('ETag', tag);
  const known = c.req.header('If-None-Match');
  if (known === undefined || !matches(known, tag)) return;
  const whole = c.res;
  if (c.env) c.env.whole = whole;
  const told = [repeated, forOrigins, itsOwn];
  const headers = [...whole.headers].filter(([name]) => told.some((names) => names.test(name)));
  c.res = undefined;
  c.res = new Response(null, { status: 304, headers });
};

/** The strong entity tag (RFC 9110 section 8.8.3) of a body. */
export async function tagOf(body: string | ArrayBuffer): Promise<string> {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return `"${encodeHex(hash.subarray(0, 16))}"`;
}

/** Whether an If-None-Match names a tag, by weak comparison (RFC 9110 section 13.1.2). */
export function matches(known: string, tag: string): boolean {
  if (known.trim() === '*') return true;
  const strong = tag.replace(/^W\//, '');
  return known.split(',').some((one) => one.trim().replace(/^W\//, '') === strong);
}
