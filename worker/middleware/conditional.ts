import type { MiddlewareHandler } from 'hono';
import { encodeHex } from '../../trust/index.ts';
import type { Env } from '../ports.ts';

/** Headers that a 304 repeats (RFC 9110 section 15.4.5); the client already has the others. */
export const repeatedIn304 = /^(cache-control|content-location|etag|expires|link|vary)$/i;

/** CORS headers, which let scripts of other origins read a response, including a 304. */
export const appliesToCors = /^access-control-/i;

/** Headers of a single response, never cached. */
export const belongsToOneResponse = /^(x-request-id|ratelimit.*|retry-after|set-cookie)$/i;

/**
 * Gives every successful read an ETag, a hash of its bytes where the route sets none, and answers conditional requests
 * with 304. Responses are public unless the request has credentials; caches must revalidate unless the route sets a
 * lifetime. The response that a 304 stands for is left in the bindings so that it can be cached.
 */
export const conditional: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const { method } = c.req.raw;
  if ((method !== 'GET' && method !== 'HEAD') || c.res.status !== 200) return;
  const control = c.res.headers.get('Cache-Control') ?? 'public, no-cache';
  if (control.includes('no-store')) return;
  // Before the headers are set, since cloning on Node loses them.
  const tag = c.res.headers.get('ETag') ?? (await tagOf(await c.res.clone().arrayBuffer()));
  const personal = ['Authorization', 'Cookie'].some((name) => c.req.header(name) !== undefined);
  c.header('Cache-Control', personal ? control.replace('public', 'private') : control);
  c.header('Vary', 'Authorization', { append: true });
  c.header('ETag', tag);
  const known = c.req.header('If-None-Match');
  if (known === undefined || !matches(known, tag)) return;
  const full = c.res;
  if (c.env) c.env.fullResponse = full;
  const sent = [repeatedIn304, appliesToCors, belongsToOneResponse];
  const headers = [...full.headers].filter(([name]) => sent.some((names) => names.test(name)));
  c.res = undefined;
  c.res = new Response(null, { status: 304, headers });
};

/** The strong entity tag (RFC 9110 section 8.8.3) of a body. */
export async function tagOf(body: string | ArrayBuffer): Promise<string> {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return `"${encodeHex(hash.subarray(0, 16))}"`;
}

/** Whether an If-None-Match contains a tag, by weak comparison (RFC 9110 section 13.1.2). */
export function matches(known: string, tag: string): boolean {
  if (known.trim() === '*') return true;
  const strong = tag.replace(/^W\//, '');
  return known.split(',').some((one) => one.trim().replace(/^W\//, '') === strong);
}
