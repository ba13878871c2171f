import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ProfilePage } from '../../contract/index.ts';
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
import { signIn } from '../sign-in.ts';

const features = 'query {label {multi_transaction {yes\n}\n}\n}\n';
const files = {
  'abi/3.0': features,
  'abi/4.0': features,
  'tunables/global': '@{PROC}=/proc/\n',
  'abstractions/base': '',
};

/** A profile to publish: team, name, tags, images, abi and additional rules. */
const drafts: [string, string, string[], string[], string, string][] = [
  ['acme', 'proxy', ['web'], ['nginx'], '3.0', '  mount,\n'],
  ['acme', 'store', ['database'], ['postgres'], '3.0', '  /etc/shadow r,\n'],
  ['library', 'site', ['web', 'static'], ['nginx'], '4.0', '  /srv/x/** rw,\n'],
  ['library', 'plain', [], [], '3.0', ''],
];

/** The text of a page without its markup. */
const plain = (html: string) =>
  html
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');

describe.each(runtimes)('home and results on $name', ({ start }) => {
  let registry: TestRegistry;
  let teams: Map<string, Publisher>;

  beforeAll(async () => {
    registry = await start();
    teams = new Map();
    for (const team of ['acme', 'library', 'quiet']) {
      teams.set(team, await createPublisher(registry, team));
    }
    const base = send(registry, 'PUT', '/v1/bases/4.0', { files }, registry.adminToken);
    await expectStatus(201, base);
    for (const [team, name, tags, images, abi, rules] of drafts) {
      await put(team, name, '1.0.0', { tags, images, abi }, rules);
    }
    await vi.waitFor(
      async () => {
        const { rows } = await registry.db.$client.execute('SELECT 1 FROM summaries');
        expect(rows).toHaveLength(drafts.length);
      },
      { timeout: 10_000 },
    );
  });
  afterAll(() => registry.close());

  async function put(
    team: string,
    name: string,
    version: string,
    { tags = [] as string[], ...fields }: Record<string, unknown> & { tags?: string[] },
    rules = '',
  ) {
    const its = { ...manifest, ...fields, ...(tags.length > 0 && { tags }) };
    const text = profileText(name)
      .replace('abi/3.0', `abi/${its.abi}`)
      .replace(/\}\n$/, `${rules}}\n`);
    const draft = { name, version, text, manifest: its };
    await expectStatus(201, publish(registry, teams.get(team) as Publisher, draft));
  }

  const page = async (path: string, token?: string) => {
    const headers: Record<string, string> = token ? await signIn(registry, token) : {};
    return (await expectStatus(200, registry.fetch(path, { headers }))).text();
  };

  /** The profiles of a page, in order. */
  const listed = (html: string) =>
    [...html.matchAll(/<li><a href="\/p\/([^"]+)">/g)].map(([, path]) => path);

  /** The values of a facet of a page with their counts and addresses. */
  function facet(html: string, heading: string): Map<string, [count: string, href: string]> {
    const section = html
      .split('<section>')
      .slice(1)
      .find((one) => plain(one).trim().startsWith(heading));
    const found = [
      ...((section ?? '')
        .split('</section>')[0]
        ?.matchAll(/<li><a href="([^"]+)">([^<]+)<\/a>\s*<span[^>]*>([^<]+)</g) ?? []),
    ];
    return new Map(
      found.map(([, href = '', value = '', count = '']) => [
        value,
        [count, href.replaceAll('&amp;', '&')],
      ]),
    );
  }
  const countsOf = (html: string, heading: string) =>
    Object.fromEntries([...facet(html, heading)].map(([value, [count]]) => [value, count]));

  test('home says what this is, and leads to purposes, new profiles, teams and the docs', async () => {
    const home = await page('/');
    expect(home).toContain('signed AppArmor profiles');
    expect(home).toContain('<a href="/?tag=web">web</a>');
    expect(plain(home)).toContain('By purpose web 2 database 1 static 1');
    expect(home).toContain('<a href="/t/acme">acme</a>');
    expect(listed(home)).toEqual(['library/plain', 'library/site', 'acme/store', 'acme/proxy']);
    expect(home).toContain('sudo aa-registry pull library/plain');
    expect(home).toContain('href="/docs"');
    expect(home).toContain('href="/?sort=name"');
    expect(plain(home)).toContain('All profiles (4)');
  });

  test.each([
    ['Tag', { web: '2', database: '1', static: '1' }],
    ['Image', { nginx: '2', postgres: '1' }],
    ['Team', { acme: '2', library: '2' }],
    [
      'AppArmor release',
      { '3.0': '3', '3.1': '3', '4.0': '4', '4.1': '4', '5.0': '4', '6.0': '4' },
    ],
  ])('the facet %s has the counts of all profiles', async (heading, expected) => {
    expect(countsOf(await page('/?sort=name'), heading)).toEqual(expected);
  });

  test('what profiles permit is counted, the most dangerous first, and narrows the search', async () => {
    const permits = facet(await page('/?sort=name'), 'Permits');
    const mounts = permits.get('Changes what is mounted');
    expect(mounts?.[0]).toBe('1');
    expect(permits.get('Reads secrets')?.[0]).toBe('1');
    const order = [...permits.keys()];
    expect(order.indexOf('Changes what is mounted')).toBeLessThan(order.indexOf('Reads secrets'));
    expect(listed(await page(mounts?.[1] ?? ''))).toEqual(['acme/proxy']);
    const response = await expectStatus(200, registry.fetch('/v1/profiles?permits=mount'));
    const { items } = (await response.json()) as ProfilePage;
    expect(items.map(({ name }) => name)).toEqual(['proxy']);
  });

  test('each value narrows to as many results as it says, and is removed by a link', async () => {
    const all = await page('/?sort=name');
    for (const heading of ['Tag', 'Image', 'Team', 'AppArmor release', 'Permits']) {
      const values = facet(all, heading);
      expect(values.size).toBeGreaterThan(0);
      for (const [count, href] of values.values()) {
        const narrowed = await page(href);
        expect(listed(narrowed)).toHaveLength(Number(count));
        expect(plain(narrowed)).toContain(count === '1' ? '1 profile ' : `${count} profiles`);
        expect(narrowed).toContain('aria-label="Remove filter');
        expect(narrowed).toMatch(/<a href="\/\?sort=name" aria-label="Remove filter/);
      }
    }
  });

  test('facets narrow each other, and words', async () => {
    const web = await page('/?tag=web');
    expect(countsOf(web, 'Team')).toEqual({ acme: '1', library: '1' });
    expect(facet(web, 'Team').get('acme')?.[1]).toBe('/?team=acme&tag=web');
    expect(listed(await page('/?team=acme&tag=web'))).toEqual(['acme/proxy']);
    expect(listed(await page('/?q=nginx&release=3.1'))).toEqual(['acme/proxy']);
    expect(countsOf(await page('/?q=nginx'), 'Team')).toEqual({ acme: '1', library: '1' });
    // Of the similar words that are searched instead.
    expect(countsOf(await page('/?q=ngnix'), 'Team')).toEqual({ acme: '1', library: '1' });
  });

  test.each([
    ['/?sort=name', 'acme/proxy acme/store library/plain library/site'],
    ['/?sort=published', 'library/plain library/site acme/store acme/proxy'],
    ['/?q=nginx&sort=name', 'acme/proxy library/site'],
    ['/?q=nginx&sort=published', 'library/site acme/proxy'],
    ['/?q=ngnix&sort=published', 'library/site acme/proxy'],
    ['/?team=acme&sort=published', 'acme/store acme/proxy'],
    ['/?tag=web&sort=published', 'library/site acme/proxy'],
    [
      '/?sort=nonsense&permits=nonsense&release=9.9',
      'library/plain library/site acme/store acme/proxy',
    ],
  ])('%s lists %s', async (path, expected) => {
    expect(listed(await page(path)).join(' ')).toBe(expected);
  });

  test('results have their tags, images, grade, version and day; grades are explained', async () => {
    const results = await page('/?tag=static');
    expect(results).toContain('<a class="tag" href="/?tag=static">static</a>');
    expect(results).toContain('<a href="/?image=nginx">nginx</a>');
    expect(plain(results)).toMatch(/library\/site 1\.0\.0 · published \d{4}-\d\d-\d\d A/);
    expect(results).toContain('href="/explain/grades"');
    expect(plain(await page('/explain/grades'))).toContain('B 1 or 2 warnings');
  });

  test('a new version changes the facets of its profile, and a yank changes them back', async () => {
    await put('library', 'plain', '1.1.0', { tags: ['mail'], images: [] });
    expect(countsOf(await page('/?sort=name'), 'Tag')).toMatchObject({ mail: '1' });
    const path = '/v1/profiles/library/plain/versions/1.1.0/yank';
    const { token } = teams.get('library') as Publisher;
    await expectStatus(200, send(registry, 'POST', path, { reason: 'lost' }, token));
    expect(countsOf(await page('/?sort=name'), 'Tag')).not.toHaveProperty('mail');
    expect(listed(await page('/'))[0]).toBe('library/plain');
  });

  test('private profiles count for their team only', async () => {
    const { token } = teams.get('quiet') as Publisher;
    await put('quiet', 'secret', '1.0.0', { tags: ['hush'], images: ['nginx'] });
    const visibility = { visibility: 'private' };
    await expectStatus(
      200,
      send(registry, 'PUT', '/v1/profiles/quiet/secret/visibility', visibility, token),
    );
    for (const path of ['/', '/?sort=name', '/?sort=published', '/?q=nginx', '/?image=nginx']) {
      const others = teams.get('acme')?.token;
      for (const html of [await page(path), await page(path, others)]) {
        expect(html).not.toContain('hush');
        expect(html).not.toContain('quiet');
      }
      const own = await page(path, token);
      expect(own).toContain('/p/quiet/secret');
      expect(own).toContain('hush');
    }
  });

  test('a page has an ETag, which changes with a publication', async () => {
    const read = async () => (await registry.fetch('/?tag=web')).headers.get('ETag') ?? '';
    const before = await read();
    const same = registry.fetch('/?tag=web', { headers: { 'If-None-Match': before } });
    await expectStatus(304, same);
    await put('acme', 'late', '1.0.0', { tags: ['web'], images: [] });
    expect(await read()).not.toBe(before);
  });
});

describe('many profiles', () => {
  let registry: TestRegistry;

  beforeAll(async () => {
    const [{ start }] = runtimes as [(typeof runtimes)[number]];
    registry = await start();
    const publisher = await createPublisher(registry, 'acme');
    const its = { ...manifest, tags: ['web'] };
    await expectStatus(
      201,
      publish(registry, publisher, { name: 'first', version: '1.0.0', manifest: its }),
    );
    // Copies of the first: publishing them takes a minute.
    const copies =
      'WITH RECURSIVE ids(id) AS (SELECT 2 UNION ALL SELECT id + 1 FROM ids WHERE id < 1200)';
    await registry.db.$client.batch(
      [
        `INSERT INTO profiles (id, team, name, created_at, latest, published, description, images, index_version)
          ${copies} SELECT ids.id, team, 'copy-' || ids.id, created_at, latest, ids.id, description, images, index_version
          FROM ids, profiles WHERE profiles.id = 1`,
        `INSERT INTO versions (profile_id, version, precedence, prerelease, digest, size, envelope, signers, manifest, published_at, log_index)
          ${copies} SELECT ids.id, version, precedence, prerelease, digest, size, envelope, signers, manifest, published_at, ids.id
          FROM ids, versions WHERE profile_id = 1`,
        `INSERT INTO profile_facets ${copies} SELECT ids.id, facet, value FROM ids, profile_facets WHERE profile_id = 1`,
        `INSERT INTO search (rowid, words) ${copies} SELECT ids.id, words FROM ids, search_documents`,
      ],
      'write',
    );
  });
  afterAll(() => registry.close());

  const page = async (path: string) => (await expectStatus(200, registry.fetch(path))).text();

  test.each(['/?sort=name', '/?sort=published', '/?q=first', '/?tag=web', '/?team=acme'])(
    'more than 1,000 are not counted: %s',
    async (path) => {
      expect(plain(await page(path))).toContain('More than 1,000 profiles');
    },
  );

  test('too many matches are not sorted, and the page says so', async () => {
    const unsorted = await page('/?q=first&sort=published');
    expect(plain(unsorted)).toContain('Too many profiles match to be sorted');
    expect(unsorted).toContain('/p/acme/first');
    expect(plain(await page('/?sort=published'))).not.toContain('Too many');
  });

  test.each(['/?sort=name', '/?sort=published', '/?tag=web', '/?tag=web&sort=name'])(
    'the pages of %s have each profile once',
    async (first) => {
      const seen: string[] = [];
      for (let path: string | undefined = first; path !== undefined; ) {
        const html: string = await page(path);
        seen.push(
          ...[...html.matchAll(/<li><a href="\/p\/([^"]+)">/g)].map(([, one]) => one ?? ''),
        );
        path = /<a href="([^"]+)" rel="next"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
      }
      expect(seen).toHaveLength(1200);
      expect(new Set(seen).size).toBe(1200);
    },
  );
});
