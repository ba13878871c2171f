import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

/** The profile that only its team may see, and a word of its description. */
const secret = 'hidden-web';
const secretWord = 'confidential';

describe.each(runtimes)('pages of teams, versions and the log on $name', ({ start }) => {
  let registry: TestRegistry;
  let acme: Publisher;
  let quiet: Publisher;

  const read = async (path: string, headers: Record<string, string> = {}) =>
    (await expectStatus(200, registry.fetch(path, { headers }))).text();
  /** As a signed-in reader. */
  const cookieOf = ({ token }: Publisher) => signIn(registry, token);
  const hide = async (publisher: Publisher, name: string) =>
    expectStatus(
      200,
      send(
        registry,
        'PUT',
        `/v1/profiles/${publisher.team}/${name}/visibility`,
        { visibility: 'private' },
        publisher.token,
      ),
    );

  beforeAll(async () => {
    registry = await start({ responseCacheBytes: 1024 * 1024 });
    acme = await createPublisher(registry, 'acme');
    quiet = await createPublisher(registry, 'quiet');
    for (const version of ['1.0.0', '1.1.0', '2.0.0']) {
      const text = profileText('web', `-${version}`);
      await expectStatus(201, publish(registry, acme, { name: 'web', version, text }));
    }
    const channel = '/v1/profiles/acme/web/channels/stable';
    const move = { version: '1.1.0', previous: null };
    await expectStatus(200, send(registry, 'PUT', channel, move, acme.token));
    for (const publisher of [acme, quiet]) {
      const described = { ...manifest, description: `Is ${secretWord}` };
      const draft = { name: secret, version: '1.0.0', manifest: described };
      await expectStatus(201, publish(registry, publisher, draft));
      await hide(publisher, secret);
      const text = profileText(secret, '-2');
      await expectStatus(201, publish(registry, publisher, { ...draft, version: '2.0.0', text }));
    }
  });
  afterAll(() => registry.close());

  test.each([
    ['acme/web', '2.0.0', '/p/acme/web'],
    ['acme/web@latest', '2.0.0', '/p/acme/web'],
    ['acme/web@2.0.0', '2.0.0', '/p/acme/web'],
    ['acme/web/1.0.0', '1.0.0', '/p/acme/web/1.0.0'],
    ['acme/web@1.0.0', '1.0.0', '/p/acme/web/1.0.0'],
    ['acme/web%401.0.0', '1.0.0', '/p/acme/web/1.0.0'],
    ['acme/web@stable', '1.1.0', '/p/acme/web/1.1.0'],
    ['acme/web/stable', '1.1.0', '/p/acme/web/1.1.0'],
  ])('/p/%s is the page of %s', async (path, version, canonical) => {
    const page = await read(`/p/${path}`);
    expect(page).toContain(`/srv/web-${version}/`);
    expect(page).toContain(`<link rel="canonical" href="${canonical}"`);
  });

  test.each([
    'acme/web@3.0.0',
    'acme/web@edge',
    'acme/web@',
    'acme/web@1.0.0@1.0.0',
    'acme/web@1.0.0/1.0.0',
    'acme/@1.0.0',
  ])('/p/%s is not found', async (path) => {
    const response = await expectStatus(404, registry.fetch(`/p/${path}`));
    expect(await response.text()).toContain('Not found');
  });

  test.each([
    [undefined, 'text/html'],
    ['*/*', 'text/html'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8', 'text/html'],
    ['application/json', 'application/json'],
    ['application/json, text/plain, */*', 'application/json'],
    ['text/html;q=0.5, text/plain;q=0.9', 'text/plain'],
    ['text/plain', 'text/plain'],
    ['application/json;q=0', 'text/html'],
    ['image/png', 'text/html'],
    [';;q=,,', 'text/html'],
  ])('Accept: %s selects %s', async (accept, type) => {
    const headers: Record<string, string> = accept === undefined ? {} : { Accept: accept };
    const response = await expectStatus(200, registry.fetch('/p/acme/web', { headers }));
    expect(response.headers.get('Content-Type')).toContain(type);
    expect(response.headers.get('Vary')).toMatch(/\bAccept\b/);
  });

  test('the representations are those of the API, each with its ETag', async () => {
    const tags = new Set<string | null>();
    for (const [path, accept, api] of [
      ['/p/acme/web', 'application/json', '/v1/profiles/acme/web'],
      ['/p/acme/web', 'text/plain', '/v1/profiles/acme/web/versions/2.0.0/profile'],
      ['/p/acme/web@stable', 'application/json', '/v1/profiles/acme/web/versions/1.1.0'],
      ['/p/acme/web@stable', 'text/plain', '/v1/profiles/acme/web/versions/1.1.0/profile'],
      ['/p/acme/web/1.0.0', 'text/plain', '/v1/profiles/acme/web/versions/1.0.0/profile'],
    ] as const) {
      const headers = { Accept: accept };
      const response = await expectStatus(200, registry.fetch(path, { headers }));
      expect(await response.text()).toBe(await read(api));
      const tag = response.headers.get('ETag') ?? '';
      tags.add(tag);
      await expectStatus(
        304,
        registry.fetch(path, { headers: { ...headers, 'If-None-Match': tag } }),
      );
      await expectStatus(200, registry.fetch(path, { headers: { 'If-None-Match': tag } }));
    }
    expect(tags.size).toBe(5);
  });

  test('what is missing, or private, is a problem in the other representations', async () => {
    for (const path of ['/p/acme/nothing', '/p/acme/web@9.0.0', `/p/acme/${secret}`]) {
      for (const Accept of ['application/json', 'text/plain']) {
        const response = await expectStatus(404, registry.fetch(path, { headers: { Accept } }));
        expect(await response.text()).toContain('urn:aa-registry:problem:not-found');
      }
    }
    const own = { Accept: 'text/plain', ...(await cookieOf(acme)) };
    const response = await registry.fetch(`/p/acme/${secret}`, { headers: own });
    expect(await response.text()).toBe(profileText(secret, '-2'));
    expect(response.headers.get('Cache-Control')).toBe('private, no-store');
  });

  test('a version of a private profile is its team’s only', async () => {
    for (const path of [`/p/acme/${secret}@1.0.0`, `/p/acme/${secret}@latest`]) {
      await expectStatus(404, registry.fetch(path));
      await expectStatus(404, registry.fetch(path, { headers: await cookieOf(quiet) }));
      expect(await read(path, await cookieOf(acme))).toContain(secret);
    }
  });

  test('the page of a team shows its profiles, its keys and how to trust them, and its activity', async () => {
    const page = await read('/t/acme');
    expect(page).toContain('href="/p/acme/web"');
    expect(page).toContain('aa-registry trust add acme');
    expect(page).toContain(acme.key.publicKey.keyId);
    expect(page).toContain('href="/p/acme/web/2.0.0"');
    expect(page).not.toContain(quiet.key.publicKey.keyId);
    await expectStatus(404, registry.fetch('/t/unknown'));
    await expectStatus(404, registry.fetch('/t/%00'));
  });

  test('the page of a team shows private profiles to its members only', async () => {
    // Published before it was hidden, so the log has its name.
    const inProfiles = `<a href="/p/acme/${secret}">`;
    expect(await read('/t/acme', await cookieOf(acme))).toContain(inProfiles);
    for (const page of [await read('/t/acme'), await read('/t/acme', await cookieOf(quiet))]) {
      expect(page).not.toContain(inProfiles);
      expect(page).not.toContain(secretWord);
      expect(page).toContain('A private profile of');
    }
  });

  test('teams are listed if they have a profile that the reader may see', async () => {
    const page = await read('/teams');
    expect(page).toContain('href="/t/acme"');
    expect(page).not.toContain('quiet');
    expect(await read('/teams', await cookieOf(quiet))).toContain('href="/t/quiet"');
    expect(await read('/teams?after=acme')).not.toContain('href="/t/acme"');
  });

  test('the log lists its entries, newest first, of all teams or of one', async () => {
    const all = await read('/log');
    expect(all).toContain('href="/log/checkpoint"');
    const indexes = (page: string) =>
      [...page.matchAll(/id="entry-(\d+)"/g)].map(([, index]) => Number(index));
    const size = indexes(all).length;
    expect(indexes(all)).toEqual(Array.from({ length: size }, (_, at) => size - 1 - at));
    expect(all).toContain(`${size} entries`);
    expect(all).toContain('stable of');
    const [, bundle = ''] = /href="(\/log\/tile\/[^"]+)"/.exec(all) ?? [];
    await expectStatus(200, registry.fetch(bundle));

    const ofAcme = await read('/log?team=acme');
    expect(indexes(ofAcme).length).toBeLessThan(size);
    expect(ofAcme).not.toContain('/t/quiet');
    expect(indexes(await read('/log?before=3'))).toEqual([2, 1, 0]);
    expect(indexes(await read('/log?before=nonsense&team=%F0'))).toEqual(indexes(all));
  });

  test('long lists continue on further pages', async () => {
    let previous: string | null = null;
    for (let at = 0; at < 52; at++) {
      const request: object = { version: at % 2 === 0 ? '1.0.0' : '1.1.0', previous };
      previous = at % 2 === 0 ? '1.0.0' : '1.1.0';
      const path = '/v1/profiles/acme/web/channels/edge';
      await expectStatus(200, send(registry, 'PUT', path, request, acme.token));
    }
    const seen: string[] = [];
    let path: string | undefined = '/log?team=acme';
    while (path !== undefined) {
      const page = await read(path);
      seen.push(...[...page.matchAll(/id="entry-(\d+)"/g)].map(([, index]) => index ?? ''));
      path = /href="(\/log\?before=[^"]+)"/.exec(page)?.[1]?.replace('&amp;', '&');
    }
    const { rows } = await registry.db.$client.execute(
      `SELECT "index" FROM log_entries WHERE data ->> 'team' = 'acme' ORDER BY 1 DESC`,
    );
    expect(seen).toEqual(rows.map(({ index }) => String(index)));
  });

  test('each page has one script, from a file of its own, and each runtime has a tab', async () => {
    const own = '<script type="module" src="/playground.js">';
    expect((await read('/playground')).match(/<script[^>]*>/g)?.slice(1)).toEqual([own]);
    for (const path of ['/', '/p/acme/web', '/p/acme/web/compare', '/t/acme', '/docs']) {
      const page = await read(path);
      expect(page.match(/<script[^>]*>/g)).toEqual(['<script src="/catalog.js" defer="">']);
      expect(page).not.toMatch(/<[^>]* (style|on\w+)=/);
    }
    const page = await read('/p/acme/web');
    const tabs = [...page.matchAll(/<label for="run-[^"]*">(.*?)<\/label>/g)].map(([, one]) => one);
    expect(tabs.slice(0, 4)).toEqual(['Docker', 'Compose', 'Kubernetes', 'Podman']);
    expect(page.match(/ checked=""/g)).toHaveLength(1);
    expect(page).toContain('<code>docker run --security-opt apparmor=web nginx</code>');
  });

  test.each([
    // All pages load it.
    ['/catalog.js', 40_000],
    // Loaded when a reader uses the form.
    ['/can.js', 10_000],
    ['/can-worker.js', 150_000],
    ['/verify.js', 60_000],
    // On a page of their own, less than 400 KB together.
    ['/playground.js', 200_000],
    ['/playground-worker.js', 200_000],
  ])('%s is a script of less than %i bytes, compressed', async (path, limit) => {
    const script = await expectStatus(200, registry.fetch(path));
    expect(script.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8');
    const text = await script.text();
    expect(text).not.toContain('sourceMappingURL');
    expect(gzipSync(text).length).toBeLessThan(limit);
    const tag = script.headers.get('ETag') ?? '';
    await expectStatus(304, registry.fetch(path, { headers: { 'If-None-Match': tag } }));
  });

  test('an entry that is not one is said to be unreadable', async () => {
    await registry.db.$client.execute(`UPDATE log_entries SET data = 'no JSON' WHERE "index" = 0`);
    expect(await read('/log?before=1')).toContain('can’t be read');
  });
});
