import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fleet, FleetEventList, Host, HostPage } from '../../contract/index.ts';
import { forgetReportsBefore } from '../../db/host-reports.ts';
import { generateKeyPair } from '../../trust/index.ts';
import { createReportRetention } from '../../worker/jobs/report-retention.ts';
import { createPublisher, expectStatus, type Publisher, publish, send } from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';
import {
  createJoinToken,
  eventOf,
  join,
  report,
  reportOf,
  type Signing,
  type SigningHost,
  sendSigned,
} from '../signing-host.ts';

const hour = 3_600_000;

describe.each(runtimes)('hosts and their reports on $name', ({ name: runtime, start }) => {
  let registry: TestRegistry;
  let acme: Publisher;
  let other: Publisher;

  beforeAll(async () => {
    registry = await start({ team: { hosts: 30 } });
    acme = await createPublisher(registry, 'acme');
    other = await createPublisher(registry, 'other');
    for (const version of ['1.0.0', '1.1.0']) {
      await expectStatus(201, publish(registry, acme, { name: 'web', version }));
    }
    await expectStatus(201, publish(registry, acme, { name: 'calm', version: '1.0.0' }));
    await expectStatus(201, publish(registry, other, { name: 'web', version: '1.0.0' }));
  });
  afterAll(() => registry.close());

  const get = async <Result>(path: string, { token }: { token: string } = acme) => {
    const headers = { Authorization: `Bearer ${token}` };
    return (await (await expectStatus(200, registry.fetch(path, { headers }))).json()) as Result;
  };
  const hosts = (query = '', team = acme) =>
    get<HostPage>(`/v1/teams/${team.team}/hosts${query}`, team);
  const host = async ({ id }: SigningHost) =>
    (await hosts('?limit=100')).items.find((one) => one.id === id) as Host;
  const fleet = (team = acme) => get<Fleet>(`/v1/teams/${team.team}/fleet`, team);
  const events = (path = 'acme/web', version = '1.0.0', team = acme) =>
    get<FleetEventList>(`/v1/profiles/${path}/versions/${version}/events`, team);
  const problem = async (status: number, pending: Promise<Response>) => {
    const { type } = (await (await expectStatus(status, pending)).json()) as { type: string };
    return type.split(':').at(-1);
  };
  const retire = ({ id }: SigningHost) =>
    expectStatus(
      204,
      send(registry, 'DELETE', `/v1/teams/acme/hosts/${id}`, undefined, acme.token),
    );
  const web = (version = '1.0.0', more: object = {}) => ({
    ...{ name: 'web', version, mode: 'enforce' as const, drifted: false },
    ...more,
  });

  test('a host joins with a token and a key, once', async () => {
    const { token } = await createJoinToken(registry, acme);
    const key = await generateKeyPair();
    const body = { token, publicKey: key.publicKey.text, name: 'a', labels: { role: 'edge' } };
    const made = await expectStatus(201, sendSigned(registry, '/v1/hosts', body, key));
    const first = (await made.json()) as Host;
    expect(first).toMatchObject({
      ...{ team: 'acme', name: 'a', labels: { role: 'edge' }, state: 'active', profiles: [] },
      keyId: key.publicKey.keyId,
    });
    // The response was lost, and the host repeats the request.
    const again = await expectStatus(200, sendSigned(registry, '/v1/hosts', body, key));
    expect(((await again.json()) as Host).id).toBe(first.id);
    const { token: another } = await createJoinToken(registry, other);
    const elsewhere = sendSigned(registry, '/v1/hosts', { ...body, token: another }, key);
    expect(await problem(409, elsewhere)).toBe('host-exists');
    await retire({ id: first.id, key });
    expect(await problem(409, sendSigned(registry, '/v1/hosts', body, key))).toBe('host-exists');
    expect(
      JSON.stringify(await registry.db.$client.execute('SELECT * FROM join_tokens')),
    ).not.toMatch(new RegExp(token));
  });

  test('a join token that is unknown, revoked or expired is refused, as is another key’s signature', async () => {
    const key = await generateKeyPair();
    const attempt = async (token: string, signer = key) => {
      const body = { token, publicKey: key.publicKey.text, name: 'x' };
      return problem(401, sendSigned(registry, '/v1/hosts', body, signer));
    };
    expect(await attempt('aaj_unknown')).toBe('host-refused');
    expect(await attempt(acme.token)).toBe('host-refused');
    const revoked = await createJoinToken(registry, acme);
    const path = `/v1/teams/acme/join-tokens/${revoked.id}`;
    await expectStatus(204, send(registry, 'DELETE', path, undefined, acme.token));
    expect(await attempt(revoked.token)).toBe('host-refused');
    const valid = await createJoinToken(registry, acme);
    expect(await attempt(valid.token, await generateKeyPair())).toBe('host-refused');
    await registry.db.$client.execute({
      sql: 'UPDATE join_tokens SET expires_at = ? WHERE id = ?',
      args: ['2026-01-01T00:00:00.000Z', valid.id],
    });
    expect(await attempt(valid.token)).toBe('host-refused');
    const late = { label: 'x', expiresAt: '2126-01-01T00:00:00.000Z' };
    const making = send(registry, 'POST', '/v1/teams/acme/join-tokens', late, acme.token);
    expect(await problem(400, making)).toBe('request-invalid');
  });

  test('a team has a quota of hosts, to which retired ones do not count', async () => {
    const small = await createPublisher(registry, 'small');
    const limit = (count: number | null) =>
      expectStatus(
        200,
        send(registry, 'PATCH', '/v1/teams/small/quota', { hosts: count }, registry.adminToken),
      );
    await limit(1);
    const one = await join(registry, small);
    await expect(join(registry, small)).rejects.toThrow(/403.*has 1 of 1 hosts/s);
    const quota = await get<{ used: object }>('/v1/teams/small/quota', small);
    expect(quota).toMatchObject({ used: { hosts: 1 }, limits: { hosts: 1 } });
    const path = `/v1/teams/small/hosts/${one.id}`;
    await expectStatus(204, send(registry, 'DELETE', path, undefined, small.token));
    await join(registry, small);
  });

  test('reports say which versions hosts have, and what was denied on how many of them', async () => {
    const [a, b] = [await join(registry, acme, 'r1'), await join(registry, acme, 'r2')];
    const denied = eventOf('web', '/etc/secret', { count: 3 });
    const allowed = eventOf('web', '/etc/other', { type: 'ALLOWED' });
    const profiles = [web(), { ...web(), name: 'calm' }];
    const first = reportOf(1, { profiles, events: [denied, allowed], omittedEvents: 5 });
    const stored = await expectStatus(200, report(registry, a, first));
    expect(await stored.json()).toEqual({ sequence: 1, repeated: false });
    const second = reportOf(1, {
      profiles: [web('1.1.0', { mode: 'complain', drifted: true })],
      events: [denied],
      droppedReports: 2,
    });
    await expectStatus(200, report(registry, b, second, { gzip: true }));
    expect(await host(a)).toMatchObject({
      state: 'active',
      omittedEvents: 5,
      kernel: first.kernel,
    });
    expect(await host(b)).toMatchObject({
      ...{ state: 'drifted', droppedReports: 2, apparmor: '3.0' },
      profiles: [{ name: 'web', version: '1.1.0', mode: 'complain', drifted: true }],
    });
    expect((await fleet()).versions).toEqual([
      { name: 'calm', version: '1.0.0', hosts: 1, complain: 0, drifted: 0 },
      { name: 'web', version: '1.1.0', hosts: 1, complain: 1, drifted: 1 },
      { name: 'web', version: '1.0.0', hosts: 1, complain: 0, drifted: 0 },
    ]);
    const { items, more } = await events();
    expect(more).toBe(false);
    expect(items).toMatchObject([
      { type: 'DENIED', count: 6, hosts: 2, record: denied.record },
      { type: 'ALLOWED', count: 1, hosts: 1, record: allowed.record },
    ]);
    expect(items[0]?.days.map(({ count }) => count)).toEqual([6]);
    expect((await events('acme/calm')).items).toEqual([]);

    // A host without a package any more, and the same event again.
    await expectStatus(200, report(registry, a, reportOf(2, { events: [denied] })));
    expect((await host(a)).profiles).toEqual([]);
    expect((await events()).items[0]).toMatchObject({ count: 9, hosts: 2 });
    await retire(a);
    expect((await events()).items).toMatchObject([{ count: 9, hosts: 1 }]);
    await retire(b);
    expect((await events()).items).toEqual([]);
    expect((await fleet()).versions).toEqual([]);
  });

  test('a repeated report changes nothing, whatever it says', async () => {
    const one = await join(registry, acme);
    const body = reportOf(7, { profiles: [web()], events: [eventOf('web', '/a')] });
    await expectStatus(200, report(registry, one, body));
    for (const sequence of [7, 3]) {
      const again = await report(registry, one, { ...body, sequence, omittedEvents: 9 });
      expect(await again.json()).toEqual({ sequence: 7, repeated: true });
    }
    const racing = [8, 8, 8].map((sequence) => report(registry, one, { ...body, sequence }));
    for (const response of await Promise.all(racing)) expect(response.status).toBe(200);
    expect((await events()).items).toMatchObject([{ count: 2, hosts: 1 }]);
    expect((await host(one)).omittedEvents).toBe(0);
    await retire(one);
  });

  test('events of one report with different days and equal records are one event', async () => {
    const one = await join(registry, acme);
    const day = (ago: number) => new Date(Date.now() - ago * 24 * hour).toISOString();
    const at = (ago: number, count: number) =>
      eventOf('web', '/days', { count, firstAt: day(ago), lastAt: day(ago) });
    // Dates that are wrong by years neither extend nor shorten the retention of an event.
    const all = [at(2, 3), at(1, 4), at(-3000, 5), at(3000, 6)];
    await expectStatus(200, report(registry, one, reportOf(1, { events: all })));
    const [found] = (await events()).items;
    expect(found).toMatchObject({ count: 18, hosts: 1 });
    expect(found?.days.map(({ count }) => count)).toEqual([6, 3, 4, 5]);
    expect(Date.parse(found?.lastAt ?? '')).toBeLessThanOrEqual(Date.now());
    await retire(one);
  });

  test('counts stay whole numbers of JSON, however much hosts count', async () => {
    const one = await join(registry, acme);
    const most = 1_000_000_000;
    const all = Array.from({ length: 200 }, () => eventOf('web', '/often', { count: most }));
    const body = { events: all, omittedEvents: most, droppedReports: most };
    await expectStatus(200, report(registry, one, reportOf(1, body)));
    // What some thousand reports add up to.
    const { $client } = registry.db;
    const high = Number.MAX_SAFE_INTEGER - 1;
    await $client.execute(`UPDATE host_event_days SET count = ${high}`);
    const sql = `UPDATE hosts SET omitted_events = ${high}, dropped_reports = ${high} WHERE id = ?`;
    await $client.execute({ sql, args: [one.id] });
    await expectStatus(200, report(registry, one, reportOf(2, body)));
    const [{ count = Number.NaN } = {}] = (await events()).items;
    const { omittedEvents, droppedReports } = await host(one);
    for (const number of [count, omittedEvents, droppedReports]) {
      expect(Number.isSafeInteger(number), `${number}`).toBe(true);
    }
    await retire(one);
  });

  const wrong: [what: string, id: string, signing: (own: SigningHost) => Signing][] = [
    [
      'a changed body',
      'host-refused',
      () => ({ tamper: (body) => Buffer.from(String(body).replace('6.1', '6.2')) }),
    ],
    [
      'a signature for another host',
      'host-refused',
      ({ id }) => ({ signedPath: `/v1/hosts/${id + 1}/reports` }),
    ],
    ['no signature', 'host-refused', () => ({ headers: { 'AA-Host-Signature': '' } })],
    [
      'a signature that is no base64',
      'host-refused',
      () => ({ headers: { 'AA-Host-Signature': '%%%' } }),
    ],
    [
      'another time than the signed one',
      'host-refused',
      () => ({ headers: { 'AA-Host-Time': new Date(0).toISOString() } }),
    ],
    ['a clock that is slow', 'clock-skew', () => ({ time: new Date(Date.now() - hour) })],
    ['a clock that is fast', 'clock-skew', () => ({ time: new Date(Date.now() + hour) })],
  ];

  test('a report is refused with a wrong signature or time, and for another host', async () => {
    const own = await join(registry, acme, 'own');
    const victim = await join(registry, acme, 'victim');
    for (const [what, id, signing] of wrong) {
      const refused = report(registry, own, reportOf(1), signing(own));
      expect(await problem(401, refused), what).toBe(id);
    }
    const posing = report(registry, { id: victim.id, key: own.key }, reportOf(1));
    expect(await problem(401, posing)).toBe('host-refused');
    // Whether there is a host of this id is not shown.
    const [of, absent] = await Promise.all(
      [victim.id, 999_999].map(async (id) => {
        const refused = await report(registry, { id, key: own.key }, reportOf(1));
        return ((await refused.json()) as { detail: string }).detail;
      }),
    );
    expect(absent).toBe(of);
    expect((await host(victim)).reportedAt).toBeNull();
    const late = await report(registry, own, reportOf(1), { time: new Date(0) });
    const told = Date.parse(late.headers.get('Date') ?? '');
    expect(Math.abs(told - Date.now())).toBeLessThan(hour);
    await retire(own);
    expect(await problem(401, report(registry, own, reportOf(1)))).toBe('host-refused');
    await retire(victim);
  });

  const malformed: [what: string, status: number, body: unknown][] = [
    ['no JSON', 400, '{'],
    ['too deep JSON', 400, '['.repeat(1000)],
    ['an unknown field', 400, { ...reportOf(1), hostname: 'x' }],
    ['a sequence of 0', 400, reportOf(0)],
    ['two versions of a package', 400, reportOf(1, { profiles: [web(), web('1.1.0')] })],
    [
      'too many packages',
      400,
      reportOf(1, {
        profiles: Array.from({ length: 201 }, (_, at) => ({ ...web(), name: `p${at}` })),
      }),
    ],
    ['too many events', 400, reportOf(1, { events: Array(201).fill(eventOf('web', '/x')) })],
    [
      'a field that no record has',
      400,
      reportOf(1, { events: [eventOf('web', '/x', { record: { comm: 'cat' } as never })] }),
    ],
    [
      'long values together',
      400,
      reportOf(1, {
        events: [
          eventOf('web', '/x', {
            record: Object.fromEntries(
              ['info', 'name', 'target', 'srcname', 'peer'].map((key) => [key, 'x'.repeat(1000)]),
            ),
          }),
        ],
      }),
    ],
    ['a long value', 400, reportOf(1, { events: [eventOf('web', `/${'x'.repeat(1024)}`)] })],
    ['a lone surrogate', 400, reportOf(1, { events: [eventOf('web', '/\udc80')] })],
    ['a NUL', 400, reportOf(1, { events: [eventOf('web', '/\0')] })],
    ['a negative count', 400, reportOf(1, { events: [eventOf('web', '/x', { count: -1 })] })],
    ['a kernel of several lines', 400, reportOf(1, { kernel: 'a\nb' })],
    ['a large body', 413, { ...reportOf(1), more: 'x'.repeat(300_000) }],
  ];

  test('malformed and large reports are refused, compressed or not', async () => {
    const one = await join(registry, acme);
    for (const [what, status, body] of malformed) {
      for (const gzip of [false, true]) {
        const found = report(registry, one, body, { gzip }).then(
          (response) => response.status,
          // A server may close the connection while the rest of a large body is sent (RFC 9110, section 15.5.14).
          ({ cause }) => (status === 413 && cause?.code === 'ECONNRESET' ? 413 : cause),
        );
        expect(await found, `${what}, gzip ${gzip}`).toBe(status);
      }
    }
    const headers = { 'Content-Encoding': 'gzip' };
    expect(await problem(400, report(registry, one, reportOf(1), { headers }))).toBe(
      'body-malformed',
    );
    const brotli = { 'Content-Encoding': 'br' };
    expect(await problem(415, report(registry, one, reportOf(1), { headers: brotli }))).toBe(
      'body-type',
    );
    expect((await host(one)).reportedAt).toBeNull();
    await retire(one);
  });

  test('a team sees only its own hosts and events of its own packages', async () => {
    const theirs = await join(registry, other, 'theirs');
    const profiles = [web(), { ...web(), name: 'calm' }, { ...web(), name: 'invented' }];
    const body = reportOf(1, {
      profiles,
      events: [eventOf('web', '/theirs'), eventOf('calm', '/x'), eventOf('invented', '/y')],
    });
    await expectStatus(200, report(registry, theirs, body));
    expect((await hosts('?limit=100')).items.map(({ name }) => name)).not.toContain('theirs');
    expect((await hosts('', other)).items).toMatchObject([
      // Packages that its team does not have are ignored.
      { name: 'theirs', profiles: [{ name: 'web', version: '1.0.0' }] },
    ]);
    expect((await fleet(other)).versions).toMatchObject([{ name: 'web', hosts: 1 }]);
    expect((await fleet()).versions).toEqual([]);
    expect((await events()).items).toEqual([]);
    expect((await events('other/web', '1.0.0', other)).items).toHaveLength(1);
    const foreign = registry.fetch(`/v1/profiles/other/web/versions/1.0.0/events`, {
      headers: { Authorization: `Bearer ${acme.token}` },
    });
    expect(await problem(403, foreign)).toBe('token-other-team');
    const path = `/v1/teams/acme/hosts/${theirs.id}`;
    await expectStatus(404, send(registry, 'DELETE', path, undefined, acme.token));
    await expectStatus(404, send(registry, 'PATCH', path, { name: 'mine' }, acme.token));
  });

  test('hosts are listed by state, label, package and version, in pages', async () => {
    const web2 = [web('1.1.0')];
    const listed: [name: string, labels: Record<string, string>, profiles: object[]][] = [
      ['l1', { role: 'edge', zone: 'eu' }, [web()]],
      ['l2', { role: 'edge' }, web2],
      ['l3', { role: 'core' }, [web('1.1.0', { drifted: true })]],
    ];
    const made: SigningHost[] = [];
    for (const [name, labels, profiles] of listed) {
      const one = await join(registry, acme, name, labels);
      await expectStatus(200, report(registry, one, { ...reportOf(1), profiles }));
      made.push(one);
    }
    const names = async (query: string) => (await hosts(query)).items.map(({ name }) => name);
    expect(await names('?label=role=edge')).toEqual(['l1', 'l2']);
    expect(await names('?label=role=')).toEqual([]);
    expect(await names('?profile=web')).toEqual(['l1', 'l2', 'l3']);
    expect(await names('?profile=web&version=1.1.0')).toEqual(['l2', 'l3']);
    expect(await names('?version=1.1.0&label=role=core')).toEqual(['l3']);
    expect(await names('?state=drifted')).toEqual(['l3']);
    const first = await hosts('?profile=web&limit=2');
    expect(first.items).toHaveLength(2);
    expect(await names(`?profile=web&limit=2&cursor=${first.next}`)).toEqual(['l3']);

    const [one, two] = made as [SigningHost, SigningHost];
    const silent = new Date(Date.now() - 49 * hour).toISOString();
    await registry.db.$client.execute({
      sql: 'UPDATE hosts SET reported_at = ? WHERE id = ?',
      args: [silent, one.id],
    });
    expect(await names('?state=silent')).toEqual(['l1']);
    expect(await fleet()).toMatchObject({ silent: 1, drifted: 1 });
    await retire(two);
    expect(await names('?state=retired&label=role=edge')).toContain('l2');
    expect(await names('?label=role=edge')).toEqual(['l1']);

    const path = `/v1/teams/acme/hosts/${one.id}`;
    const change = { name: 'renamed', labels: { zone: null, rack: 'b7' } };
    const changed = await expectStatus(200, send(registry, 'PATCH', path, change, acme.token));
    expect(await changed.json()).toMatchObject({
      name: 'renamed',
      labels: { role: 'edge', rack: 'b7' },
    });
    expect(await names('?label=rack=b7')).toEqual(['renamed']);
    for (const labels of [{ 'a"b': 'x' }, { a: '\u202e' }, { a: 'x y' }]) {
      await expectStatus(400, send(registry, 'PATCH', path, { labels }, acme.token));
    }
    const many = Object.fromEntries(Array.from({ length: 15 }, (_, at) => [`k${at}`, '']));
    await expectStatus(400, send(registry, 'PATCH', path, { labels: many }, acme.token));
    for (const left of [one, made[2] as SigningHost]) await retire(left);
  });

  test('a host reports at most so many events of a version first, and so often', async () => {
    const flood = await join(registry, acme, 'flood');
    const send200 = (from: number) =>
      Array.from({ length: 200 }, (_, at) => eventOf('web', `/flood/${from + at}`));
    await expectStatus(200, report(registry, flood, reportOf(1, { events: send200(0) })));
    await expectStatus(200, report(registry, flood, reportOf(2, { events: send200(200) })));
    const { rows } = await registry.db.$client.execute('SELECT count(*) AS n FROM host_events');
    // Those of the other team's host, and the first 200.
    expect(Number(rows[0]?.n)).toBe(201);
    const { items, more } = await events();
    expect([items.length, more]).toEqual([50, true]);
    let last = 200;
    for (let sequence = 3; last === 200 && sequence < 100; sequence++) {
      last = (await report(registry, flood, reportOf(sequence))).status;
    }
    expect(last).toBe(429);
    await retire(flood);
    expect((await events()).items).toEqual([]);
  });

  if (runtime === 'Node')
    test('reports are deleted when they are older than is kept', async () => {
      const [a, b] = [await join(registry, acme), await join(registry, acme)];
      const day = (ago: number) => new Date(Date.now() - ago * 24 * hour).toISOString();
      const at = (path: string, ago: number) =>
        eventOf('web', path, { firstAt: day(ago), lastAt: day(ago) });
      const old = [at('/old', 20), at('/both', 20)];
      await expectStatus(200, report(registry, a, reportOf(1, { events: old })));
      await expectStatus(200, report(registry, b, reportOf(1, { events: [at('/both', 1)] })));
      expect((await events()).items.map(({ hosts, count }) => [hosts, count])).toEqual([
        [2, 2],
        [1, 1],
      ]);
      expect(await forgetReportsBefore(registry.db, day(10).slice(0, 10), 1)).toBe(true);
      while (await forgetReportsBefore(registry.db, day(10).slice(0, 10), 1));
      expect((await events()).items).toMatchObject([
        { record: { name: '/both' }, hosts: 1, count: 1 },
      ]);
      await retire(a);
      expect((await events()).items).toMatchObject([{ hosts: 1, count: 1 }]);
      await retire(b);
    });

  test('a job deletes them', async () => {
    const one = await join(registry, acme);
    const all = [eventOf('web', '/kept'), eventOf('web', '/gone')];
    await expectStatus(200, report(registry, one, reportOf(1, { events: all })));
    const { items } = await events();
    expect(items).toHaveLength(2);
    const old = new Date(Date.now() - 91 * 24 * hour).toISOString().slice(0, 10);
    const gone = `(SELECT id FROM host_events WHERE record ->> 'name' = '/gone')`;
    const { $client } = registry.db;
    await $client.execute(`UPDATE host_event_days SET day = '${old}' WHERE event_id = ${gone}`);
    await $client.execute(
      `UPDATE host_event_hosts SET last_day = '${old}' WHERE event_id = ${gone}`,
    );
    if (runtime === 'workerd') await registry.deliver();
    else await createReportRetention(registry.db, 90)(Date.now());
    expect((await events()).items).toMatchObject([{ record: { name: '/kept' } }]);
    await retire(one);
  });

  if (runtime === 'workerd')
    test('a report whose response was lost is stored once', async () => {
      const one = await join(registry, acme);
      const isLost = registry.loseResponse?.(/update "hosts" set "sequence"/i);
      const body = reportOf(1, { events: [eventOf('web', '/lost')] });
      await expectStatus(200, report(registry, one, body));
      expect(isLost?.()).toBe(true);
      await expectStatus(200, report(registry, one, body));
      expect((await events()).items).toMatchObject([{ count: 1, hosts: 1 }]);
      await retire(one);
    });
});
