import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
    expect(operations.sort()).toEqual([
      'GET /healthz',
      'GET /v1/log/entries/{index}/proof',
      'GET /v1/log/key',
      'GET /v1/profiles',
      'GET /v1/profiles/{team}/{name}',
      'GET /v1/profiles/{team}/{name}/versions',
      'GET /v1/profiles/{team}/{name}/versions/{version}',
      'GET /v1/profiles/{team}/{name}/versions/{version}/envelope',
      'GET /v1/profiles/{team}/{name}/versions/{version}/profile',
      'GET /v1/profiles/{team}/{name}/versions/{version}/proof',
      'GET /v1/teams/{team}',
      'GET /v1/whoami',
      'POST /v1/profiles/{team}/{name}/versions/{version}/yank',
      'POST /v1/teams',
      'POST /v1/teams/{team}/keys',
      'POST /v1/teams/{team}/keys/{keyId}/revocation',
      'POST /v1/tokens',
      'PUT /v1/profiles/{team}/{name}/channels/{channel}',
      'PUT /v1/profiles/{team}/{name}/versions/{version}',
    ]);
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
