import type { MiddlewareHandler } from 'hono';
import { Hono } from 'hono';
import { anonymousCaller } from '../auth/caller.ts';
import { bearerOf, identifySecret } from '../auth/identify.ts';
import type { Env } from '../ports.ts';
import { tokenPath } from './challenge.ts';

/** What clients without credentials get as a token: many read public images only with one. It grants nothing. */
const anonymousToken = 'anonymous';

/** How long clients use a token before they ask for it again, in seconds. */
const lifetime = 300;

/**
 * Authenticates the requests of OCI clients and sets `c.var.caller`: by the API token that {@link token} returned, and there
 * by the API token as the password of HTTP Basic (RFC 7617). An invalid one is an error, as in the rest of the API.
 */
export const identifyPuller: MiddlewareHandler<Env> = async (c, next) => {
  const header = c.req.header('Authorization');
  const isLogin = c.req.path === tokenPath;
  const secret = header && (isLogin ? passwordOf(header) : bearerOf(header));
  const how = isLogin ? 'as the password of HTTP Basic' : undefined;
  const isAnonymous = header === undefined || secret === anonymousToken;
  c.set('caller', isAnonymous ? anonymousCaller : await identifySecret(c, secret, how));
  await next();
};

export const token = new Hono<Env>();

/**
 * Returns the API token that was sent as the password: it is checked with each request, so it can be revoked at any time, and
 * the client gets no rights that it did not have. `scope` and `service` are ignored, since the token's own rights decide.
 */
token.get(tokenPath, (c) => {
  const header = c.req.header('Authorization');
  const own = c.var.caller.token && header && passwordOf(header);
  const value = own || anonymousToken;
  c.header('Cache-Control', 'no-store');
  return c.json({ token: value, access_token: value, expires_in: lifetime });
});

/** The password in a header of HTTP Basic; the user name does not matter. */
function passwordOf(header: string): string | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  try {
    const [, ...password] = atob(encoded).split(':');
    return password.join(':') || undefined;
  } catch {
    return undefined;
  }
}
