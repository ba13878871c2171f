import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { csrf } from 'hono/csrf';
import { anonymousCaller } from '../auth/caller.ts';
import { findCaller } from '../auth/identify.ts';
import { requirePlain } from '../middleware/body.ts';
import type { Env } from '../ports.ts';
import { Layout } from './layout.tsx';

/** The cookie with the API token of a signed-in reader: for pages only, never for the API. */
const cookie = 'aa-registry-token';

/** The maximum size of the form, in bytes. */
const maxFormBytes = 4096;

/** Sign-in with an API token (scope read), to see the private profiles of one's teams. */
export const session = new Hono<Env>();

session.use('/sign-in', csrf());
session.use('/sign-out', csrf());

session.get('/sign-in', (c) => c.html(`<!doctype html>${<SignInPage />}`));

session.post('/sign-in', async (c) => {
  requirePlain(c.req.raw.headers);
  const length = Number(c.req.header('Content-Length') ?? Number.NaN);
  const form = length <= maxFormBytes ? await c.req.parseBody().catch(() => undefined) : undefined;
  const token = typeof form?.token === 'string' ? form.token.trim() : '';
  const caller = token === '' ? undefined : await findCaller(c, token);
  if (!caller) return c.html(`<!doctype html>${<SignInPage refused />}`, 401);
  const expiresAt = caller.token?.expiresAt;
  setCookie(c, cookie, token, {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    // A proxy may terminate TLS. A client that forges the header only harms itself.
    secure:
      new URL(c.req.url).protocol === 'https:' || c.req.header('X-Forwarded-Proto') === 'https',
    ...(expiresAt ? { expires: new Date(expiresAt) } : {}),
  });
  return c.redirect('/', 303);
});

session.post('/sign-out', (c) => {
  deleteCookie(c, cookie, { path: '/' });
  return c.redirect('/', 303);
});

/** The display name of the signed-in reader, if any. */
export function readerOf(c: Context<Env>): string | undefined {
  const { token } = c.var.caller;
  return token && (token.user ?? token.team ?? 'administrator');
}

/**
 * Authenticates the reader of a page by the cookie. An invalid token signs the reader out: the page then shows public
 * profiles and a link to sign in.
 */
export const identifyReader: MiddlewareHandler<Env> = async (c, next) => {
  const token = getCookie(c, cookie);
  const caller = token === undefined ? undefined : await findCaller(c, token);
  c.set('caller', caller ?? anonymousCaller);
  if (token !== undefined && !caller) deleteCookie(c, cookie, { path: '/' });
  await next();
  // Not with c.header(), which copies the response.
  const { headers } = c.res;
  headers.append('Vary', 'Cookie');
  if (caller) headers.set('Cache-Control', 'private, no-store');
};

function SignInPage(props: { refused?: boolean }) {
  return (
    <Layout title="Sign in · aa-registry">
      <h1>Sign in</h1>
      <p>
        Sign in with an API token to see the private profiles of your teams. The scope read is
        enough: <code>aa-registry token create "my browser" --scope read</code>.
      </p>
      {props.refused === true && <p class="error">The API token is unknown, revoked or expired.</p>}
      <form action="/sign-in" method="post" class="sign-in">
        {/* For password managers. */}
        <input type="text" value="API token" autocomplete="username" readonly hidden />
        <input
          type="password"
          name="token"
          required
          autocomplete="current-password"
          aria-label="API token"
          placeholder="aar_…"
          maxlength={200}
        />
        <button type="submit">Sign in</button>
      </form>
    </Layout>
  );
}
