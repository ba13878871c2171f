import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  createPublisher,
  expectStatus,
  type Publisher,
  profileText,
  publish,
  send,
} from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';
import { eventOf, join, report, reportOf } from '../signing-host.ts';
import type { Traffic } from '../traffic.ts';

const profile = '/v1/profiles/library/docker-nginx';
const version = `${profile}/versions/1.1.0`;

const layer = `sha256:${createHash('sha256').update(profileText('docker-nginx')).digest('hex')}`;

/** The round trips to the database and the statements of each read, without a token. */
const reads: [path: string, roundTrips: number, statements: number][] = [
  ['/healthz', 0, 0],
  ['/openapi.json', 0, 0],
  [profile, 1, 1],
  [`${profile}/versions`, 1, 1],
  // The package, then the page.
  [`${profile}/dependents`, 2, 2],
  [version, 1, 1],
  [`${version}/profile`, 1, 1],
  [`${version}/envelope`, 1, 1],
  ['/v1/teams/library', 1, 2],
  ['/v1/resolve?ref=library/docker-nginx', 1, 1],
  ['/v1/resolve?ref=library/docker-nginx&ref=library/docker-nginx:none&ref=library/none', 1, 1],
  // The version, then the base policies and what is stored.
  [`${version}/summary`, 2, 3],
  // The version, the checkpoint, and in parallel the entry and a tile.
  [`${version}/proof`, 4, 4],
  ['/v1/profiles', 1, 1],
  ['/v1/profiles?q=nginx', 1, 1],
  ['/v1/bases', 1, 1],
  ['/log/checkpoint', 1, 1],
  ['/v2/token', 0, 0],
  ['/v2/library/docker-nginx/manifests/1.1.0', 1, 1],
  ['/v2/library/docker-nginx/manifests/latest', 1, 1],
  [`/v2/library/docker-nginx/blobs/${layer}`, 1, 1],
  ['/v2/library/docker-nginx/tags/list', 1, 1],
  [`/v2/library/docker-nginx/referrers/${layer}`, 1, 1],
  ['/', 1, 2],
  ['/?q=nginx', 1, 2],
  ['/?grade=A&sort=published', 1, 2],
  ['/?sort=name', 1, 2],
  ['/p/library/docker-nginx', 1, 3],
  ['/p/library/docker-nginx@1.0.0', 1, 3],
  ['/p/library/docker-nginx@latest', 1, 3],
  ['/teams', 1, 1],
  ['/t/library', 1, 4],
  ['/log', 1, 2],
  ['/log?team=library', 1, 2],
  ['/explain/no-abi', 0, 0],
  ['/feed.atom', 1, 1],
  ['/t/library/feed.atom', 1, 1],
  ['/p/library/docker-nginx/feed.atom', 1, 1],
  ['/p/library/docker-nginx/version.svg', 1, 1],
  ['/sitemap.xml', 1, 1],
  ['/sitemap/0.xml', 1, 1],
  ['/robots.txt', 0, 0],
];

describe.each(runtimes)('round trips to the database on $name', ({ start }) => {
  let registry: TestRegistry;
  let publisher: Publisher;

  beforeAll(async () => {
    registry = await start();
    publisher = await createPublisher(registry, 'library');
    for (const number of ['1.0.0', '1.1.0']) {
      await expectStatus(
        201,
        publish(registry, publisher, { name: 'docker-nginx', version: number }),
      );
      await vi.waitFor(async () => {
        const { rows } = await registry.db.$client.execute('SELECT 1 FROM summaries');
        expect(rows).toHaveLength(1);
      });
    }
  });
  afterAll(() => registry.close());

  /** The traffic of a request, without what follows the response to another: deliveries of webhooks, summaries. */
  async function trafficOf(
    work: () => Promise<unknown>,
    { summaries = false } = {},
  ): Promise<Traffic> {
    const before = registry.traffic.length;
    await work();
    const isDelivery = (sql: string) => /^\s*(?:with|delete)\b.*\bdeliveries\b/is.test(sql);
    // A transaction that publishes reads what is stored of its text.
    const isOfSummaries = (sql: string) =>
      sql.includes('"summaries"') && !sql.includes('insert into "versions"');
    return registry.traffic
      .slice(before)
      .filter((statements) => !statements.every(isDelivery))
      .filter((statements) => summaries || !isOfSummaries(statements.join()));
  }

  test.each(reads)('GET %s takes %i, with %i statements', async (path, roundTrips, statements) => {
    const summaries = path.endsWith('/summary') || path.startsWith('/p/');
    const found = await trafficOf(() => expectStatus(200, registry.fetch(path)), { summaries });
    expect([found.length, found.flat().length]).toEqual([roundTrips, statements]);
  });

  test('a comparison takes one once it is known, with two statements', async () => {
    for (const other of ['1.0.0', 'docker-default']) {
      const path = `/p/library/docker-nginx/compare?from=${other}&to=1.1.0`;
      const compare = () => expectStatus(200, registry.fetch(path));
      await compare();
      const found = await trafficOf(compare);
      expect([found.length, found.flat().length]).toEqual([1, 2]);
    }
  });

  test('an artifact’s manifest takes one, and its referrers once their proof is made', async () => {
    const path = '/v2/library/docker-nginx';
    const tagged = await expectStatus(200, registry.fetch(`${path}/manifests/1.1.0`));
    const digest = tagged.headers.get('Docker-Content-Digest');
    const referrers = () => expectStatus(200, registry.fetch(`${path}/referrers/${digest}`));
    await referrers();
    expect(await trafficOf(referrers)).toHaveLength(1);
    const manifest = () => expectStatus(200, registry.fetch(`${path}/manifests/${digest}`));
    expect(await trafficOf(manifest)).toHaveLength(1);
  });

  test('a token takes one more', async () => {
    const headers = { Authorization: `Bearer ${publisher.token}` };
    const read = () => expectStatus(200, registry.fetch(profile, { headers }));
    await read();
    expect(await trafficOf(read)).toHaveLength(2);
  });

  test.each([
    ['/v1/teams/library/fleet', 3],
    ['/v1/teams/library/hosts?label=role=edge&profile=docker-nginx', 2],
    ['/v1/teams/library/join-tokens', 2],
    [`${profile}/versions/1.0.0/events`, 1],
  ])(
    'GET %s takes one besides that for the token, with %i statements',
    async (path, statements) => {
      const headers = { Authorization: `Bearer ${publisher.token}` };
      const read = () => expectStatus(200, registry.fetch(path, { headers }));
      await read();
      const [, ...found] = await trafficOf(read);
      expect([found.length, found.flat().length]).toEqual([1, statements]);
    },
  );

  test('a report takes two: the host, and the transaction', async () => {
    const host = await join(registry, publisher);
    const events = [eventOf('docker-nginx', '/a'), eventOf('docker-nginx', '/b')];
    const name = 'docker-nginx';
    const profiles = [{ name, version: '1.0.0', mode: 'enforce' as const, drifted: false }];
    const body = reportOf(1, { profiles, events });
    const found = await trafficOf(() => expectStatus(200, report(registry, host, body)));
    expect(found.map((statements) => statements.length)).toEqual([1, 7]);
  });

  test('publishing takes three, the last of which is the transaction', async () => {
    const found = await trafficOf(() =>
      expectStatus(201, publish(registry, publisher, { name: 'docker-nginx', version: '1.2.0' })),
    );
    expect(found).toHaveLength(3);
    expect(found[2]?.join()).toMatch(/insert into "versions".*update "log_head"/s);
  });

  test('publishing by a version policy reads the base policies in between', async () => {
    const files = { 'abi/3.0': '', 'tunables/global': '', 'abstractions/base': '' };
    for (const release of ['3.0', '4.1']) {
      const path = `/v1/bases/${release}`;
      await expectStatus(201, send(registry, 'PUT', path, { files }, registry.adminToken));
    }
    const policy = { versionPolicy: 'semver' };
    const { token } = publisher;
    await expectStatus(200, send(registry, 'PATCH', '/v1/teams/library', policy, token));
    const text = `${profileText('docker-nginx')}# another text\n`;
    const draft = { name: 'docker-nginx', version: '1.3.0', text };
    const found = await trafficOf(() => expectStatus(201, publish(registry, publisher, draft)));
    const transaction = found.findIndex((one) => one.join().includes('insert into "versions"'));
    const tables = found
      .slice(0, transaction)
      .map((one) => /from "(tokens|teams|bases|base_contents)"/.exec(one.join())?.[1]);
    expect(tables).toEqual(['tokens', 'teams', 'bases', 'base_contents', 'base_contents']);
  });
});
