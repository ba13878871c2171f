import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { csrf } from 'hono/csrf';
import { anonymousCaller } from '../auth/caller.ts';
import { closeSession, isSecure, openSession, readSession } from '../auth/session.ts';
import { originOf } from '../origin.ts';
import type { Env, Reader } from '../ports.ts';
import { readForm, requireFormToken } from './form.ts';
import { Layout } from './layout.tsx';

/** The maximum size of the forms, in bytes. */
const maxFormBytes = 4096;

/** Sign-in with an API token, to see and change what its owner may. */
export const session = new Hono<Env>();

// Besides this check of Origin and Sec-Fetch-Site, forms send the form token of their session, if there is one.
session.use('/sign-in', csrf());
session.use('/sign-out', csrf());

session.get('/sign-in', (c) => {
  c.header('Cache-Control', 'no-store');
  return c.html(`<!doctype html>${signInPage(c, localPath(c.req.query('to')))}`);
});

session.post('/sign-in', async (c) => {
  const form = await readForm(c, maxFormBytes);
  const to = localPath(form.get('to'));
  const token = form.get('token')?.trim() ?? '';
  if (token !== '' && (await openSession(c, token))) return c.redirect(to ?? '/', 303);
  c.header('Cache-Control', 'no-store');
  return c.html(`<!doctype html>${signInPage(c, to, true)}`, 401);
});

session.post('/sign-out', async (c) => {
  const form = await readForm(c, maxFormBytes);
  const open = await readSession(c);
  if (open) {
    c.set('reader', open.reader);
    requireFormToken(c, form);
  }
  await closeSession(c);
  return c.redirect('/', 303);
});

/** A path of this site, to go to after signing in; `undefined` for anything else. */
function localPath(to: string | undefined): string | undefined {
  return to !== undefined && /^\/[a-z][\w./@~-]*$/.test(to) && to.length <= 500 ? to : undefined;
}

/** The signed-in reader, if any. */
export function readerOf(c: Context<Env>): Reader | undefined {
  return c.var.reader;
}

/**
 * Authenticates the reader of a page by the cookie. A session that has ended signs the reader out: the page then shows
 * public profiles and a link to sign in.
 */
export const identifyReader: MiddlewareHandler<Env> = async (c, next) => {
  const open = await readSession(c);
  c.set('caller', open?.caller ?? anonymousCaller);
  c.set('reader', open?.reader);
  await next();
  // Not with c.header(), which copies the response.
  const { headers } = c.res;
  headers.append('Vary', 'Cookie');
  if (open) headers.set('Cache-Control', 'private, no-store');
};

function signInPage(c: Context<Env>, to: string | undefined, refused = false) {
  const isPlain = isSecure(c) && originOf(c).startsWith('http:');
  return (
    <Layout title="Sign in · aa-registry">
      <h1>Sign in</h1>
      <p>
        Sign in with an API token to see the private profiles of your teams and to change what its
        scope allows. The token stays in this form: the browser gets a session of twelve hours. To
        make one: <code>aa-registry token create "my browser" --scope read</code>.
      </p>
      {isPlain && (
        <p class="notice">
          This page was not loaded over HTTPS: browsers stay signed in over HTTPS only.
        </p>
      )}
      {refused && (
        <p class="error" role="alert">
          The API token is unknown, revoked or expired.
        </p>
      )}
      <form action="/sign-in" method="post" class="sign-in">
        {to !== undefined && <input type="hidden" name="to" value={to} />}
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
