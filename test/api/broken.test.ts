import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPublisher, expectStatus, type Publisher, publish } from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';
import { contractOf, type Document, operationsOf } from './openapi.ts';

/** Internal details that no response may contain: SQL, table names, code locations, driver messages. */
const internals =
  /SQLITE|\bSQL\b|no such (table|column)|libsql|drizzle|node_modules|\.[jt]sx?:\d+|\n\s+at /i;

/** The tables to drop; tokens stay, so that requests are authenticated. */
const tables = [
  ...['profiles', 'versions', 'contents', 'channels', 'teams', 'keys', 'users', 'memberships'],
  ...['trusted_publishers', 'log_head', 'log_entries', 'idempotency_keys'],
];

describe.each(runtimes)('a registry whose database is broken, on $name', ({ start }) => {
  let registry: TestRegistry;
  let library: Publisher;
  let document: Document;

  beforeAll(async () => {
    registry = await start();
    library = await createPublisher(registry, 'library');
    await expectStatus(201, publish(registry, library, { name: 'docker-nginx', version: '1.2.0' }));
    document = (await (await registry.fetch('/openapi.json')).json()) as Document;
    for (const name of tables) {
      await registry.db.$client.execute(`ALTER TABLE ${name} RENAME TO gone_${name}`);
    }
  });
  afterAll(() => registry.close());

  test('no response reveals internal details', async () => {
    const { faults } = contractOf(document);
    const failed = new Set<string>();
    for (const { method, path, operationId, parameters = [] } of operationsOf(document)) {
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
        String(parameters.find((one) => one.name === name)?.schema.example ?? 1),
      );
      for (const token of [undefined, registry.adminToken, 'aar_unknown']) {
        const response = await registry.fetch(filled, {
          method,
          headers: {
            ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
            'Content-Type': 'application/json',
          },
          ...(method === 'GET'
            ? {}
            : { body: '{"name":"x","label":"x","reason":"x","admin":true}' }),
        });
        const text = await response.text();
        expect(text, operationId).not.toMatch(internals);
        if (response.status < 500) continue;
        failed.add(operationId);
        expect(response.headers.get('Content-Type'), operationId).toBe('application/problem+json');
        expect(faults({ $ref: '#/components/schemas/Problem' }, JSON.parse(text))).toEqual([]);
        expect(response.headers.get('Cache-Control'), operationId).toBe('no-store');
        expect(response.headers.get('X-Content-Type-Options'), operationId).toBe('nosniff');
      }
    }
    // Proves that the database was broken.
    expect(failed.size).toBeGreaterThan(15);
  });

  test.each(['manifests/latest', 'tags/list'])('nor does %s to OCI clients', async (path) => {
    const response = await registry.fetch(`/v2/library/docker-nginx/${path}`);
    expect(response.status).toBe(500);
    const message = 'The registry failed; its log has the cause.';
    expect(await response.json()).toEqual({ errors: [{ code: 'UNKNOWN', message }] });
  });

  test.each(['/', '/p/library/docker-nginx', '/log/checkpoint', '/readyz'])(
    '%s reveals no internal details either',
    async (path) => {
      const response = await registry.fetch(path);
      const text = await response.text();
      expect(response.status).toBeGreaterThanOrEqual(500);
      expect(text).not.toMatch(internals);
    },
  );
});
