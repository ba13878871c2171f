import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../trust/index.ts';
import {
  createPublisher,
  expectStatus,
  manifest,
  type Publisher,
  profileText,
  send,
  signDraft,
} from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';
import { submit } from '../sign-in.ts';

describe.each(runtimes)('signing in to the catalog on $name', ({ start }) => {
  let registry: TestRegistry;
  let acme: Publisher;

  beforeAll(async () => {
    registry = await start();
    acme = await createPublisher(registry, 'acme');
    const readme = [
      '# About <b>it</b>',
      '',
      'Text <img src=x onerror=alert(1)> and [a link](javascript:alert(1)), [another](https://example.org/).',
      '![](data:text/html;base64,PHNjcmlwdD4=)',
      '',
      '<script>alert(1)</script>',
    ].join('\n');
    const digest = await sha256(new TextEncoder().encode(readme));
    const ownManifest = { ...manifest, readme: digest };
    const envelope = await signDraft(acme, {
      name: 'secret',
      version: '1.0.0',
      manifest: ownManifest,
    });
    const body = { profile: profileText('secret'), envelope, readme, visibility: 'private' };
    const path = '/v1/profiles/acme/secret/versions/1.0.0';
    await expectStatus(201, send(registry, 'PUT', path, body, acme.token));
  });
  afterAll(() => registry.close());

  const cookieOf = (response: Response) => response.headers.get('Set-Cookie')?.split(';')[0] ?? '';
  const look = (path: string, cookie: string) =>
    registry.fetch(path, { headers: { Cookie: cookie } });
  const tryToken = (token: string, headers?: Record<string, string>) =>
    submit(registry, '/sign-in', { token }, headers);
  /** The form token of a page. */
  const formTokenOf = async (cookie: string) =>
    /name="form-token" value="(\w+)"/.exec(await (await look('/', cookie)).text())?.[1] ?? '';

  test('a team’s token shows its private profiles; no script or other site can use its cookie', async () => {
    const response = await tryToken(acme.token);
    expect(response.status).toBe(303);
    const set = response.headers.get('Set-Cookie') ?? '';
    expect(set).toMatch(/HttpOnly/);
    expect(set).toMatch(/SameSite=Strict/);
    const page = await look('/p/acme/secret', cookieOf(response));
    expect(page.status).toBe(200);
    expect(page.headers.get('Cache-Control')).toBe('private, no-store');
    expect(page.headers.get('Vary')).toContain('Cookie');
    const list = await look('/', cookieOf(response));
    expect(await list.text()).toContain('/p/acme/secret');
    expect(await (await registry.fetch('/')).text()).not.toContain('secret');
    expect((await registry.fetch('/p/acme/secret')).status).toBe(404);
  });

  test('the cookie is another secret than the token, of at most twelve hours', async () => {
    const set = (await tryToken(acme.token)).headers.get('Set-Cookie') ?? '';
    expect(set).toMatch(/^__Host-aa-registry-session=aas_/);
    expect(set).not.toContain(acme.token);
    expect(set).toContain('Max-Age=43200');
    const [, secret = ''] = /=(aas_[\w-]+)/.exec(set) ?? [];
    const headers = { Authorization: `Bearer ${secret}` };
    expect((await registry.fetch('/v1/whoami', { headers })).status).toBe(401);
    const { rows } = await registry.db.$client.execute('SELECT * FROM sessions');
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  test('every page shows the signed-in reader and is not cached', async () => {
    const cookie = cookieOf(await tryToken(acme.token));
    for (const path of ['/', '/docs', '/p/acme/secret', '/p/acme/none']) {
      const page = await look(path, cookie);
      expect(page.headers.get('Cache-Control'), path).toBe('private, no-store');
      expect(await page.text(), path).toContain('Sign out');
      expect(await (await registry.fetch(path)).text(), path).toContain('Sign in');
    }
  });

  test('the API does not accept the cookie', async () => {
    const cookie = cookieOf(await tryToken(acme.token));
    expect((await look('/v1/profiles/acme/secret', cookie)).status).toBe(404);
    expect((await look('/v1/whoami', cookie)).status).toBe(401);
  });

  test.each(['', 'aar_unknown', '\0', 'x'.repeat(4000)])(
    '"%.12s" does not sign in',
    async (token) => {
      const response = await tryToken(token);
      expect(response.status).toBe(401);
      expect(response.headers.get('Set-Cookie')).toBeNull();
      await response.text();
    },
  );

  test('a form that is too large is refused', async () => {
    await expectStatus(413, tryToken('x'.repeat(5000)));
  });

  test('another site can’t sign a reader in or out', async () => {
    for (const headers of [
      { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
      { Origin: 'null', 'Sec-Fetch-Site': 'none' },
    ]) {
      await expectStatus(403, tryToken(acme.token, headers));
      await expectStatus(403, submit(registry, '/sign-out', {}, headers));
    }
  });

  test('after signing in a reader goes to a page of this site only', async () => {
    const target = async (to: string) =>
      (await submit(registry, '/sign-in', { token: acme.token, to })).headers.get('Location');
    expect(await target('/manage/t/acme')).toBe('/manage/t/acme');
    for (const to of ['//evil.example', 'https://evil.example', '/\\evil.example', 'manage', '/']) {
      expect(await target(to), to).toBe('/');
    }
  });

  test('signing out ends the session, with a form of its own pages', async () => {
    const cookie = cookieOf(await tryToken(acme.token));
    const signOut = (fields: Record<string, string>) =>
      submit(registry, '/sign-out', fields, { Cookie: cookie });
    const other = cookieOf(await tryToken(acme.token));
    await expectStatus(403, signOut({}));
    await expectStatus(403, signOut({ 'form-token': await formTokenOf(other) }));
    expect((await look('/p/acme/secret', cookie)).status).toBe(200);
    const out = await expectStatus(303, signOut({ 'form-token': await formTokenOf(cookie) }));
    expect(out.headers.get('Set-Cookie')).toMatch(/Max-Age=0/);
    expect((await look('/p/acme/secret', cookie)).status).toBe(404);
    expect((await look('/p/acme/secret', other)).status).toBe(200);
  });

  test('a session ends with its time', async () => {
    const cookie = cookieOf(await tryToken(acme.token));
    await registry.db.$client.execute(
      "UPDATE sessions SET expires_at = '2020-01-01T00:00:00.000Z'",
    );
    const page = await look('/p/acme/secret', cookie);
    expect(page.status).toBe(404);
    expect(page.headers.get('Set-Cookie')).toMatch(/Max-Age=0/);
    // The next sign-in deletes it.
    await tryToken(acme.token);
    const { rows } = await registry.db.$client.execute('SELECT count(*) AS count FROM sessions');
    expect(rows[0]?.count).toBe(1);
  });

  test('a token has at most twenty sessions; another ends the oldest', async () => {
    const first = cookieOf(await tryToken(acme.token));
    for (let at = 0; at < 20; at++) await tryToken(acme.token);
    expect((await look('/p/acme/secret', first)).status).toBe(404);
    const { rows } = await registry.db.$client.execute('SELECT count(*) AS count FROM sessions');
    expect(rows[0]?.count).toBe(20);
  });

  test('a revoked token shows public profiles and its cookie is deleted', async () => {
    const body = { label: 'browser', team: 'acme', scope: 'read' };
    const made = (await (await send(registry, 'POST', '/v1/tokens', body, acme.token)).json()) as {
      id: number;
      token: string;
    };
    const cookie = cookieOf(await tryToken(made.token));
    expect((await look('/p/acme/secret', cookie)).status).toBe(200);
    await expectStatus(
      204,
      send(registry, 'DELETE', `/v1/tokens/${made.id}`, undefined, acme.token),
    );
    const after = await look('/p/acme/secret', cookie);
    expect(after.status).toBe(404);
    expect(after.headers.get('Set-Cookie')).toMatch(/Max-Age=0/);
    await after.text();
  });

  test('a private profile is verified by the command alone, since browsers fetch only public ones', async () => {
    const cookie = cookieOf(await tryToken(acme.token));
    const page = await (await look('/p/acme/secret', cookie)).text();
    expect(page).toContain('aa-registry verify acme/secret@');
    expect(page).not.toMatch(/id="(verification|attempt)"/);
  });

  test('a README is text: nothing in it runs or links to a script', async () => {
    const cookie = cookieOf(await tryToken(acme.token));
    const page = await (await look('/p/acme/secret', cookie)).text();
    const readme = /<article class="readme">(.*?)<\/article>/s.exec(page)?.[1] ?? '';
    expect(readme).toContain('<h1>About &lt;b&gt;it&lt;/b&gt;</h1>');
    expect(readme).toContain(
      '<a href="https://example.org/" rel="nofollow noopener noreferrer">another</a>',
    );
    expect(readme).not.toMatch(/<(script|b|img)\b|="(javascript|data):/);
    expect(readme).not.toMatch(/<[^>]*\sonerror/);
  });
});
