import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedToken, Identity, TokenPage } from '../../contract/index.ts';
import { tokens as tokenTable } from '../../db/schema.ts';
import { createPublisher, expectStatus, type Publisher, publish, send } from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

describe.each(runtimes)('API tokens on $name', ({ start }) => {
  let registry: TestRegistry;
  let acme: Publisher;
  /** Tokens of an owner of acme and of an administrator. */
  let owner: string;
  let root: string;

  beforeAll(async () => {
    registry = await start();
    acme = await createPublisher(registry, 'acme');
    await createPublisher(registry, 'other');
    for (const user of [{ name: 'olga' }, { name: 'root', admin: true }]) {
      await expectStatus(201, send(registry, 'POST', '/v1/users', user, registry.adminToken));
    }
    const member = '/v1/teams/acme/members/olga';
    await expectStatus(200, send(registry, 'PUT', member, { role: 'owner' }, registry.adminToken));
    owner = (await make({ user: 'olga', scope: 'admin' })).token;
    root = (await make({ user: 'root', scope: 'admin' })).token;
  });
  afterAll(() => registry.close());

  async function make(token: object, by = registry.adminToken): Promise<CreatedToken> {
    const body = { label: 'test', ...token };
    const made = await expectStatus(201, send(registry, 'POST', '/v1/tokens', body, by));
    return (await made.json()) as CreatedToken;
  }

  async function whoami(token: string): Promise<Response> {
    return registry.fetch('/v1/whoami', { headers: { Authorization: `Bearer ${token}` } });
  }

  async function list(by: string, query = ''): Promise<TokenPage> {
    const headers = { Authorization: `Bearer ${by}` };
    const response = await expectStatus(200, registry.fetch(`/v1/tokens?${query}`, { headers }));
    return (await response.json()) as TokenPage;
  }

  test('defaults are narrow: a team’s token can only publish', async () => {
    const made = await make({ team: 'acme' });
    expect(made).toMatchObject({ scope: 'publish', team: 'acme', user: null, profile: null });
    const identity = (await (await whoami(made.token)).json()) as Identity;
    expect(identity).toMatchObject({ admin: false, roles: { acme: 'publisher' } });
  });

  test.each<[string, () => string, object, number]>([
    ['an owner makes the team’s', () => owner, { team: 'acme', scope: 'admin' }, 201],
    ['an owner makes their own', () => owner, {}, 201],
    ['an owner makes their own for a team', () => owner, { user: 'olga', team: 'acme' }, 201],
    ['an owner of another team', () => owner, { team: 'other' }, 403],
    ['of another user', () => owner, { user: 'root' }, 403],
    ['the team’s own admin token', () => acme.token, { team: 'acme' }, 201],
    ['the team’s own admin token, without a team', () => acme.token, {}, 403],
    ['the team’s own admin token, for another', () => acme.token, { team: 'other' }, 403],
    ['an administrator, for a team', () => root, { team: 'acme', scope: 'admin' }, 201],
    ['an administrator, for a user', () => root, { user: 'olga' }, 201],
    ['for an unknown user', () => root, { user: 'unknown' }, 404],
    ['for an unknown team', () => root, { team: 'unknown' }, 404],
    ['a profile without a team', () => root, { profile: 'web' }, 400],
    ['an unknown scope', () => root, { team: 'acme', scope: 'root' }, 400],
    ['one that has ended', () => root, { team: 'acme', expiresAt: '2020-01-01T00:00:00Z' }, 400],
    ['a label of two lines', () => root, { label: 'a\nb' }, 400],
  ])('%s', async (_, by, token, status) => {
    const response = await send(registry, 'POST', '/v1/tokens', { label: 'test', ...token }, by());
    await response.text();
    expect(response.status).toBe(status);
  });

  test.each(['read', 'publish'])("a token with the scope %s can't create tokens", async (scope) => {
    const { token } = await make({ user: 'olga', scope });
    const body = { label: 'more', team: 'acme' };
    expect((await send(registry, 'POST', '/v1/tokens', body, token)).status).toBe(403);
  });

  test('a token can’t create one with a longer life or other teams', async () => {
    const soon = new Date(Date.now() + 60_000).toISOString();
    const later = new Date(Date.now() + 120_000).toISOString();
    const short = await make({ user: 'olga', team: 'acme', scope: 'admin', expiresAt: soon });
    const ask = async (token: object) => {
      const body = { label: 'more', user: 'olga', ...token };
      return (await send(registry, 'POST', '/v1/tokens', body, short.token)).status;
    };
    expect(await ask({ team: 'acme', expiresAt: soon })).toBe(201);
    expect(await ask({ team: 'acme', expiresAt: later })).toBe(403);
    expect(await ask({ team: 'acme' })).toBe(403);
    expect(await ask({ expiresAt: soon })).toBe(403);
    expect(await ask({ team: 'other', expiresAt: soon })).toBe(403);
  });

  test('expired and revoked tokens are refused like unknown ones, also for public resources', async () => {
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const short = await make({ team: 'acme', expiresAt: later });
    expect((await whoami(short.token)).status).toBe(200);
    // In the past by the registry's clock, which is also this one: a slow machine only makes it older.
    const expired = new Date(Date.now() - 1000).toISOString();
    await registry.db.$client.execute(
      `UPDATE tokens SET expires_at = '${expired}' WHERE id = ${short.id}`,
    );
    expect((await whoami(short.token)).status).toBe(401);

    const gone = await make({ team: 'acme' });
    const path = `/v1/tokens/${gone.id}`;
    await expectStatus(204, send(registry, 'DELETE', path, undefined, owner));
    await expectStatus(204, send(registry, 'DELETE', path, undefined, owner));
    expect((await whoami(gone.token)).status).toBe(401);
    const headers = { Authorization: `Bearer ${gone.token}` };
    const public_ = await registry.fetch('/v1/profiles', { headers });
    expect(public_.status).toBe(401);
    expect(public_.headers.get('WWW-Authenticate')).toMatch(/^Bearer/);
  });

  test('a token is revoked by its owner, an administrator or itself', async () => {
    const mine = await make({ user: 'root', scope: 'read' });
    const path = `/v1/tokens/${mine.id}`;
    await expectStatus(404, send(registry, 'DELETE', path, undefined, owner));
    await expectStatus(404, send(registry, 'DELETE', path, undefined, acme.token));
    expect((await whoami(mine.token)).status).toBe(200);
    await expectStatus(204, send(registry, 'DELETE', path, undefined, mine.token));
    expect((await whoami(mine.token)).status).toBe(401);
  });

  test('lists show labels and the last use, but no secrets or hashes', async () => {
    const made = await make({ team: 'acme', label: 'listed' });
    await (await whoami(made.token)).text();
    const text = JSON.stringify(await list(owner, 'team=acme&limit=100'));
    expect(text).toContain('listed');
    expect(text).not.toContain(made.token);
    const rows = await registry.db.select().from(tokenTable);
    for (const { hash } of rows) expect(text).not.toContain(hash);
    const { items } = await list(owner, 'team=acme&limit=100');
    expect(items.find(({ id }) => id === made.id)?.lastUsedAt).toMatch(/^20/);
    expect(items.every(({ team, user }) => team === 'acme' && user === null)).toBe(true);
    for (const query of ['team=other', 'user=root']) {
      const headers = { Authorization: `Bearer ${owner}` };
      await expectStatus(403, registry.fetch(`/v1/tokens?${query}`, { headers }));
    }
    const own = await list(owner);
    expect(own.items.every(({ user }) => user === 'olga')).toBe(true);
  });

  test('pages of tokens continue where the last one ended, and end', async () => {
    const all = (await list(root, 'team=acme&limit=100')).items.map(({ id }) => id);
    const seen: number[] = [];
    for (let cursor: string | null = '0'; cursor !== null; ) {
      const page: TokenPage = await list(root, `team=acme&limit=2&cursor=${cursor}`);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next;
    }
    expect(seen).toEqual(all);
  });

  test('a token for one profile publishes only that profile', async () => {
    const { token } = await make({ team: 'acme', profile: 'web' });
    const draft = { version: '1.0.0', token };
    await expectStatus(201, publish(registry, acme, { ...draft, name: 'web' }));
    await expectStatus(403, publish(registry, acme, { ...draft, name: 'other' }));
  });

  test('a former member has no rights', async () => {
    await expectStatus(
      201,
      send(registry, 'POST', '/v1/users', { name: 'paul' }, registry.adminToken),
    );
    const member = '/v1/teams/acme/members/paul';
    await expectStatus(200, send(registry, 'PUT', member, { role: 'publisher' }, owner));
    const { token } = await make({ user: 'paul' });
    await expectStatus(201, publish(registry, acme, { name: 'pauls', version: '1.0.0', token }));
    await expectStatus(200, send(registry, 'PUT', member, { role: 'reader' }, owner));
    await expectStatus(403, publish(registry, acme, { name: 'pauls', version: '1.0.1', token }));
    await expectStatus(204, send(registry, 'DELETE', member, undefined, owner));
    await expectStatus(403, publish(registry, acme, { name: 'pauls', version: '1.0.1', token }));
  });

  test('a team can’t lose its last owner', async () => {
    const member = '/v1/teams/acme/members/olga';
    for (const body of [{ role: 'reader' }, { role: 'publisher' }]) {
      await expectStatus(409, send(registry, 'PUT', member, body, owner));
    }
    await expectStatus(409, send(registry, 'DELETE', member, undefined, owner));
    await expectStatus(200, send(registry, 'PUT', member, { role: 'owner' }, owner));
    const second = '/v1/teams/acme/members/root';
    await expectStatus(200, send(registry, 'PUT', second, { role: 'owner' }, owner));
    await expectStatus(200, send(registry, 'PUT', member, { role: 'reader' }, owner));
    await expectStatus(409, send(registry, 'DELETE', second, undefined, root));
    await expectStatus(200, send(registry, 'PUT', member, { role: 'owner' }, root));
  });
});
