import { hash } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Env } from '../ports.ts';

/** Headers that a 304 repeats (RFC 9110 section 15.4.5); the client already has the others. */
export const repeatedIn304 = /^(cache-control|content-location|etag|expires|link|vary)$/i;

/** CORS headers, which let scripts of other origins read a response, including a 304. */
export const appliesToCors = /^access-control-/i;

/** Headers of a single response, never cached. */
export const belongsToOneResponse = /^(x-request-id|ratelimit.*|retry-after|set-cookie)$/i;

/**
 * Gives every successful read an ETag, a hash of its bytes where the route sets none, and responds to conditional requests
 * with 304. Responses are public unless the request has credentials; caches must revalidate unless the route sets a
 * lifetime. The response that a 304 stands for is left in the bindings so that it can be cached.
 */
export const conditional: MiddlewareHandler<Env> = async (c, next) => {
  const { method } = c.req.raw;
  if (method !== 'GET' && method !== 'HEAD') return next();
  const written = captureText(c);
  await next();
  if (c.res.status !== 200) return;
  const control = c.res.headers.get('Cache-Control') ?? 'public, no-cache';
  if (control.includes('no-store')) return;
  const tag = c.res.headers.get('ETag') ?? tagOf(written(c.res) ?? (await takeBody(c)));
  const personal =
    c.req.header('Authorization') !== undefined || c.req.header('Cookie') !== undefined;
  // Not with c.header(), which copies the whole response each time; and only now, since takeBody() may replace it.
  const { headers } = c.res;
  headers.set('Cache-Control', personal ? control.replace('public', 'private') : control);
  headers.append('Vary', 'Authorization');
  headers.set('ETag', tag);
  const known = c.req.header('If-None-Match');
  if (known === undefined || !matches(known, tag)) return;
  const full = c.res;
  if (c.env) c.env.fullResponse = full;
  const sent = [repeatedIn304, appliesToCors, belongsToOneResponse];
  const repeated = [...full.headers].filter(([name]) => sent.some((names) => names.test(name)));
  c.res = undefined;
  c.res = new Response(null, { status: 304, headers: repeated });
};

/**
 * Remembers the text of a response of JSON or HTML as it is written, which saves reading it back from the response. The
 * returned function returns the text of the response, if it is that one.
 */
function captureText(c: Context<Env>): (response: Response) => string | undefined {
  let text: string | undefined;
  let response: Response | undefined;
  const { body } = c;
  const write = (type: string, written: string, status?: ContentfulStatusCode, more?: object) => {
    text = written;
    response = body(text, status, { 'Content-Type': type, ...more });
    return response;
  };
  c.json = ((value: unknown, status?: ContentfulStatusCode, headers?: object) =>
    write('application/json', JSON.stringify(value), status, headers)) as typeof c.json;
  c.html = ((html: string, status?: ContentfulStatusCode) =>
    write('text/html; charset=UTF-8', html, status)) as typeof c.html;
  return (sent) => (sent === response ? text : undefined);
}

/** The bytes of the response, which is replaced by an unread one. */
async function takeBody(c: Context<Env>): Promise<Uint8Array> {
  const { res } = c;
  const bytes = new Uint8Array(await res.arrayBuffer());
  c.res = undefined;
  c.res = new Response(bytes, res);
  return bytes;
}

/** The strong entity tag (RFC 9110 section 8.8.3) of a body. */
export function tagOf(body: string | Uint8Array): string {
  return `"${hash('sha256', body).slice(0, 32)}"`;
}

/** Whether an If-None-Match contains a tag, by weak comparison (RFC 9110 section 13.1.2). */
export function matches(known: string, tag: string): boolean {
  if (known.trim() === '*') return true;
  const strong = tag.replace(/^W\//, '');
  return known.split(',').some((one) => one.trim().replace(/^W\//, '') === strong);
}
