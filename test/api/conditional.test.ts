import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPublisher, expectStatus, type Publisher, publish } from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';
import { signIn } from '../sign-in.ts';

const version = '/v1/profiles/library/web/versions/1.0.0';

/** Reads with their expected Cache-Control. */
const reads: [string, string][] = [
  ['/v1/profiles', 'public, no-cache'],
  ['/v1/profiles?q=web', 'public, no-cache'],
  ['/v1/profiles/library/web', 'public, no-cache'],
  ['/v1/profiles/library/web/versions', 'public, no-cache'],
  ['/v1/resolve?ref=web', 'public, max-age=10'],
  [version, 'public, no-cache'],
  [`${version}/profile`, 'public, max-age=31536000, immutable'],
  [`${version}/envelope`, 'public, max-age=31536000, immutable'],
  ['/v1/teams/library', 'public, no-cache'],
  ['/v1/log/key', 'public, no-cache'],
  ['/log/tile/0/000.p/1', 'public, max-age=31536000, immutable'],
  ['/', 'public, no-cache'],
  ['/?q=web', 'public, no-cache'],
  ['/p/library/web', 'public, no-cache'],
  ['/catalog.css', 'public, max-age=300'],
];

describe.each(runtimes)('conditional reads on $name', ({ start }) => {
  let registry: TestRegistry;
  let library: Publisher;

  beforeAll(async () => {
    registry = await start();
    library = await createPublisher(registry, 'library');
    await expectStatus(201, publish(registry, library, { name: 'web', version: '1.0.0' }));
  });
  afterAll(() => registry.close());

  // Over a socket, since a server may change headers.
  const overSocket = {
    fetch: (path: string, init?: RequestInit) => fetch(new URL(path, registry.url), init),
  };
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    overSocket.fetch(path, { method, headers, redirect: 'manual' });

  test.each(reads)('%s has an ETag and is not sent again', async (path, control) => {
    const first = await expectStatus(200, ask(path));
    const body = await first.text();
    const etag = first.headers.get('ETag') ?? '';
    expect(etag).toMatch(/^"[!-~]+"$/);
    expect(first.headers.get('Cache-Control')).toBe(control);
    expect(first.headers.get('Vary')).toMatch(/\bAuthorization\b/);
    const second = await expectStatus(304, ask(path, { 'If-None-Match': `"x", W/${etag}` }));
    expect(await second.text()).toBe('');
    for (const name of ['ETag', 'Cache-Control', 'Vary']) {
      expect(second.headers.get(name)).toBe(first.headers.get(name));
    }
    expect(second.headers.get('Content-Type')).toBeNull();
    const other = await expectStatus(200, ask(path, { 'If-None-Match': '"x"' }));
    expect(await other.text()).toBe(body);
    const head = await expectStatus(200, ask(path, {}, 'HEAD'));
    expect(head.headers.get('ETag')).toBe(etag);
  });

  test.each(reads.filter(([path]) => path.startsWith('/v1')))(
    '%s with a token is not stored by shared caches',
    async (path, control) => {
      const headers = { Authorization: `Bearer ${library.token}` };
      const response = await expectStatus(200, ask(path, headers));
      expect(response.headers.get('Cache-Control')).toBe(control.replace('public', 'private'));
      const etag = response.headers.get('ETag') ?? '';
      await expectStatus(304, ask(path, { ...headers, 'If-None-Match': etag }));
    },
  );

  test.each([
    '/v1/profiles/library/none',
    '/v1/nowhere',
    '/p/library/none',
    '/v1/profiles?limit=0',
  ])('%s is an error regardless of If-None-Match', async (path) => {
    const response = await ask(path, { 'If-None-Match': '*' });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.headers.get('ETag')).toBeNull();
  });

  test.each(['/', '/p/library/web'])(
    '%s for a signed-in reader is not stored by shared caches',
    async (path) => {
      const response = await expectStatus(200, ask(path, await signIn(overSocket, library.token)));
      expect(response.headers.get('Cache-Control')).toMatch(/^private\b/);
      expect(response.headers.get('Vary')).toMatch(/\bCookie\b/);
    },
  );

  test('a page with an invalid cursor starts at the beginning', async () => {
    expect(await (await ask('/?cursor=none')).text()).toContain('/p/library/web');
  });

  test('a change changes the ETag', async () => {
    const paths = [
      '/v1/profiles',
      '/v1/profiles/library/web',
      '/',
      '/p/library/web',
      '/v1/resolve?ref=web',
    ];
    const tags = async () =>
      Promise.all(paths.map(async (path) => (await ask(path)).headers.get('ETag')));
    const before = await tags();
    expect(await tags()).toEqual(before);
    const next = { name: 'web', version: '1.1.0' };
    await expectStatus(201, publish(registry, library, next));
    const after = await tags();
    for (const [at, tag] of before.entries()) expect(after[at]).not.toBe(tag);
  });
});
