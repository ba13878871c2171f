import type { ServerResponse } from 'node:http';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { claimDeliveries, findDue } from '../../db/webhooks.ts';
import { createPublisher, expectStatus, type Publisher, publish, send } from '../publisher.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

interface Hook {
  id: number;
  secret: string;
}

describe.each(runtimes)('webhooks on $name', ({ start }) => {
  let registry: TestRegistry;
  let publisher: Publisher;
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await startReceiver();
    registry = await start({ webhookNetworks: ['127.0.0.0/8'] });
    publisher = await createPublisher(registry, 'library');
  });
  afterEach(async () => {
    await registry.close();
    receiver.close();
  });

  const hooksPath = '/v1/teams/library/webhooks';
  const post = (url: string, token = publisher.token) =>
    send(registry, 'POST', hooksPath, { url }, token);
  const add = async (url = receiver.url): Promise<Hook> =>
    (await (await expectStatus(201, post(url))).json()) as Hook;
  const get = (path: string, token = publisher.token) =>
    registry.fetch(path, { headers: { Authorization: `Bearer ${token}` } });
  const deliveries = async ({ id }: Hook) => {
    const page = await (await get(`${hooksPath}/${id}/deliveries`)).json();
    return (page as { items: Record<string, unknown>[] }).items;
  };
  const sql = (text: string) => registry.db.$client.execute(text);
  /** Simulates the passing of time. */
  const makeDue = () =>
    sql(`UPDATE deliveries SET next_attempt_at = '2026-01-01T00:00:00.000Z'
         WHERE next_attempt_at IS NOT NULL`);
  /** Delivers until this number of messages has arrived: on Workers the first ones arrive without a timer. */
  const wait = async (count: number) => {
    for (let tries = 0; receiver.received.length < count && tries < 100; tries++) {
      await registry.deliver();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await registry.deliver();
  };
  const types = () => receiver.received.map(({ body }) => JSON.parse(body).type).sort();

  test('a team receives one signed event for each version, yank and channel move', async () => {
    const { secret } = await add();
    await expectStatus(201, publish(registry, publisher, { name: 'web', version: '1.0.0' }));
    const path = '/v1/profiles/library/web';
    const move = { version: '1.0.0', previous: null };
    const { token } = publisher;
    await expectStatus(200, send(registry, 'PUT', `${path}/channels/stable`, move, token));
    const yank = `${path}/versions/1.0.0/yank`;
    await expectStatus(200, send(registry, 'POST', yank, { reason: 'broken' }, token));
    await wait(3);
    expect(types()).toEqual(['channel.moved', 'version.published', 'version.yanked']);

    const verifier = new Verifier(secret);
    const events = receiver.received.map(({ headers, body, path }) => {
      expect(path).toBe('/hook');
      expect(headers['content-type']).toBe('application/json');
      return verifier.verify(body, headers as Record<string, string>) as { data: object };
    });
    const at = { team: 'library', name: 'web', version: '1.0.0' };
    expect(events.map(({ data }) => data)).toEqual(
      expect.arrayContaining([
        { ...at, digest: expect.stringMatching(/^sha256:/), logIndex: 1 },
        { ...at, channel: 'stable', previous: null, logIndex: 2 },
        { ...at, reason: 'broken', logIndex: 3 },
      ]),
    );
    const other = new Verifier((await add()).secret);
    const [{ body = '', headers = {} } = {}] = receiver.received;
    expect(() => other.verify(body, headers as Record<string, string>)).toThrow();
  });

  test('refused requests and requests without a change send no events', async () => {
    const hook = await add();
    const draft = { name: 'web', version: '1.0.0' };
    await expectStatus(201, publish(registry, publisher, draft));
    await expectStatus(200, publish(registry, publisher, draft));
    await expectStatus(409, publish(registry, publisher, { ...draft, text: `profile web {}\n` }));
    await expectStatus(
      422,
      publish(registry, publisher, { ...draft, version: '2.0.0', text: 'x' }),
    );
    await wait(1);
    expect(types()).toEqual(['version.published']);
    expect(await deliveries(hook)).toHaveLength(1);
  });

  test('each webhook of the team receives the event, and no other team’s', async () => {
    const other = await createPublisher(registry, 'other');
    const url = `${receiver.url}/other`;
    await expectStatus(
      201,
      send(registry, 'POST', '/v1/teams/other/webhooks', { url }, other.token),
    );
    await add(`${receiver.url}/1`);
    await add(`${receiver.url}/2`);
    await expectStatus(201, publish(registry, publisher, { name: 'web', version: '1.0.0' }));
    await wait(2);
    expect(receiver.received.map(({ path }) => path).sort()).toEqual(['/hook/1', '/hook/2']);
    const [one, two] = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(one).not.toBe(two);
  });

  test('a failed delivery is retried with the same id until it succeeds', async () => {
    receiver.respond = (response) => response.writeHead(503).end();
    const hook = await add();
    await expectStatus(201, publish(registry, publisher, { name: 'web', version: '1.0.0' }));
    await wait(1);
    const [failed] = await deliveries(hook);
    expect(failed).toMatchObject({ state: 'pending', attempts: 1, lastStatus: 503 });
    expect(failed?.lastError).toBe('HTTP status 503');
    const pause =
      Date.parse(String(failed?.nextAttemptAt)) - Date.parse(String(failed?.lastAttemptAt));
    expect(pause).toBeGreaterThan(2_000);
    expect(pause).toBeLessThan(8_000);
    await registry.deliver();
    expect(receiver.received).toHaveLength(1);

    await makeDue();
    await wait(2);
    const [again] = await deliveries(hook);
    expect(again).toMatchObject({ state: 'pending', attempts: 2 });
    const longer =
      Date.parse(String(again?.nextAttemptAt)) - Date.parse(String(again?.lastAttemptAt));
    expect(longer).toBeGreaterThan(9_000);

    receiver.respond = (response) => response.writeHead(200).end('thanks');
    await makeDue();
    await wait(3);
    expect(await deliveries(hook)).toMatchObject([
      { state: 'delivered', attempts: 3, lastStatus: 200, lastError: null, nextAttemptAt: null },
    ]);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await makeDue();
    await registry.deliver();
    expect(receiver.received).toHaveLength(3);
  });

  test('a delivery is given up after five days, which is logged', async () => {
    receiver.respond = (response) => response.writeHead(500).end();
    const hook = await add();
    await expectStatus(201, publish(registry, publisher, { name: 'web', version: '1.0.0' }));
    await wait(1);
    // Relative to the registry's clock, which is also this one: a slow machine only makes it older.
    const old = new Date(Date.now() - 5 * 86_400_000 - 1000).toISOString();
    await sql(`UPDATE deliveries SET created_at = '${old}'`);
    await makeDue();
    await wait(2);
    expect(await deliveries(hook)).toMatchObject([
      { state: 'gave-up', attempts: 2, nextAttemptAt: null, lastStatus: 500 },
    ]);
  });

  test('deliveries are deleted after thirty days', async () => {
    const hook = await add();
    await expectStatus(201, publish(registry, publisher, { name: 'web', version: '1.0.0' }));
    await wait(1);
    // Relative to the registry's clock, which is also this one: a slow machine only makes it older.
    const old = new Date(Date.now() - 31 * 86_400_000).toISOString();
    await sql(`UPDATE deliveries SET created_at = '${old}'`);
    await registry.deliver();
    expect(await deliveries(hook)).toEqual([]);
  });

  test('a process that dies during a delivery only delays it', async () => {
    const hook = await add('http://127.0.0.1:1/');
    await expectStatus(201, publish(registry, publisher, { name: 'web', version: '1.0.0' }));
    await wait(0);
    await sql(`UPDATE webhooks SET url = '${receiver.url}'`);
    await makeDue();
    const soon = new Date(Date.now() + 60_000).toISOString();
    const now = new Date().toISOString();
    const without = { teams: [], webhooks: [] };
    const due = await findDue(registry.db, { now, perTeam: 10, perWebhook: 10, without });
    const claim = () => claimDeliveries(registry.db, due, { now, next: () => soon });
    expect(await claim()).toHaveLength(1);
    expect(await claim()).toEqual([]);
    await registry.deliver();
    expect(receiver.received).toHaveLength(0);
    await makeDue();
    await wait(1);
    expect(await deliveries(hook)).toMatchObject([{ state: 'delivered' }]);
  });

  test('two processes send each delivery once', async () => {
    await add();
    for (let at = 0; at < 8; at++) {
      await expectStatus(201, publish(registry, publisher, { name: `p-${at}`, version: '1.0.0' }));
    }
    await Promise.all([registry.deliver(), registry.deliver(), registry.deliver()]);
    await wait(8);
    expect(receiver.received).toHaveLength(8);
  });

  test('a team with unresponsive endpoints does not delay other teams', async () => {
    const hung: ServerResponse[] = [];
    receiver.respond = (response, { path }) => {
      if (path.startsWith('/hook/silent')) hung.push(response);
      else response.writeHead(204).end();
    };
    const other = await createPublisher(registry, 'other');
    // Ten webhooks of one team, each with more deliveries than may run concurrently, all older than those of other teams.
    for (let at = 0; at < 10; at++) await add(`${receiver.url}/silent/${at}`);
    const url = `${receiver.url}/good`;
    const hooks = '/v1/teams/other/webhooks';
    await expectStatus(201, send(registry, 'POST', hooks, { url }, other.token));
    // Each of these requests starts a round of deliveries, which must not find the next ones.
    await registry.settle?.();
    for (let at = 0; at < 30; at++) {
      await sql(`INSERT INTO deliveries (webhook_id, message_id, kind, payload, created_at, next_attempt_at)
        SELECT id, 'msg_' || hex(randomblob(8)), 'test', '{}', '2026-07-01T00:00:00.000Z', '2026-07-01T00:00:00.000Z'
        FROM webhooks WHERE team = 'library'`);
    }
    const delivering = registry.deliver();
    const good = () => receiver.received.filter(({ path }) => path === '/hook/good');
    const until = async (done: () => boolean) => {
      for (let tries = 0; tries < 400 && !done(); tries++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await until(() => hung.length > 0);
    // While these hang, new deliveries of others are sent.
    const draft = { name: 'web', version: '1.0.0' };
    await expectStatus(201, publish(registry, other, draft));
    await until(() => good().length > 0);
    expect(good()).toHaveLength(1);
    expect(hung.every(({ writableEnded, destroyed }) => !writableEnded && !destroyed)).toBe(true);
    // The team does not exceed its share of running deliveries.
    expect(hung.length).toBeLessThanOrEqual(4);
    await sql("DELETE FROM deliveries WHERE kind = 'test'");
    for (const response of hung) response.destroy();
    await delivering;
  });

  test('redirects are not followed', async () => {
    receiver.respond = (response, { path }) =>
      path === '/hook'
        ? response.writeHead(302, { Location: '/elsewhere' }).end()
        : response.writeHead(200).end();
    const { id } = await add();
    const tested = await expectStatus(
      200,
      send(registry, 'POST', `${hooksPath}/${id}/test`, {}, publisher.token),
    );
    expect(await tested.json()).toMatchObject({ state: 'gave-up', lastStatus: 302 });
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook']);
  });

  test('a test returns its outcome immediately', async () => {
    const hook = await add();
    const run = async () =>
      (await send(registry, 'POST', `${hooksPath}/${hook.id}/test`, {}, publisher.token)).json();
    expect(await run()).toMatchObject({
      kind: 'webhook.test',
      state: 'delivered',
      lastStatus: 204,
    });
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
      type: 'webhook.test',
      data: { team: 'library', webhook: hook.id },
    });
    receiver.close();
    expect(await run()).toMatchObject({ state: 'gave-up', lastStatus: null });
    await registry.deliver();
    expect(await deliveries(hook)).toHaveLength(2);
  });

  test('a team can send ten tests per minute; refused ones store nothing', async () => {
    const hook = await add();
    const run = () => send(registry, 'POST', `${hooksPath}/${hook.id}/test`, {}, publisher.token);
    const found = await Promise.all(Array.from({ length: 15 }, run));
    const statuses = found.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(10).fill(200), ...Array(5).fill(429)]);
    const refused = found.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('Retry-After'))).toBeGreaterThanOrEqual(1);
    expect(receiver.received).toHaveLength(10);
    expect(await deliveries(hook)).toHaveLength(10);
  });

  test('a removed webhook receives nothing', async () => {
    const { id } = await add();
    const remove = () =>
      registry.fetch(`${hooksPath}/${id}`, {
        method: 'DELETE',
        headers: { Authorization: `Bearer ${publisher.token}` },
      });
    await expectStatus(204, remove());
    await expectStatus(404, remove());
    await expectStatus(201, publish(registry, publisher, { name: 'web', version: '1.0.0' }));
    await registry.deliver();
    expect(receiver.received).toEqual([]);
    expect(await (await get(hooksPath)).json()).toEqual({ items: [] });
  });

  test('deliveries are paginated', async () => {
    const { id } = await add();
    for (let at = 0; at < 3; at++) {
      await expectStatus(201, publish(registry, publisher, { name: `p-${at}`, version: '1.0.0' }));
    }
    await wait(3);
    const seen: number[] = [];
    let next: string | null = '';
    while (next !== null) {
      const cursor: string = next === '' ? '' : `&cursor=${next}`;
      const page = await get(`${hooksPath}/${id}/deliveries?limit=2${cursor}`);
      const body = (await page.json()) as { items: { id: number }[]; next: string | null };
      seen.push(...body.items.map((one) => one.id));
      next = body.next;
    }
    expect(seen).toHaveLength(3);
    expect(seen).toEqual(seen.toSorted((a, b) => b - a));
  });

  test('only owners manage webhooks, and the secret is not shown again', async () => {
    const hook = await add();
    const other = await createPublisher(registry, 'other');
    await expectStatus(401, registry.fetch(hooksPath));
    await expectStatus(403, get(hooksPath, other.token));
    await expectStatus(403, post(receiver.url, other.token));
    await expectStatus(403, get(`${hooksPath}/${hook.id}/deliveries`, other.token));
    await expectStatus(404, get(`/v1/teams/other/webhooks/${hook.id}/deliveries`, other.token));
    const listed = await (await get(hooksPath)).text();
    expect(listed).toContain(receiver.url);
    expect(listed).not.toContain('secret');
    await expectStatus(200, get(hooksPath, registry.adminToken));
  });

  test('a team has at most ten webhooks', async () => {
    for (let at = 0; at < 10; at++) await add();
    await expectStatus(409, post(receiver.url));
  });
});

describe.each(runtimes)('destinations of webhooks on $name', ({ start }) => {
  let registry: TestRegistry;
  let publisher: Publisher;

  beforeAll(async () => {
    registry = await start();
    publisher = await createPublisher(registry, 'library');
  });
  afterAll(() => registry.close());

  const post = (url: unknown) =>
    send(registry, 'POST', '/v1/teams/library/webhooks', { url }, publisher.token);

  test.each([
    'http://hooks.example.com/',
    'http://8.8.8.8/',
    'ftp://hooks.example.com/',
    'https://user:password@hooks.example.com/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://0.0.0.0/',
    'https://10.0.0.8/',
    'https://172.20.0.1/',
    'https://192.168.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://100.100.100.200/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'https://[64:ff9b::a00:1]/',
    'https://[::127.0.0.1]/',
    'https://[::7f00:1]/',
    'https://[::169.254.169.254]/',
    'https://[::ffff:0:127.0.0.1]/',
    'https://[::ffff:0:10.0.0.1]/',
    'https://[64:ff9b:1::10.0.0.1]/',
    'https://[2002:7f00:1::1]/',
    'https://[2001:0:7f00:1::1]/',
    'https://[2606:4700::5efe:127.0.0.1]/',
    'https://[fec0::1]/',
    'https://[3fff::1]/',
    'https://127.0.0.1./',
    'https://%31%32%37.0.0.1/',
    'https://１２７.0.0.1/',
    'https://0x7f.0x0.0x0.0x1/',
    'https://017700000001/',
    'https://192.168.257/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://localhost../',
    'https://intranet/',
    'https://ip6-loopback/',
    'https://localhost.localdomain/',
    'https://127.0.0.1../',
    'https://example.1../',
    'https://hooks..example.com/',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://registry.localhost/',
    'https://metadata.google.internal/',
    'https://printer.local/',
    'nonsense',
  ])('%s is refused', async (url) => {
    const response = await expectStatus(422, post(url));
    expect(await response.json()).toMatchObject({
      type: 'urn:aa-registry:problem:webhook-refused',
    });
  });

  test.each([5, null, 'x'.repeat(2001)])('%.20s is not a valid address', async (url) => {
    await expectStatus(400, post(url));
  });

  test.each([
    'https://hooks.example.com/a?b=c',
    'https://8.8.8.8:8443/',
    'https://[2606:4700::1]/',
  ])('%s is accepted', async (url) => {
    await expectStatus(201, post(url));
  });

  test('an existing webhook can’t reach a private address either', async () => {
    const made = (await (
      await expectStatus(201, post('https://hooks.example.com/'))
    ).json()) as Hook;
    const receiver = await startReceiver();
    try {
      await registry.db.$client.execute(
        `UPDATE webhooks SET url = '${receiver.url}' WHERE id = ${made.id}`,
      );
      const path = `/v1/teams/library/webhooks/${made.id}/test`;
      const response = await send(registry, 'POST', path, {}, publisher.token);
      expect(await response.json()).toMatchObject({ state: 'gave-up', lastStatus: null });
      expect(receiver.received).toEqual([]);
    } finally {
      receiver.close();
    }
  });
});
