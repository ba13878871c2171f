import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPublisher, expectStatus, type Publisher, publish } from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

/** Repeated and outdated requests: Idempotency-Key and If-Match. */
describe.each(runtimes)('repeated and conditional requests on $name', ({ start }) => {
  let registry: TestRegistry;
  let acme: Publisher;

  beforeAll(async () => {
    registry = await start({ issuers: ['gitlab=https://gitlab.com'] });
    acme = await createPublisher(registry, 'acme');
    await expectStatus(201, publish(registry, acme, { name: 'web', version: '1.0.0' }));
    await expectStatus(201, publish(registry, acme, { name: 'other', version: '1.0.0' }));
  });
  afterAll(() => registry.close());

  async function ask(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
    token = registry.adminToken,
  ) {
    const response = await registry.fetch(`/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const value = text === '' ? undefined : JSON.parse(text);
    const problem = value?.type?.replace('urn:aa-registry:problem:', '');
    return { status: response.status, headers: response.headers, text, value, problem };
  }
  const post = (path: string, body: unknown, key: string, token?: string) =>
    ask('POST', path, body, { 'Idempotency-Key': key }, token);
  const rows = async () =>
    (await registry.db.$client.execute('SELECT * FROM idempotency_keys')).rows;

  describe('with an Idempotency-Key', () => {
    test.each([
      ['/teams', { name: 'made-once' }],
      ['/users', { name: 'once' }],
      [
        '/teams/acme/trusted-publishers',
        { issuer: 'https://gitlab.com', repository: 'a/b', branch: 'main' },
      ],
    ])('POST %s creates one resource and replays its response', async (path, body) => {
      const key = `"key of ${path}"`.replaceAll(' ', '-');
      const first = await post(path, body, key);
      expect(first.status, first.text).toBe(201);
      expect(first.headers.get('Idempotent-Replayed')).toBeNull();
      const again = await post(path, body, key.replaceAll('"', ''));
      expect(again.status).toBe(201);
      expect(again.text).toBe(first.text);
      expect(again.headers.get('Idempotent-Replayed')).toBe('true');
      expect(again.headers.get('Content-Type')).toBe('application/json');
      // Without the key it is another request.
      expect((await ask('POST', path, body)).status).toBe(409);
    });

    test('concurrent requests create one resource', async () => {
      const responses = await Promise.all(
        Array.from({ length: 8 }, () =>
          post('/tokens', { label: 'at once', team: 'acme' }, 'k-once'),
        ),
      );
      const statuses = responses.map(({ status }) => status);
      expect(statuses.filter((status) => status === 201)).toHaveLength(1);
      expect(statuses.filter((status) => status === 409)).toHaveLength(7);
      const listed = await ask('GET', '/tokens?team=acme', undefined);
      const same = listed.value.items.filter(({ label }: { label: string }) => label === 'at once');
      expect(same).toHaveLength(1);
    });

    test.each([
      ['/tokens', { label: 'secret', team: 'acme' }, 'token'],
      ['/teams/acme/webhooks', { url: 'https://hooks.example.org/x' }, 'secret'],
    ])('POST %s returns its secret once and does not store it', async (path, body, field) => {
      const first = await post(path, body, `secret-${field}`);
      expect(first.status, first.text).toBe(201);
      const again = await post(path, body, `secret-${field}`);
      expect(again.status).toBe(409);
      expect(again.problem).toBe('idempotency-done');
      const stored = JSON.stringify(await rows());
      expect(stored).not.toContain(first.value[field]);
    });

    test('refuses the same key with another request', async () => {
      expect((await post('/teams', { name: 'first' }, 'reused')).status).toBe(201);
      const other = await post('/teams', { name: 'second' }, 'reused');
      expect(other.status).toBe(422);
      expect(other.problem).toBe('idempotency-key-reused');
      expect((await post('/users', { name: 'first' }, 'reused')).status).toBe(422);
      expect((await ask('GET', '/teams/second', undefined)).status).toBe(404);
    });

    test('keys belong to a token', async () => {
      const made = await ask('POST', '/tokens', { label: 'admin too', scope: 'admin' });
      expect(made.status, made.text).toBe(201);
      expect((await post('/teams', { name: 'mine' }, 'shared')).status).toBe(201);
      const other = await post('/teams', { name: 'theirs' }, 'shared', made.value.token);
      expect(other.status, other.text).toBe(201);
    });

    test('a refused request may be retried with the same key', async () => {
      expect((await post('/teams', { name: 'Not a name' }, 'again')).status).toBe(400);
      expect((await post('/teams', { name: 'acme' }, 'again')).status).toBe(409);
      expect((await post('/teams', { name: 'a-name' }, 'again')).status).toBe(201);
    });

    test.each(['""', 'x'.repeat(256), '"with space"', 'tab\tbed'])(
      '%j is not a valid key',
      async (key) => {
        const response = await post('/teams', { name: 'never-made' }, key);
        expect(response.status).toBe(400);
        expect((await ask('GET', '/teams/never-made', undefined)).status).toBe(404);
      },
    );

    test('forgets a key after a day, and an abandoned request after a timeout', async () => {
      const { db } = registry;
      expect((await post('/teams', { name: 'old' }, 'old')).status).toBe(201);
      const age = (sql: string) =>
        db.$client.execute(`UPDATE idempotency_keys SET ${sql} WHERE key IN ('old')`);
      await age("created_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-3 minutes'), status = NULL");
      // It was abandoned: the request is executed, and refused because the team exists.
      expect((await post('/teams', { name: 'old' }, 'old')).problem).toBe('team-exists');
      expect((await post('/teams', { name: 'older' }, 'old')).status).toBe(201);
      await age("created_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-25 hours')");
      expect((await post('/teams', { name: 'oldest' }, 'old')).status).toBe(201);
    });

    test('an unauthorized caller learns nothing about the request', async () => {
      expect((await post('/teams', { name: 'hidden' }, 'whose')).status).toBe(201);
      expect((await post('/teams', { name: 'hidden' }, 'whose', acme.token)).status).toBe(403);
    });
  });

  describe('with If-Match', () => {
    const tagOf = async (path: string) => {
      const read = await ask('GET', path, undefined);
      return read.headers.get('ETag') ?? '';
    };
    const profile = '/profiles/acme/web';
    const deprecate = (tag: string, reason: string) =>
      ask('PUT', `${profile}/deprecation`, { reason }, { 'If-Match': tag });

    test('changes a profile only if it has not changed since it was read', async () => {
      const tag = await tagOf(profile);
      expect((await deprecate(`"other", ${tag}`, 'one')).status).toBe(200);
      const late = await deprecate(tag, 'two');
      expect(late.status).toBe(412);
      expect(late.problem).toBe('precondition-failed');
      expect((await ask('GET', profile, undefined)).value.deprecation.reason).toBe('one');
      expect((await deprecate(await tagOf(profile), 'three')).status).toBe(200);
      expect((await deprecate('*', 'four')).status).toBe(200);
      expect((await deprecate(`W/${await tagOf(profile)}`, 'weak')).status).toBe(412);
    });

    test.each([
      ['DELETE', `${profile}/deprecation`, undefined, 204],
      ['PUT', `${profile}/visibility`, { visibility: 'public' }, 200],
      ['PUT', `${profile}/channels/edge`, { version: '1.0.0', previous: null }, 200],
    ])('%s %s', async (method, path, body, status) => {
      const late = await ask(method, path, body, { 'If-Match': '"0"' });
      expect(late.status).toBe(412);
      const tag = await tagOf(profile);
      expect((await ask(method, path, body, { 'If-Match': tag })).status).toBe(status);
    });

    test('a new version changes the ETag of the profile', async () => {
      const tag = await tagOf(profile);
      await expectStatus(201, publish(registry, acme, { name: 'web', version: '1.1.0' }));
      expect((await deprecate(tag, 'of the version before')).status).toBe(412);
    });

    test('changes members only if they have not changed since they were read', async () => {
      await ask('POST', '/users', { name: 'ada' });
      const member = '/teams/acme/members/ada';
      const tag = await tagOf('/teams/acme/members');
      const put = (role: string, given: string) =>
        ask('PUT', member, { role }, { 'If-Match': given });
      expect((await put('reader', tag)).status).toBe(200);
      expect((await put('owner', tag)).status).toBe(412);
      const gone = await ask('DELETE', member, undefined, { 'If-Match': tag });
      expect(gone.status).toBe(412);
      const now = await tagOf('/teams/acme/members');
      expect((await ask('DELETE', member, undefined, { 'If-Match': now })).status).toBe(204);
    });

    test('of concurrent changes of members with the same ETag, one succeeds', async () => {
      const users = Array.from({ length: 8 }, (_, at) => `user-${at}`);
      for (const name of users) await ask('POST', '/users', { name });
      const tag = await tagOf('/teams/acme/members');
      const responses = await Promise.all(
        users.map((user) =>
          ask('PUT', `/teams/acme/members/${user}`, { role: 'reader' }, { 'If-Match': tag }),
        ),
      );
      const statuses = responses.map(({ status }) => status).sort();
      expect(statuses).toEqual([200, ...Array(users.length - 1).fill(412)]);
    });

    test('an unauthorized caller does not learn whether the ETag matches', async () => {
      const stranger = await createPublisher(registry, 'stranger');
      const response = await ask(
        'PUT',
        `${profile}/deprecation`,
        { reason: 'x' },
        { 'If-Match': '"0"' },
        stranger.token,
      );
      expect(response.status).toBe(403);
    });
  });
});
