import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPublisher, expectStatus, type Publisher, publish, send } from '../publisher.ts';
import { type TestRegistry, workerd } from '../runtimes.ts';

describe('Cloudflare’s cache', () => {
  let registry: TestRegistry;
  let acme: Publisher;
  const web = '/v1/profiles/acme/web/versions/1.0.0/profile';

  beforeEach(async () => {
    registry = await workerd.start({ sharedCache: true });
    acme = await createPublisher(registry, 'acme');
    await expectStatus(201, publish(registry, acme, { name: 'web', version: '1.0.0' }));
  });
  afterEach(() => registry.close());

  const read = async (path: string, headers: Record<string, string> = {}) => {
    const response = await registry.fetch(path, { headers });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  /** Removes versions from the database, so that only cached responses succeed. */
  const losePart = () =>
    registry.db.$client.execute('ALTER TABLE versions RENAME TO versions_gone');

  test('stores the bytes of public versions with their headers', async () => {
    const first = await read(web);
    await losePart();
    const again = await read(web);
    expect(again).toMatchObject({ status: 200, text: first.text });
    for (const name of [
      'Content-Type',
      'ETag',
      'Cache-Control',
      'Vary',
      'X-Content-Type-Options',
    ]) {
      expect(again.headers.get(name), name).toBe(first.headers.get(name));
    }
    expect(again.headers.get('X-Request-Id')).not.toBe(first.headers.get('X-Request-Id'));
    const known = await read(web, { 'If-None-Match': first.headers.get('ETag') ?? '' });
    expect(known.status).toBe(304);
  });

  test('is neither read nor written by requests with a token', async () => {
    await read(web, { Authorization: `Bearer ${acme.token}` });
    await losePart();
    expect((await read(web)).status).toBe(500);
  });

  test('is not read by requests with a token', async () => {
    await read(web);
    await losePart();
    expect((await read(web, { Authorization: `Bearer ${acme.token}` })).status).toBe(500);
    expect((await read(web, { Authorization: 'Bearer aar_wrong' })).status).toBe(401);
  });

  test('drops profiles that became private within seconds', async () => {
    await registry.close();
    registry = await workerd.start({ sharedCache: true, responseCacheBytes: 1_000_000 });
    acme = await createPublisher(registry, 'acme');
    await expectStatus(201, publish(registry, acme, { name: 'web', version: '1.0.0' }));
    for (const part of ['profile', 'envelope']) {
      expect((await read(web.replace(/profile$/, part))).status).toBe(200);
    }
    const tile = '/log/tile/0/000.p/1';
    expect((await read(tile)).status).toBe(200);
    // Changed like by another isolate, which does not invalidate this cache.
    await registry.db.$client.execute("UPDATE profiles SET visibility = 'private'");
    const hidden = async () => {
      const found = await Promise.all(
        ['profile', 'envelope'].map((part) => read(web.replace(/profile$/, part))),
      );
      return found.every(({ status }) => status === 404);
    };
    for (let seconds = 0; seconds < 30 && !(await hidden()); seconds++) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    expect(await hidden()).toBe(true);
    // A tile of the log stays, since it reveals nothing.
    await registry.db.$client.execute('ALTER TABLE log_tiles RENAME TO gone');
    expect((await read(tile)).status).toBe(200);
  });

  test('never stores private or mutable responses', async () => {
    const hide = { visibility: 'private' };
    const path = '/v1/profiles/acme/web';
    await expectStatus(200, send(registry, 'PUT', `${path}/visibility`, hide, registry.adminToken));
    expect((await read(web)).status).toBe(404);
    expect((await read(web, { Authorization: `Bearer ${acme.token}` })).status).toBe(200);
    expect((await read(web)).status).toBe(404);
    const show = { visibility: 'public' };
    await expectStatus(200, send(registry, 'PUT', `${path}/visibility`, show, registry.adminToken));
    const version = `${path}/versions/1.0.0`;
    expect((await read(version)).text).toContain('"yankReason":null');
    const yank = { reason: 'too wide' };
    await expectStatus(200, send(registry, 'POST', `${version}/yank`, yank, acme.token));
    expect((await read(version)).text).toContain('"yankReason":"too wide"');
  });
});
