import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProfilePage } from '../../contract/index.ts';
import { reanalyse } from '../../db/analyses.ts';
import { openFile } from '../../db/node.ts';
import { profiles } from '../../db/schema.ts';
import { withinOneEdit } from '../../db/search-text.ts';
import { analysePackage } from '../../worker/analysis/analyse.ts';
import { startRegistry } from '../../worker/node.ts';
import { runs } from '../property-runs.ts';
import {
  createPublisher,
  expectStatus,
  manifest,
  type Publisher,
  profileText,
  publish,
  send,
} from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';
import { outdate } from './outdated.ts';

/** A profile to publish: team, name, description, images and additional rules. */
const drafts: [string, string, string, string[], string][] = [
  ['acme', 'edge-cache', 'Varnish in front of nginx', ['varnish:7'], '  capability net_admin,\n'],
  ['acme', 'static-files', 'Serves a folder', ['registry.acme.example/static'], ''],
  ['acme', 'nginx-exporter', 'Metrics', ['nginx/exporter'], ''],
  ['library', 'docker-nginx', 'Serves pages', ['nginx', 'nginx-unprivileged'], ''],
  ['library', 'nginx', 'The web server', ['nginx'], '  capability net_bind_service,\n'],
  ['library', 'postgres', 'Une base de données', ['postgres'], '  /var/lib/zebra/** rw,\n'],
  ['library', 'everything', 'Allows too much', [], '  capability,\n  /** rw,\n'],
];

describe.each(runtimes)('search on $name', ({ start }) => {
  let registry: TestRegistry;
  let teams: Map<string, Publisher>;
  let pagings = 0;

  beforeAll(async () => {
    registry = await start();
    teams = new Map();
    for (const team of ['acme', 'library']) teams.set(team, await createPublisher(registry, team));
    for (const [team, name, description, images, rules] of drafts) {
      await put(team, name, '1.0.0', { description, images, rules });
    }
  });
  afterAll(() => registry.close());

  async function put(
    team: string,
    name: string,
    version: string,
    fields: { description?: string; images?: string[]; rules?: string },
  ): Promise<void> {
    const { rules = '', ...rest } = fields;
    const text = profileText(name).replace(/\}\n$/, `${rules}}\n`);
    const draft = { name, version, text, manifest: { ...manifest, images: [], ...rest } };
    await expectStatus(201, publish(registry, teams.get(team) as Publisher, draft));
  }

  async function find(query: Record<string, string>, token?: string): Promise<ProfilePage> {
    const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
    const path = `/v1/profiles?${new URLSearchParams(query)}`;
    const response = await expectStatus(200, registry.fetch(path, { headers }));
    return response.json() as Promise<ProfilePage>;
  }
  const names = ({ items }: ProfilePage) => items.map(({ name }) => name);

  test.each([
    [
      'the name itself, then words of it, images, descriptions',
      'nginx',
      'nginx docker-nginx nginx-exporter edge-cache',
    ],
    ['the beginning of a word', 'ngin', 'nginx docker-nginx nginx-exporter edge-cache'],
    ['every word, wherever', 'nginx metrics', 'nginx-exporter'],
    ['any case', 'NGINX Exporter', 'nginx-exporter'],
    ['a name as it is written', 'docker-nginx', 'docker-nginx'],
    ['a path', 'acme/static', 'static-files'],
    ['an image', 'varnish', 'edge-cache'],
    ['rules', 'zebra', 'postgres'],
    ['a capability in rules', 'net_admin', 'edge-cache'],
    ['accents or none', 'donnees', 'postgres'],
    ['accents or none', 'DONNÉES', 'postgres'],
    ['no profile for a missing word', 'kubernetes', ''],
    ['comments are no rules', 'apparmor', ''],
  ])('finds %s: %s', async (_, q, expected) => {
    const page = await find({ q });
    expect(names(page).join(' ')).toBe(expected);
    expect(page.similar).toBe(false);
  });

  test.each([
    ['ngnix', 'nginx docker-nginx nginx-exporter edge-cache'],
    ['nginz', 'nginx docker-nginx nginx-exporter edge-cache'],
    ['nignx exporter', 'nginx-exporter'],
    ['dokcer', 'docker-nginx'],
    ['postgre', 'postgres'],
    ['postgers', 'postgres'],
    ['varnnish', 'edge-cache'],
    ['exporterr', 'nginx-exporter'],
    ['ngxni', ''],
  ])('finds similar words: %s', async (q, expected) => {
    const page = await find({ q });
    expect(names(page).join(' ')).toBe(expected);
    expect(page.similar).toBe(expected !== '' && q !== 'postgre');
  });

  test.each<[Record<string, string>, string]>([
    [{ image: 'nginx' }, 'docker-nginx nginx'],
    [{ image: 'docker.io/library/nginx:1.27' }, 'docker-nginx nginx'],
    [{ image: 'varnish:7' }, 'edge-cache'],
    [{ image: 'registry.acme.example/static' }, 'static-files'],
    [{ image: 'ngin' }, ''],
    [{ capability: 'net_admin' }, 'edge-cache everything'],
    [{ capability: 'CAP_NET_BIND_SERVICE' }, 'nginx everything'],
    [{ capability: 'net_admin', team: 'acme' }, 'edge-cache'],
    [{ grade: 'A', team: 'acme' }, 'edge-cache static-files nginx-exporter'],
    [{ grade: 'A', q: 'nginx', team: 'library' }, 'nginx docker-nginx'],
    [{ grade: 'A', capability: 'sys_admin' }, ''],
    [{ grade: 'F' }, ''],
    [{ image: '*' }, ''],
    [{ image: 'a" OR "b' }, ''],
    [{ team: 'library' }, 'docker-nginx everything nginx postgres'],
  ])('filters by %j', async (query, expected) => {
    expect(names(await find(query)).join(' ')).toBe(expected);
  });

  test.each([
    'grade=G',
    'grade=',
    'capability=a-b',
    'cursor=%00',
    'cursor=e30',
    'cursor=x.y',
    `q=${'a'.repeat(201)}`,
  ])('refuses %s', async (query) => {
    await expectStatus(400, registry.fetch(`/v1/profiles?${query}`));
  });

  test.each([
    ...[
      '"',
      '*',
      '^',
      ':',
      '(',
      ')',
      '-',
      '+',
      'NEAR(a b)',
      '{name}: x',
      'a AND',
      'OR',
      'NOT',
      "'",
      '\\',
    ],
    ...[
      '\0',
      'a\0b',
      '🦊',
      '🦊 nginx🦊',
      '\u200d',
      'ﷺ',
      'İ',
      'ß',
      '한국어',
      '名前',
      'e\u0301',
      '\u0301',
      '𞤀',
      'x'.repeat(200),
    ],
    ...[
      'a '.repeat(100),
      '"a" "b"',
      '--',
      '; DROP TABLE search',
      '%',
      '_',
      '/../',
      '\u{10ffff}',
      '\ufffe',
      '²',
      'ⅷ',
      '٣',
      'ⓐ',
    ],
  ])('treats %j as words', async (q) => {
    await find({ q });
    const page = await registry.fetch(`/?${new URLSearchParams({ q })}`);
    expect(page.status).toBe(200);
  });

  test('never throws for any query', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc
        .array(
          fc.constantFrom(
            '"',
            '*',
            '(',
            ')',
            '^',
            ':',
            '{',
            '}',
            'NOT',
            'AND',
            'nginx',
            ' ',
            '\0',
            '-',
          ),
        )
        .map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(text, text, text, async (q, image, tag) => {
        const query = { q: q.slice(0, 200), image: image.slice(0, 255), tag: tag.slice(0, 64) };
        await find(fromWellFormed(query));
        await find(fromWellFormed({ q: query.q }));
      }),
      { numRuns: runs(15) },
    );
  });
  const fromWellFormed = (query: Record<string, string>) =>
    Object.fromEntries(Object.entries(query).map(([key, value]) => [key, value.toWellFormed()]));

  test.each([
    'nginx',
    'ngin',
    'serves',
    'nginx metrics',
    'a folder',
    'ngnix',
    'net',
    'docker ng',
    'cap',
    'static reg',
    'nginx web',
  ])(
    'small pages of %j have the results of a large one, in the same order except for ties',
    async (q) => {
      const whole = await find({ q, limit: '100' });
      expect(whole.next).toBeNull();
      const seen: string[] = [];
      for (let cursor = ''; ; ) {
        const page = await find({ q, limit: '1', ...(cursor ? { cursor } : {}) });
        seen.push(...names(page));
        if (page.next === null) break;
        cursor = page.next;
      }
      // Small pages sort a level by age, large ones by the length of the name; the test ignores these ties.
      expect(new Set(seen)).toEqual(new Set(names(whole)));
      expect(seen.length).toBe(whole.items.length);
      const inLevels = (list: string[]) => list.map((name) => levelOf(q, name));
      expect(inLevels(seen)).toEqual(inLevels(seen).toSorted((a, b) => a - b));
      expect(inLevels(names(whole))).toEqual(inLevels(seen));
    },
  );

  /** The level of a match by its name: all words complete, the last as a prefix, or not. */
  function levelOf(q: string, name: string): number {
    const parts = name.split('-');
    const words = q.split(' ').filter((word) => word.length > 1);
    if (words.every((word) => parts.includes(word))) return 0;
    const last = words.at(-1) ?? '';
    const isComplete = words.slice(0, -1).every((word) => parts.includes(word));
    return isComplete && parts.some((part) => part.startsWith(last)) ? 1 : 2;
  }

  test('a profile is found by its new version and no longer by the old one', async () => {
    await put('acme', 'mover', '1.0.0', {
      description: 'walrus',
      rules: '  capability sys_nice,\n',
    });
    expect(names(await find({ q: 'walrus' }))).toEqual(['mover']);
    expect(names(await find({ capability: 'sys_nice' }))).toContain('mover');
    await put('acme', 'mover', '1.1.0', { description: 'narwhal' });
    expect(names(await find({ q: 'walrus' }))).toEqual([]);
    expect(names(await find({ q: 'narwhal' }))).toEqual(['mover']);
    expect(names(await find({ capability: 'sys_nice' }))).not.toContain('mover');
    // A lower version changes nothing.
    await put('acme', 'mover', '0.9.0', { description: 'dugong' });
    expect(names(await find({ q: 'dugong' }))).toEqual([]);
    const path = '/v1/profiles/acme/mover/versions/1.1.0/yank';
    const token = teams.get('acme')?.token;
    await expectStatus(200, send(registry, 'POST', path, { reason: 'sank' }, token));
    expect(names(await find({ q: 'narwhal' }))).toEqual([]);
    expect(names(await find({ q: 'walrus' }))).toEqual(['mover']);
    expect(names(await find({ capability: 'sys_nice' }))).toContain('mover');
  });

  test('a private profile is found by its team only', async () => {
    await put('acme', 'zeppelin', '1.0.0', { description: 'quagga', images: ['quagga'] });
    await registry.db.$client.execute(
      "UPDATE profiles SET visibility = 'private' WHERE name = 'zeppelin'",
    );
    const queries = [{ q: 'zeppelin' }, { q: 'quagga' }, { q: 'zepelin' }, { image: 'quagga' }, {}];
    for (const query of queries) {
      const filled = query as Record<string, string>;
      expect(names(await find(filled))).not.toContain('zeppelin');
      expect(names(await find(filled, teams.get('library')?.token))).not.toContain('zeppelin');
      expect(names(await find(filled, teams.get('acme')?.token))).toContain('zeppelin');
      const page = await registry.fetch(`/?${new URLSearchParams(filled)}`);
      expect(await page.text()).not.toContain('/p/acme/zeppelin');
    }
  });

  test('an index of an older version is rebuilt in steps', async () => {
    const before = await find({ q: 'nginx' });
    await outdate(registry.db);
    expect(names(await find({ q: 'nginx' }))).toEqual([]);
    const all = await registry.db.$count(profiles);
    const reindex = (limit: number) =>
      reanalyse(registry.db, limit, async (pack) => analysePackage(pack));
    expect(await reindex(3)).toBe(3);
    expect(await reindex(1000)).toBe(all - 3);
    expect(await reindex(1000)).toBe(0);
    expect(await find({ q: 'nginx' })).toEqual(before);
    expect(names(await find({ capability: 'net_admin' }))).toContain('edge-cache');
  });

  test.each<Record<string, string>>([
    {},
    { team: 'acme' },
    { q: 'page' },
    { grade: 'A' },
    { q: 'paeg' },
    { q: 'page', grade: 'A', team: 'acme' },
  ])('pages of %j neither repeat nor lose results while profiles are added', async (query) => {
    let added = 0;
    const mark = `m${++pagings}`;
    for (let round = 0; round < 8; round++) {
      await put('acme', `page-${mark}-${round}`, '1.0.0', {});
      await put('library', `z-${mark}-${round}`, '1.0.0', {
        description: 'A page',
      });
    }
    const expected = new Set<string>();
    for (let cursor = ''; ; ) {
      const page = await find({ ...query, limit: '100', ...(cursor ? { cursor } : {}) });
      for (const { team, name } of page.items) expected.add(`${team}/${name}`);
      if (page.next === null) break;
      cursor = page.next;
    }
    const seen: string[] = [];
    let path: string | undefined = `/v1/profiles?${new URLSearchParams({ ...query, limit: '3' })}`;
    while (path !== undefined) {
      const response: Response = await expectStatus(200, registry.fetch(path));
      const page = (await response.json()) as ProfilePage;
      seen.push(...page.items.map(({ team, name }) => `${team}/${name}`));
      const link = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('Link') ?? '')?.[1];
      if (page.next === null) expect(link).toBeUndefined();
      else {
        const url = new URL(link ?? '', registry.url);
        expect(url.searchParams.get('cursor')).toBe(page.next);
        for (const [key, value] of Object.entries(query)) {
          expect(url.searchParams.get(key)).toBe(value);
        }
      }
      path = link;
      if (added < 6) {
        await put('acme', `page${++added}-${mark}`, '1.0.0', {});
        await put('library', `a-page${added}-${mark}`, '1.0.0', {});
      }
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect([...expected].filter((one) => !seen.includes(one))).toEqual([]);
  });

  test('versions are paginated', async () => {
    const path = '/v1/profiles/library/nginx/versions';
    for (let minor = 1; minor < 8; minor++) await put('library', 'nginx', `1.${minor}.0`, {});
    const seen: string[] = [];
    let url: string | undefined = `${path}?limit=3`;
    while (url !== undefined) {
      const response: Response = await expectStatus(200, registry.fetch(url));
      const { items } = (await response.json()) as { items: { version: string }[] };
      seen.push(...items.map(({ version }) => version));
      url = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('Link') ?? '')?.[1];
      if (seen.length === 3) {
        await put('library', 'nginx', '9.0.0', {});
        await put('library', 'nginx', '0.1.0', {});
      }
    }
    expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1, 0].map((minor) => `1.${minor}.0`).concat('0.1.0'));
    await expectStatus(400, registry.fetch(`${path}?cursor=nonsense`));
  });
});

test('a registry builds a missing index in the background', async () => {
  const data = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  const options = { data, host: '127.0.0.1', port: 0, logLevel: 'off' as const };
  let running = await startRegistry(options);
  const registry = {
    fetch: (path: string, init?: RequestInit) => fetch(new URL(path, running.url), init),
    adminToken: running.adminToken,
  } as TestRegistry;
  const library = await createPublisher(registry, 'library');
  for (let at = 0; at < 25; at++) {
    const draft = { name: `profile-${at}`, version: '1.0.0' };
    await expectStatus(201, publish(registry, library, draft));
  }
  await running.close();
  const db = await openFile(join(data, 'registry.db'));
  await outdate(db);
  running = await startRegistry(options);
  const count = async (query: string) => {
    const response = await registry.fetch(`/v1/profiles?${query}&limit=100`);
    return ((await response.json()) as ProfilePage).items.length;
  };
  await expect.poll(() => count('q=profile'), { timeout: 20_000 }).toBe(25);
  expect(await count('grade=A')).toBe(25);
  expect(await count('q=porfile')).toBe(25);
  await running.close();
  db.$client.close();
  await rm(data, { recursive: true });
});

test('one edit is an insertion, deletion, substitution or transposition', () => {
  const letter = fc.constantFrom('a', 'b', 'c');
  fc.assert(
    fc.property(fc.array(letter, { maxLength: 6 }), fc.array(letter, { maxLength: 6 }), (a, b) => {
      expect(withinOneEdit(a.join(''), b.join(''))).toBe(
        a.join('') === b.join('') || distance(a, b) === 1,
      );
    }),
    { numRuns: runs(375) },
  );
});

/** The optimal string alignment distance, by its definition. */
function distance(a: string[], b: string[]): number {
  if (a.length === 0 || b.length === 0) return a.length + b.length;
  const [x, y] = [a.slice(0, -1), b.slice(0, -1)];
  const same = a.at(-1) === b.at(-1) ? 0 : 1;
  const costs = [distance(x, b) + 1, distance(a, y) + 1, distance(x, y) + same];
  if (a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1)) {
    costs.push(distance(a.slice(0, -2), b.slice(0, -2)) + 1);
  }
  return Math.min(...costs);
}
