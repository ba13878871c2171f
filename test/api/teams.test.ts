import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tokens } from '../../db/schema.ts';
import { endorse, generateKeyPair } from '../../trust/index.ts';
import { createPublisher, expectStatus, type Publisher, publish, send } from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

describe.each(runtimes)('teams, keys and tokens on $name', ({ start }) => {
  let registry: TestRegistry;
  let acme: Publisher;

  beforeAll(async () => {
    registry = await start();
    acme = await createPublisher(registry, 'acme');
  });
  afterAll(() => registry.close());

  test('a team lists its keys', async () => {
    const team = await (await expectStatus(200, registry.fetch('/v1/teams/acme'))).json();
    const { keyId, text } = acme.key.publicKey;
    expect(team).toMatchObject({
      name: 'acme',
      keys: [{ keyId, publicKey: text, label: 'acme key' }],
    });
  });

  test('registering a key again does not change it', async () => {
    const body = { publicKey: acme.key.publicKey.text, label: 'renamed' };
    const path = '/v1/teams/acme/keys';
    const team = await (
      await expectStatus(200, send(registry, 'POST', path, body, registry.adminToken))
    ).json();
    expect(team).toMatchObject({ keys: [{ label: 'acme key' }] });
  });

  test('team names are unique', async () => {
    const again = await send(registry, 'POST', '/v1/teams', { name: 'acme' }, registry.adminToken);
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ type: 'urn:aa-registry:problem:team-exists' });
  });

  test.each(['', 'Upper', 'with space', '-lead', 'trail-', 'a.b', '../etc', 'é', 'a'.repeat(41)])(
    '"%s" is not a team name',
    async (name) => {
      const response = await send(registry, 'POST', '/v1/teams', { name }, registry.adminToken);
      expect(response.status).toBe(400);
      await response.text();
    },
  );

  const spki = (hex: string) =>
    Buffer.from(`302a300506032b6570032100${hex}`, 'hex').toString('base64');
  const weak = [
    `01${'00'.repeat(31)}`,
    `ec${'ff'.repeat(30)}7f`,
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    'ff'.repeat(32),
  ].map(spki);

  test.each([
    ...['', 'AAAA', 'not base64', 'MCowBQYDK2VwAyEA', 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE'],
    // A point of small order, for which anyone can sign, and an invalid encoding.
    ...weak,
  ])('"%s" is not a publisher key', async (publicKey) => {
    const body = { publicKey, label: 'bad' };
    const response = await send(registry, 'POST', '/v1/teams/acme/keys', body, registry.adminToken);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ type: 'urn:aa-registry:problem:key-invalid' });
  });

  test('only an administrator creates teams, keys and tokens', async () => {
    const requests: [string, object][] = [
      ['/v1/teams', { name: 'mine' }],
      ['/v1/tokens', { label: 'mine' }],
    ];
    for (const [path, body] of requests) {
      expect((await send(registry, 'POST', path, body)).status, path).toBe(401);
      expect((await send(registry, 'POST', path, body, acme.token)).status, path).toBe(403);
    }
  });

  test('a token shows its identity, and only its hash is stored', async () => {
    const whoami = (token: string) =>
      registry.fetch('/v1/whoami', { headers: { Authorization: `Bearer ${token}` } });
    expect(await (await whoami(acme.token)).json()).toEqual({
      label: 'acme token',
      user: null,
      team: 'acme',
      profile: null,
      scope: 'admin',
      expiresAt: null,
      admin: false,
      roles: { acme: 'owner' },
    });
    expect(await (await whoami(registry.adminToken)).json()).toMatchObject({
      admin: true,
      team: null,
    });
    expect((await whoami(`${acme.token}x`)).status).toBe(401);

    expect(acme.token).toMatch(/^aar_[A-Za-z0-9_-]{43}$/);
    const stored = JSON.stringify(await registry.db.select().from(tokens));
    expect(stored).not.toContain(acme.token);
    expect(stored).not.toContain(registry.adminToken);
  });

  test('adding a key requires an endorsement by an older key', async () => {
    const next = await generateKeyPair();
    const stranger = await generateKeyPair();
    const body = { publicKey: next.publicKey.text, label: 'next' };
    const path = '/v1/teams/acme/keys';
    const endorsements = [
      undefined,
      await endorse('acme', next.publicKey, stranger),
      await endorse('acme', next.publicKey, next),
      await endorse('other', next.publicKey, acme.key),
      await endorse('acme', stranger.publicKey, acme.key),
    ];
    for (const endorsement of endorsements) {
      for (const token of [acme.token, registry.adminToken]) {
        const response = await send(registry, 'POST', path, { ...body, endorsement }, token);
        expect(response.status).toBe(422);
        expect(await response.json()).toMatchObject({
          type: 'urn:aa-registry:problem:endorsement-refused',
        });
      }
    }
    const endorsement = await endorse('acme', next.publicKey, acme.key);
    await expectStatus(201, send(registry, 'POST', path, { ...body, endorsement }, acme.token));
    const team = await (await registry.fetch('/v1/teams/acme')).json();
    expect(team).toMatchObject({ keys: [{ endorsement: null }, { endorsement, label: 'next' }] });
  });

  test('only an administrator registers the first key; a revoked key stays revoked', async () => {
    const { adminToken } = registry;
    const fresh = await createPublisher(registry, 'fresh');
    const { keyId, text } = fresh.key.publicKey;
    const path = `/v1/teams/fresh/keys/${keyId}/revocation`;
    const reason = { reason: 'lost' };
    expect((await send(registry, 'POST', path, reason, acme.token)).status).toBe(403);
    await expectStatus(200, send(registry, 'POST', path, reason, fresh.token));
    await expectStatus(200, send(registry, 'POST', path, reason, fresh.token));
    const again = { publicKey: text, label: 'again' };
    expect((await send(registry, 'POST', '/v1/teams/fresh/keys', again, adminToken)).status).toBe(
      409,
    );

    const { publicKey } = await generateKeyPair();
    const next = { publicKey: publicKey.text, label: 'next' };
    expect((await send(registry, 'POST', '/v1/teams/fresh/keys', next, fresh.token)).status).toBe(
      403,
    );
    await expectStatus(201, send(registry, 'POST', '/v1/teams/fresh/keys', next, adminToken));
    const draft = { name: 'web', version: '1.0.0' };
    expect((await publish(registry, fresh, draft)).status).toBe(422);
  });

  test('a token or key for an unknown team is not found', async () => {
    const { adminToken } = registry;
    const token = await send(
      registry,
      'POST',
      '/v1/tokens',
      { label: 'x', team: 'nobody' },
      adminToken,
    );
    expect(token.status).toBe(404);
    const key = { publicKey: acme.key.publicKey.text, label: 'x' };
    expect((await send(registry, 'POST', '/v1/teams/nobody/keys', key, adminToken)).status).toBe(
      404,
    );
    expect((await registry.fetch('/v1/teams/nobody')).status).toBe(404);
  });
});
