import { afterEach, describe, expect, test } from 'vitest';
import { type Amounts, readQuota } from '../../db/quotas.ts';
import { createPublisher, expectStatus, type Publisher, publish, send } from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

describe.each(runtimes)('quotas on $name', ({ start }) => {
  let registry: TestRegistry;
  let publisher: Publisher;

  afterEach(() => registry.close());

  async function open(team: Partial<Amounts>) {
    registry = await start({ team });
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

  test('a team has so many profiles, and versions of what it has', async () => {
    await open({ profiles: 2 });
    await expectStatus(201, put('one'));
    await expectStatus(201, put('two'));
    await expectRefused(put('three'), /2 of 2 profiles/);
    await expectStatus(201, put('two', '1.1.0'));
    expect((await registry.fetch('/v1/profiles/library/three')).status).toBe(404);
  });

  test('a team has so many versions; the same one again costs nothing', async () => {
    await open({ versions: 2 });
    await expectStatus(201, put('one'));
    await expectStatus(201, put('one', '1.1.0'));
    await expectRefused(put('one', '1.2.0'), /2 of 2 versions/);
    await expectStatus(200, put('one'));
    expect(await (await quota()).json()).toMatchObject({ used: { profiles: 1, versions: 2 } });
  });

  test('a team stores so many bytes', async () => {
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

  test('publishers who come at once get no more than there is', async () => {
    await open({ versions: 5 });
    const found = await Promise.all(Array.from({ length: 12 }, (_, at) => put(`p-${at}`)));
    const statuses = found.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(5).fill(201), ...Array(7).fill(403)]);
    expect((await readQuota(registry.db, 'library')).used).toMatchObject({
      profiles: 5,
      versions: 5,
    });
    const entries = await registry.db.$client.execute('SELECT count(*) AS n FROM log_entries');
    expect(entries.rows[0]?.n).toBe(6);
  });

  test('administrators give a team limits of its own, and take them back', async () => {
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

  test('only administrators change them, and only members see them', async () => {
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
});
