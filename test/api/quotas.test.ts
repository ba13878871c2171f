import { afterEach, describe, expect, test } from 'vitest';
import { type Amounts, readQuota } from '../../db/quotas.ts';
import { endorse, generateKeyPair } from '../../trust/index.ts';
import { createPublisher, expectStatus, type Publisher, publish, send } from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

describe.each(runtimes)('quotas on $name', ({ start }) => {
  let registry: TestRegistry;
  let publisher: Publisher;

  afterEach(() => registry.close());

  async function open(team: Partial<Amounts>) {
    registry = await start({ team, issuers: ['github=https://ci.test'] });
    publisher = await createPublisher(registry, 'library');
  }
  const put = (name: string, version = '1.0.0') => publish(registry, publisher, { name, version });
  const quota = async (token = publisher.token) => {
    const headers = { Authorization: `Bearer ${token}` };
    return registry.fetch('/v1/teams/library/quota', { headers });
  };
  const change = (body: unknown, token = registry.adminToken) =>
    send(registry, 'PATCH', '/v1/teams/library/quota', body, token);

  async function expectRefused(pending: Promise<Response>, words: RegExp) {
    const response = await expectStatus(403, pending);
    const problem = (await response.json()) as { type: string; detail: string };
    expect(problem.type).toBe('urn:aa-registry:problem:quota-exceeded');
    expect(problem.detail).toMatch(words);
  }

  test('limits profiles, but not versions of existing ones', async () => {
    await open({ profiles: 2 });
    await expectStatus(201, put('one'));
    await expectStatus(201, put('two'));
    await expectRefused(put('three'), /2 of 2 profiles/);
    await expectStatus(201, put('two', '1.1.0'));
    expect((await registry.fetch('/v1/profiles/library/three')).status).toBe(404);
  });

  test('limits versions; publishing the same version again is free', async () => {
    await open({ versions: 2 });
    await expectStatus(201, put('one'));
    await expectStatus(201, put('one', '1.1.0'));
    await expectRefused(put('one', '1.2.0'), /2 of 2 versions/);
    await expectStatus(200, put('one'));
    expect(await (await quota()).json()).toMatchObject({ used: { profiles: 1, versions: 2 } });
  });

  test('limits the stored bytes', async () => {
    await open({});
    await expectStatus(201, put('one'));
    const { used } = (await (await quota()).json()) as { used: { bytes: number } };
    const stored = await registry.db.$client.execute(
      'SELECT sum(size + length(envelope)) AS bytes FROM versions',
    );
    expect(used.bytes).toBe(stored.rows[0]?.bytes);
    await expectStatus(200, change({ bytes: used.bytes * 2 }));
    await expectStatus(201, put('two'));
    await expectRefused(put('more'), new RegExp(`${used.bytes * 2} of ${used.bytes * 2} bytes`));
  });

  test('concurrent publishers stay within the quota', async () => {
    await open({ versions: 5 });
    const found = await Promise.all(Array.from({ length: 12 }, (_, at) => put(`p-${at}`)));
    const statuses = found.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(5).fill(201), ...Array(7).fill(403)]);
    expect((await readQuota(registry.db, 'library', new Date())).used).toMatchObject({
      profiles: 5,
      versions: 5,
    });
    const entries = await registry.db.$client.execute('SELECT count(*) AS n FROM log_entries');
    expect(entries.rows[0]?.n).toBe(6);
  });

  test('administrators set and reset the limits of a team', async () => {
    await open({ profiles: 1 });
    await expectStatus(201, put('one'));
    const raised = await expectStatus(200, change({ profiles: 2 }));
    expect(await raised.json()).toMatchObject({ limits: { profiles: 2, versions: 100_000 } });
    await expectStatus(201, put('two'));
    await expectStatus(200, change({ profiles: null }));
    await expectRefused(put('three'), /2 of 1 profiles/);
    await expectStatus(201, put('one', '2.0.0'));
    await expectStatus(200, change({ versions: 0 }));
    await expectRefused(put('one', '3.0.0'), /3 of 0 versions/);
  });

  test('only administrators change quotas, and only members see them', async () => {
    await open({});
    await expectStatus(403, change({ profiles: 5 }, publisher.token));
    await expectStatus(401, registry.fetch('/v1/teams/library/quota'));
    const other = await createPublisher(registry, 'other');
    await expectStatus(403, quota(other.token));
    await expectStatus(200, quota(registry.adminToken));
    await expectStatus(
      404,
      send(registry, 'PATCH', '/v1/teams/none/quota', {}, registry.adminToken),
    );
    for (const body of [{ profiles: -1 }, { profiles: 1.5 }, { profiles: '5' }, { more: 1 }]) {
      await expectStatus(400, change(body));
    }
  });

  describe('a quota of zero versions', () => {
    const profile = '/v1/profiles/library/one';
    const token = () => publisher.token;
    const move = (version: string, previous: string | null, channel = 'stable') =>
      send(registry, 'PUT', `${profile}/channels/${channel}`, { version, previous }, token());
    const entries = async () => {
      const { rows } = await registry.db.$client.execute('SELECT count(*) AS n FROM log_entries');
      return Number(rows[0]?.n);
    };
    const rows = async (table: string) => {
      const found = await registry.db.$client.execute(`SELECT count(*) AS n FROM ${table}`);
      return Number(found.rows[0]?.n);
    };
    const used = async () => ((await (await quota()).json()) as { used: Amounts }).used;
    const openWithTwo = async (team: Partial<Amounts> = {}) => {
      await open(team);
      await expectStatus(201, put('one'));
      await expectStatus(201, put('one', '1.1.0'));
    };

    test('limits channel moves per day, without further log entries', async () => {
      await openWithTwo({ changes: 5 });
      const before = await entries();
      await expectStatus(200, move('1.0.0', null));
      for (let at = 0; at < 4; at++) {
        await expectStatus(200, at % 2 === 0 ? move('1.1.0', '1.0.0') : move('1.0.0', '1.1.0'));
      }
      await expectRefused(move('1.1.0', '1.0.0'), /5 of 5 changes today/);
      await expectRefused(move('1.1.0', null, 'beta'), /5 of 5 changes today/);
      expect(await entries()).toBe(before + 5);
      expect((await used()).changes).toBe(5);
      // A version does not count, and the quota resets the next day.
      await expectStatus(201, put('one', '1.2.0'));
      await registry.db.$client.execute("UPDATE quotas SET changes_day = '2026-01-01'");
      expect((await used()).changes).toBe(0);
      await expectStatus(200, move('1.1.0', '1.0.0'));
      expect((await used()).changes).toBe(1);
    });

    test('concurrent changes stay within the quota', async () => {
      await openWithTwo({ changes: 4 });
      const before = await entries();
      const found = await Promise.all(
        Array.from({ length: 12 }, (_, at) => move('1.0.0', null, `c-${at}`)),
      );
      const statuses = found.map(({ status }) => status).sort();
      expect(statuses).toEqual([...Array(4).fill(200), ...Array(8).fill(403)]);
      expect(await entries()).toBe(before + 4);
    });

    test.each([{ versions: 0 }, { bytes: 0 }, { changes: 0 }])(
      "a team with a quota of %j can't write to the log",
      async (none) => {
        await openWithTwo();
        await expectStatus(200, move('1.0.0', null));
        await createPublisher(registry, 'other');
        await expectStatus(200, change(none));
        const before = await entries();
        for (let at = 0; at < 20; at++) {
          await expectRefused(move('1.1.0', '1.0.0'), /0 changes|zero versions or bytes/);
          await expectRefused(move('1.1.0', null, 'beta'), /0 changes|zero versions or bytes/);
        }
        const transfer = { to: 'other' };
        const path = `${profile}/transfer`;
        await expectRefused(
          send(registry, 'POST', path, transfer, registry.adminToken),
          /0 changes|zero versions or bytes/,
        );
        const keys = '/v1/teams/library/keys';
        const next = await generateKeyPair();
        const endorsement = await endorse('library', next.publicKey, publisher.key);
        const key = { publicKey: next.publicKey.text, label: 'next', endorsement };
        await expectRefused(
          send(registry, 'POST', keys, key, token()),
          /0 changes|zero versions or bytes/,
        );
        expect(await entries()).toBe(before);
        // An administrator can replace a lost key.
        await expectStatus(201, send(registry, 'POST', keys, key, registry.adminToken));
        // Undoing something is never refused.
        const yank = { reason: 'it is bad' };
        await expectStatus(
          200,
          send(registry, 'POST', `${profile}/versions/1.1.0/yank`, yank, token()),
        );
        const revoke = `/v1/teams/library/keys/${publisher.key.publicKey.keyId}/revocation`;
        await expectStatus(200, send(registry, 'POST', revoke, { reason: 'lost' }, token()));
      },
    );

    test('a request that changes nothing adds no entry, event or ETag', async () => {
      await openWithTwo();
      const first = await (await expectStatus(200, move('1.0.0', null))).json();
      const deprecation = { reason: 'old', replacement: null };
      const member = '/v1/teams/library/members/rita';
      const same: [string, string, unknown, number][] = [
        ['PUT', `${profile}/channels/stable`, { version: '1.0.0', previous: '1.0.0' }, 200],
        ['PUT', `${profile}/deprecation`, deprecation, 200],
        ['PUT', `${profile}/visibility`, { visibility: 'public' }, 200],
        ['PUT', member, { role: 'owner' }, 200],
        ['POST', `${profile}/versions/1.1.0/yank`, { reason: 'bad' }, 200],
      ];
      const admin = registry.adminToken;
      await expectStatus(201, send(registry, 'POST', '/v1/users', { name: 'rita' }, admin));
      for (const [method, path, body, status] of same) {
        await expectStatus(status, send(registry, method, path, body, admin));
      }
      const hook = { url: 'https://hooks.example.com/' };
      await expectStatus(201, send(registry, 'POST', '/v1/teams/library/webhooks', hook, admin));
      const before = [await entries(), (await used()).changes, await rows('deliveries')];
      const tag = async () => (await registry.fetch(profile)).headers.get('ETag');
      const tagBefore = await tag();
      for (const [method, path, body, status] of [...same, ...same]) {
        await expectStatus(status, send(registry, method, path, body, admin));
      }
      expect([await entries(), (await used()).changes, await rows('deliveries')]).toEqual(before);
      expect(await tag()).toBe(tagBefore);
      const again = await expectStatus(200, move('1.0.0', '1.0.0'));
      expect(await again.json()).toEqual(first);
      const undo = () =>
        registry.fetch(`${profile}/deprecation`, {
          method: 'DELETE',
          headers: { Authorization: `Bearer ${admin}` },
        });
      await expectStatus(204, undo());
      const { rows: revisions } = await registry.db.$client.execute(
        'SELECT revision FROM profiles',
      );
      await expectStatus(204, undo());
      const after = await registry.db.$client.execute('SELECT revision FROM profiles');
      expect(after.rows).toEqual(revisions);
    });

    /** All other kinds of changes of a team, each with new data. */
    const kinds: [string, (at: number) => Promise<Response>][] = [
      [
        'deprecations',
        (at) => send(registry, 'PUT', `${profile}/deprecation`, { reason: `r${at}` }, token()),
      ],
      [
        'visibility',
        async (at) => {
          const to = (visibility: string) =>
            send(registry, 'PUT', `${profile}/visibility`, { visibility }, token());
          expect((await to('private')).status, String(at)).toBe(200);
          return to('public');
        },
      ],
      [
        'roles of members',
        (at) =>
          send(
            registry,
            'PUT',
            '/v1/teams/library/members/rita',
            { role: at % 2 === 0 ? 'reader' : 'publisher' },
            token(),
          ),
      ],
      [
        'trusted publishers',
        (at) =>
          send(
            registry,
            'POST',
            '/v1/teams/library/trusted-publishers',
            {
              issuer: 'https://ci.test',
              repository: `a/b${at}`,
              branch: 'x',
            },
            token(),
          ),
      ],
      [
        'webhooks',
        async (at) => {
          const path = '/v1/teams/library/webhooks';
          const body = { url: `https://hooks.example.com/${at}` };
          const response = await send(registry, 'POST', path, body, token());
          const { id } = (await response.clone().json()) as { id: number };
          const headers = { Authorization: `Bearer ${token()}` };
          if (response.ok) await registry.fetch(`${path}/${id}`, { method: 'DELETE', headers });
          return response;
        },
      ],
    ];

    test.each(kinds)('%s count as changes', async (_, write) => {
      await openWithTwo();
      const admin = registry.adminToken;
      await expectStatus(201, send(registry, 'POST', '/v1/users', { name: 'rita' }, admin));
      await expectStatus(200, change({ changes: 3 }));
      for (let at = 0; at < 3; at++) expect((await write(at)).ok).toBe(true);
      const before = await Promise.all([rows('webhooks'), rows('trusted_publishers'), entries()]);
      await expectRefused(write(3), /3 of 3 changes today/);
      expect(await Promise.all([rows('webhooks'), rows('trusted_publishers'), entries()])).toEqual(
        before,
      );
    });

    test('a change that its condition prevents does not count', async () => {
      await openWithTwo({ webhooks: 1 });
      const admin = registry.adminToken;
      const write = (method: string, path: string, body: object) =>
        send(registry, method, `/v1/teams/library/${path}`, body, admin);
      await expectStatus(201, send(registry, 'POST', '/v1/users', { name: 'rita' }, admin));
      await expectStatus(200, write('PUT', 'members/rita', { role: 'owner' }));
      const hook = { url: 'https://hooks.example.com/' };
      await expectStatus(201, write('POST', 'webhooks', hook));
      const before = (await used()).changes;
      await expectStatus(409, write('PUT', 'members/rita', { role: 'reader' }));
      await expectStatus(409, write('POST', 'webhooks', hook));
      expect((await used()).changes).toBe(before);
    });

    const makeToken = (body: object, by = token()) =>
      send(registry, 'POST', '/v1/tokens', { label: 'more', ...body }, by);
    const revoke = async (response: Response) => {
      const { id } = (await response.json()) as { id: number };
      const headers = { Authorization: `Bearer ${registry.adminToken}` };
      await expectStatus(204, registry.fetch(`/v1/tokens/${id}`, { method: 'DELETE', headers }));
    };

    test('limits a team’s tokens, also for concurrent requests', async () => {
      await open({ tokens: 4 });
      const found = await Promise.all(
        Array.from({ length: 10 }, () => makeToken({ team: 'library' })),
      );
      const statuses = found.map(({ status }) => status).sort();
      expect(statuses).toEqual([...Array(3).fill(201), ...Array(7).fill(403)]);
      expect((await used()).tokens).toBe(4);
      await expectRefused(makeToken({ team: 'library' }), /4 of 4 tokens/);
      await expectStatus(200, change({ tokens: 5 }));
      await expectStatus(201, makeToken({ team: 'library' }));
    });

    test('revoking tokens does not lift the daily limit', async () => {
      await open({ tokens: 4 });
      for (let at = 0; at < 3; at++) {
        await revoke(await expectStatus(201, makeToken({ team: 'library' })));
      }
      await expectRefused(makeToken({ team: 'library' }), /created 4 of 4 tokens within a day/);
      await registry.db.$client.execute(
        "UPDATE tokens SET created_at = '2026-01-01T00:00:00.000Z'",
      );
      await expectStatus(201, makeToken({ team: 'library' }));
      // Tokens that have been invalid for long are deleted.
      await registry.db.$client.execute(
        "UPDATE tokens SET revoked_at = '2026-01-01T00:00:00.000Z' WHERE revoked_at IS NOT NULL",
      );
      const before = await rows('tokens');
      await expectStatus(201, makeToken({ team: 'library' }));
      expect(await rows('tokens')).toBe(before - 3 + 1);
    });

    test('limits a user’s tokens across teams', async () => {
      await open({ tokens: 3 });
      const admin = registry.adminToken;
      await expectStatus(201, send(registry, 'POST', '/v1/users', { name: 'rita' }, admin));
      const member = { role: 'owner' };
      await expectStatus(
        200,
        send(registry, 'PUT', '/v1/teams/library/members/rita', member, admin),
      );
      for (const body of [{}, { team: 'library' }, {}]) {
        await expectStatus(201, makeToken({ user: 'rita', ...body }, admin));
      }
      await expectRefused(makeToken({ user: 'rita' }, admin), /rita has 3 of 3 tokens/);
      await expectRefused(makeToken({ user: 'rita', team: 'library' }, admin), /3 of 3/);
      // Administrators have no limit.
      for (let at = 0; at < 5; at++) await expectStatus(201, makeToken({}, admin));
    });

    test('limits a team’s webhooks; administrators can change the limit', async () => {
      await open({ webhooks: 2 });
      const add = () =>
        send(
          registry,
          'POST',
          '/v1/teams/library/webhooks',
          { url: 'https://hooks.example.com/' },
          token(),
        );
      const found = await Promise.all(Array.from({ length: 6 }, add));
      expect(found.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409, 409]);
      await expectStatus(200, change({ webhooks: 3 }));
      await expectStatus(201, add());
      expect(await (await quota()).json()).toMatchObject({
        used: { webhooks: 3 },
        limits: { webhooks: 3 },
      });
    });

    test('limits a profile to a hundred channels', async () => {
      await openWithTwo();
      for (let at = 0; at < 100; at++) await expectStatus(200, move('1.0.0', null, `c-${at}`));
      await expectRefused(move('1.0.0', null, 'more'), /has 100 channels/);
      await expectStatus(200, move('1.1.0', '1.0.0', 'c-7'));
    });

    test('refused requests under new idempotency keys store nothing', async () => {
      await open({});
      const registration = { publicKey: publisher.key.publicKey.text, label: 'again' };
      const before = await rows('idempotency_keys');
      for (let at = 0; at < 5; at++) {
        const response = await registry.fetch('/v1/teams/library/keys', {
          method: 'POST',
          headers: {
            'Content-Type': 'application/json',
            Authorization: `Bearer ${token()}`,
            'Idempotency-Key': `key-${at}`,
          },
          body: JSON.stringify(registration),
        });
        expect(response.status).toBe(200);
      }
      expect(await rows('idempotency_keys')).toBe(before);
    });
  });
});
