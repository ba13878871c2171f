import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../worker/app.ts';
import type { Deps } from '../../worker/ports.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

describe.each(runtimes)('the service on $name', ({ start }) => {
  let registry: TestRegistry;

  beforeAll(async () => {
    registry = await start();
  });
  afterAll(() => registry.close());

  test('is healthy', async () => {
    const response = await registry.fetch('/healthz');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });

  test('documents every route', async () => {
    const response = await registry.fetch('/openapi.json');
    expect(response.status).toBe(200);
    const document = (await response.json()) as {
      openapi: string;
      paths: Record<string, Record<string, { summary: string; responses: object }>>;
      components: { schemas: object };
    };
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = createApp({} as Deps)
      .routes.filter(({ method, path }) => method !== 'ALL' && path.startsWith('/v1/'))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(served).toContain('PUT /v1/profiles/{team}/{name}/versions/{version}');
    expect(operations).toEqual(expect.arrayContaining([...new Set(served)]));
    for (const name of ['Problem', 'Profile', 'Version', 'Publication', 'Envelope', 'Team']) {
      expect(document.components.schemas).toHaveProperty(name);
    }
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH'])(
    '%s of a path with only GET is 405 with the allowed methods',
    async (method) => {
      const response = await registry.fetch('/v1/profiles', { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('Allow')).toBe('GET, HEAD, OPTIONS');
      expect(await response.json()).toMatchObject({
        type: 'urn:aa-registry:problem:method-not-allowed',
      });
    },
  );

  test.each([
    ['/v1/profiles/no/such/versions/1.0.0', 'GET, HEAD, OPTIONS, PUT'],
    ['/v1/teams', 'OPTIONS, POST'],
    ['/log/checkpoint', 'GET, HEAD, OPTIONS'],
    ['/', 'GET, HEAD, OPTIONS'],
  ])('OPTIONS %s allows %s', async (path, allow) => {
    const response = await registry.fetch(path, { method: 'OPTIONS' });
    expect(response.status).toBe(204);
    expect(response.headers.get('Allow')).toBe(allow);
  });

  test('OPTIONS of an unknown path is not found', async () => {
    const response = await registry.fetch('/v1/nothing', { method: 'OPTIONS' });
    expect(response.status).toBe(404);
    await response.text();
  });

  test.each(['/healthz', '/v1/profiles', '/openapi.json', '/docs', '/', '/log/checkpoint'])(
    'HEAD %s is GET without the body',
    async (path) => {
      // A checkpoint has the time of its signature: only two of the same time can be compared.
      let got: Response;
      let head: Response;
      let after: Response;
      do {
        got = await registry.fetch(path);
        head = await registry.fetch(path, { method: 'HEAD' });
        after = await registry.fetch(path);
      } while (after.headers.get('ETag') !== got.headers.get('ETag'));
      expect(head.status).toBe(got.status);
      expect(await head.text()).toBe('');
      expect(await got.text()).not.toBe('');
      for (const name of ['Content-Type', 'ETag', 'Cache-Control', 'Content-Security-Policy']) {
        expect(head.headers.get(name), name).toBe(got.headers.get(name));
      }
    },
  );

  describe('pages of other sites', () => {
    const Origin = 'https://elsewhere.test';
    const preflight = (path: string, method: string, headers = '') =>
      registry.fetch(path, {
        method: 'OPTIONS',
        headers: {
          Origin,
          'Access-Control-Request-Method': method,
          'Access-Control-Request-Headers': headers,
        },
      });

    test.each(['/v1/profiles', '/v1/profiles/no/such', '/log/checkpoint', '/openapi.json'])(
      'may read %s',
      async (path) => {
        const response = await registry.fetch(path, { headers: { Origin } });
        await response.text();
        expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
        expect(response.headers.get('Access-Control-Allow-Credentials')).toBeNull();
        const allowed = await preflight(path, 'GET', 'if-none-match');
        expect(allowed.status).toBe(204);
        expect(allowed.headers.get('Access-Control-Allow-Origin')).toBe('*');
        expect(allowed.headers.get('Access-Control-Allow-Headers')).toMatch(/If-None-Match/i);
      },
    );

    test('may send conditional requests and read the response', async () => {
      const first = await registry.fetch('/v1/profiles', { headers: { Origin } });
      await first.text();
      const headers = { Origin, 'If-None-Match': first.headers.get('ETag') ?? '' };
      const again = await registry.fetch('/v1/profiles', { headers });
      expect(again.status).toBe(304);
      expect(again.headers.get('Access-Control-Allow-Origin')).toBe('*');
      expect(again.headers.get('X-Request-Id')).toBeTruthy();
    });

    test('may not change anything, send a token or read a page', async () => {
      const allowed = await preflight('/v1/teams', 'POST', 'authorization');
      expect(allowed.headers.get('Access-Control-Allow-Methods')).toBe('GET,HEAD');
      expect(allowed.headers.get('Access-Control-Allow-Headers')).not.toMatch(/authorization/i);
      const posted = await registry.fetch('/v1/teams', { method: 'POST', headers: { Origin } });
      await posted.text();
      expect(posted.headers.get('Access-Control-Allow-Origin')).toBeNull();
      const page = await registry.fetch('/', { headers: { Origin } });
      await page.text();
      expect(page.headers.get('Access-Control-Allow-Origin')).toBeNull();
    });
  });

  test.each([
    '/',
    '/docs',
    '/v1/profiles',
    '/v1/nothing',
    '/healthz',
    '/nothing',
    '/log/checkpoint',
  ])('%s has security headers', async (path) => {
    const response = await registry.fetch(path);
    await response.text();
    const { headers } = response;
    expect(headers.get('Content-Security-Policy')).toMatch(/default-src 'none'/);
    expect(headers.get('Content-Security-Policy')).not.toMatch(/unsafe/);
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('Strict-Transport-Security')).toMatch(/max-age=\d{7}/);
    expect(headers.get('Content-Security-Policy')).toMatch(/frame-ancestors 'none'/);
    const isPage = headers.get('Content-Type')?.startsWith('text/html') ?? false;
    const scripts = /script-src ([^;]*)/.exec(headers.get('Content-Security-Policy') ?? '')?.[1];
    expect(scripts).toBe(isPage ? "'self'" : undefined);
    if (!isPage) return;
    expect(headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(headers.get('X-Frame-Options')).toBe('SAMEORIGIN');
    expect(headers.get('Cross-Origin-Opener-Policy')).toBe('same-origin');
  });

  test('a 304 keeps the headers of the cached page', async () => {
    const tag = (await registry.fetch('/docs')).headers.get('ETag') ?? '';
    const again = await registry.fetch('/docs', { headers: { 'If-None-Match': tag } });
    expect(again.status).toBe(304);
    expect(again.headers.get('Content-Security-Policy')).toBeNull();
  });
});
