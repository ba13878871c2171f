import type { MiddlewareHandler } from 'hono';
import type { Env } from '../ports.ts';

/** What a page may load and where it may send forms. */
const pagePolicy = [
  "default-src 'none'",
  "style-src 'self'",
  // catalog/scripts.ts, which fetch pages and the API. Data are not scripts: their types are none, and X-Content-Type-Options is set.
  "script-src 'self'",
  // browser/can. A worker's own policy, that of data, lets it load and send nothing.
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const forAll = {
  'Strict-Transport-Security': 'max-age=15552000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
};

const forPages = Object.entries({
  ...forAll,
  'Content-Security-Policy': pagePolicy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'SAMEORIGIN',
});

/** If a browser renders data as a page, it loads nothing and can't be framed. */
const forData = Object.entries({
  ...forAll,
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
});

/** Sets security headers: the full set on pages, the relevant ones on other responses. */
export const securityHeaders: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const { headers } = c.res;
  const isPage = headers.get('Content-Type')?.startsWith('text/html');
  for (const [name, value] of isPage ? forPages : forData) headers.set(name, value);
};
