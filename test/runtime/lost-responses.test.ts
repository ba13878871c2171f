import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPublisher, expectStatus, type Publisher, publish, send } from '../publisher.ts';
import { type TestRegistry, workerd } from '../runtimes.ts';

/** The database commits but its response is lost: the change is made once, and the client gets a success. */
describe('a registry that loses a response of its database', () => {
  let registry: TestRegistry;
  let acme: Publisher;

  beforeAll(async () => {
    registry = await workerd.start({ issuers: ['gitlab=https://gitlab.com'] });
    acme = await createPublisher(registry, 'acme');
    await expectStatus(
      201,
      send(registry, 'POST', '/v1/teams', { name: 'to' }, registry.adminToken),
    );
    for (const version of ['1.0.0', '1.1.0']) {
      await expectStatus(201, publish(registry, acme, { name: 'web', version }));
    }
    const hook = { url: 'https://hooks.example.org/' };
    await expectStatus(201, ask('POST', '/v1/teams/acme/webhooks', hook));
    await expectStatus(201, ask('POST', '/v1/users', { name: 'ada', admin: false }));
    await expectStatus(201, ask('POST', '/v1/users', { name: 'bob', admin: false }));
    await expectStatus(200, ask('PUT', '/v1/teams/acme/members/bob', { role: 'owner' }));
  });
  afterAll(() => registry.close());

  const ask = (method: string, path: string, body?: object) =>
    send(registry, method, path, body, registry.adminToken);

  async function count(table: string): Promise<number> {
    const { rows } = await registry.db.$client.execute(`SELECT count(*) AS n FROM ${table}`);
    return Number(rows[0]?.n);
  }

  async function grown(
    work: () => Promise<unknown>,
  ): Promise<{ entries: number; deliveries: number }> {
    const [entries, deliveries] = [await count('log_entries'), await count('deliveries')];
    await work();
    return {
      entries: (await count('log_entries')) - entries,
      deliveries: (await count('deliveries')) - deliveries,
    };
  }

  const move = (version: string, previous: string | null, channel = 'stable') =>
    ask('PUT', `/v1/profiles/acme/web/channels/${channel}`, { version, previous });

  test.each([
    [null, '1.0.0'],
    ['1.0.0', '1.1.0'],
  ])('moves a channel from %s to %s, once', async (previous, version) => {
    const change = await grown(async () => {
      const isLost = registry.loseResponse?.(/log_entries.*values/is);
      const moved = await expectStatus(200, move(version, previous));
      expect(await moved.json()).toMatchObject({ name: 'stable', version });
      expect(isLost?.()).toBe(true);
      // Repeated, as by a client that got no response.
      const again = await expectStatus(200, move(version, previous));
      expect(await again.json()).toMatchObject({ version });
    });
    expect(change).toEqual({ entries: 1, deliveries: 1 });
    await expectStatus(409, move(version === '1.0.0' ? '1.1.0' : '1.0.0', '9.9.9'));
  });

  test.each<[string, RegExp, () => Promise<Response>]>([
    ['a token', /from "tokens"/i, () => ask('GET', '/v1/whoami')],
    ['a profile', /from "profiles"/i, () => ask('GET', '/v1/profiles/acme/web')],
    ['a search', /from "?search/i, () => ask('GET', '/v1/profiles?q=web')],
    ['the log', /from "log_tiles"/i, () => ask('GET', '/log/tile/0/000.p/1')],
    [
      'the prerequisites of a publication',
      /from "keys"/i,
      () => publish(registry, acme, { name: 'web', version: '1.0.0' }),
    ],
  ])('reads %s again', async (_, sql, work) => {
    const isLost = registry.loseResponse?.(sql);
    await expectStatus(200, work());
    expect(isLost?.()).toBe(true);
  });

  test.each<[string, number, number, () => Promise<Response>]>([
    ['publishes', 201, 1, () => publish(registry, acme, { name: 'web', version: '2.0.0' })],
    [
      'yanks',
      200,
      1,
      () => ask('POST', '/v1/profiles/acme/web/versions/2.0.0/yank', { reason: 'bad' }),
    ],
    ['transfers', 200, 0, () => ask('POST', '/v1/profiles/acme/web/transfer', { to: 'to' })],
    [
      'revokes a key',
      200,
      0,
      () =>
        ask('POST', `/v1/teams/acme/keys/${acme.key.publicKey.keyId}/revocation`, { reason: 'x' }),
    ],
  ])('%s once', async (_, status, deliveries, work) => {
    const change = await grown(async () => {
      const isLost = registry.loseResponse?.(/log_entries.*values/is);
      await expectStatus(status, work());
      expect(isLost?.()).toBe(true);
    });
    expect(change).toEqual({ entries: 1, deliveries });
  });

  test.each<[string, RegExp, number, string, string, object?]>([
    ['makes a team', /insert into "teams"/i, 201, 'POST', '/v1/teams', { name: 'new' }],
    [
      'makes a user',
      /insert into "users"/i,
      201,
      'POST',
      '/v1/users',
      { name: 'eve', admin: false },
    ],
    ['changes a user', /update "users"/i, 200, 'PUT', '/v1/users/ada', { admin: true }],
    [
      'makes a token',
      /insert into "tokens"/i,
      201,
      'POST',
      '/v1/tokens',
      { label: 'x', team: 'acme' },
    ],
    ['revokes a token', /update "tokens"/i, 204, 'DELETE', '/v1/tokens/2'],
    [
      'sets a member',
      /insert into "memberships"/i,
      200,
      'PUT',
      '/v1/teams/acme/members/ada',
      { role: 'reader' },
    ],
    ['removes a member', /delete from "memberships"/i, 204, 'DELETE', '/v1/teams/acme/members/ada'],
    [
      'adds a publisher',
      /insert into "trusted_publishers"/i,
      201,
      'POST',
      '/v1/teams/acme/trusted-publishers',
      { issuer: 'https://gitlab.com', repository: 'a/b', branch: 'main' },
    ],
    [
      'removes a publisher',
      /delete from "trusted_publishers"/i,
      204,
      'DELETE',
      '/v1/teams/acme/trusted-publishers/1',
    ],
    [
      'adds a webhook',
      /insert into "webhooks"/i,
      201,
      'POST',
      '/v1/teams/acme/webhooks',
      { url: 'https://hooks.example.org/2' },
    ],
    ['removes a webhook', /delete from "webhooks"/i, 204, 'DELETE', '/v1/teams/acme/webhooks/1'],
    ['changes a quota', /into "quotas"/i, 200, 'PATCH', '/v1/teams/acme/quota', { versions: 7 }],
    [
      'deprecates',
      /update "profiles"/i,
      200,
      'PUT',
      '/v1/profiles/acme/web/deprecation',
      { reason: 'old', replacement: null },
    ],
    [
      'hides',
      /update "profiles"/i,
      200,
      'PUT',
      '/v1/profiles/acme/web/visibility',
      { visibility: 'private' },
    ],
  ])('%s', async (_, sql, status, method, path, body) => {
    const isLost = registry.loseResponse?.(sql);
    await expectStatus(status, ask(method, path, body));
    expect(isLost?.()).toBe(true);
  });
});
