import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../worker/app.ts';
import type { Deps } from '../../worker/deps.ts';
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

  test('documents every route it has', async () => {
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
    '%s where there is only GET is not found',
    async (method) => {
      const response = await registry.fetch('/v1/profiles', { method });
      expect(response.status).toBe(404);
      await response.text();
    },
  );
});
