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
import { origin, runtimes, type TestRegistry } from '../runtimes.ts';

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

  const signIn = (token: string, headers: Record<string, string> = { Origin: origin }) =>
    registry.fetch('/sign-in', {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'Content-Length': String(6 + token.length),
        ...headers,
      },
      body: `token=${token}`,
    });
  const cookieOf = (response: Response) => response.headers.get('Set-Cookie')?.split(';')[0] ?? '';
  const look = (path: string, cookie: string) =>
    registry.fetch(path, { headers: { Cookie: cookie } });

  test('a team’s token shows its private profiles; no script or other site can use its cookie', async () => {
    const response = await signIn(acme.token);
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

  test('behind a TLS proxy the cookie is restricted to https', async () => {
    const headers = { Origin: origin, 'X-Forwarded-Proto': 'https' };
    const cookieFor = async (sent?: Record<string, string>) =>
      (await signIn(acme.token, sent)).headers.get('Set-Cookie');
    expect(await cookieFor(headers)).toMatch(/; Secure/);
    expect(await cookieFor()).not.toMatch(/Secure/);
    expect(await cookieFor({ ...headers, 'X-Forwarded-Proto': 'http' })).not.toMatch(/Secure/);
  });

  test('every page shows the signed-in reader and is not cached', async () => {
    const cookie = cookieOf(await signIn(acme.token));
    for (const path of ['/', '/docs', '/p/acme/secret', '/p/acme/none']) {
      const page = await look(path, cookie);
      expect(page.headers.get('Cache-Control'), path).toBe('private, no-store');
      expect(await page.text(), path).toContain('Sign out');
      expect(await (await registry.fetch(path)).text(), path).toContain('Sign in');
    }
  });

  test('the API does not accept the cookie', async () => {
    const cookie = cookieOf(await signIn(acme.token));
    expect((await look('/v1/profiles/acme/secret', cookie)).status).toBe(404);
    expect((await look('/v1/whoami', cookie)).status).toBe(401);
  });

  test.each(['', 'aar_unknown', '%00', 'x'.repeat(5000)])(
    '"%.12s" does not sign in',
    async (token) => {
      const response = await signIn(token);
      expect(response.status).toBe(401);
      expect(response.headers.get('Set-Cookie')).toBeNull();
      await response.text();
    },
  );

  test('another site can’t sign a reader in or out', async () => {
    const response = await signIn(acme.token, { Origin: 'https://evil.example' });
    expect(response.status).toBe(403);
    await response.text();
    const out = await registry.fetch('/sign-out', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        Origin: 'https://evil.example',
      },
      body: '',
    });
    expect(out.status).toBe(403);
    await out.text();
  });

  test('a revoked token shows public profiles and its cookie is deleted', async () => {
    const body = { label: 'browser', team: 'acme', scope: 'read' };
    const made = (await (await send(registry, 'POST', '/v1/tokens', body, acme.token)).json()) as {
      id: number;
      token: string;
    };
    const cookie = cookieOf(await signIn(made.token));
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
    const cookie = cookieOf(await signIn(acme.token));
    const page = await (await look('/p/acme/secret', cookie)).text();
    expect(page).toContain('aa-registry verify acme/secret@');
    expect(page).not.toMatch(/id="(verification|attempt)"/);
  });

  test('a README is text: nothing in it runs or links to a script', async () => {
    const cookie = cookieOf(await signIn(acme.token));
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
