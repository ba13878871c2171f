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
import { origin, runtimes, type TestRegistry } from '../runtimes.ts';
import { signIn } from '../sign-in.ts';

describe.each(runtimes)('feeds, badges and small files on $name', ({ start }) => {
  let registry: TestRegistry;
  let acme: Publisher;
  let quiet: Publisher;
  let often: Publisher;

  const get = async (path: string, type: string, status = 200) => {
    const response = await expectStatus(status, registry.fetch(path));
    expect(response.headers.get('Content-Type')).toContain(type);
    return response.text();
  };
  const feed = (path: string) => get(path, 'application/atom+xml');
  /** The titles of a feed's entries. */
  const titles = (xml: string) =>
    [...xml.matchAll(/<entry>.*?<title>(.*?)<\/title>/gs)].map(([, title]) => title);
  const setVisibility = ({ team, token }: Publisher, name: string, visibility: string) =>
    expectStatus(
      200,
      send(registry, 'PUT', `/v1/profiles/${team}/${name}/visibility`, { visibility }, token),
    );

  beforeAll(async () => {
    registry = await start({
      securityContacts: ['mailto:security@example.org', 'https://example.org/report'],
    });
    acme = await createPublisher(registry, 'acme');
    quiet = await createPublisher(registry, 'quiet');
    often = await createPublisher(registry, 'often');
    const described = { ...manifest, description: 'Runs <b>"web"</b> & more \u202e' };
    const drafts: [Publisher, string, string][] = [
      [acme, 'web', '1.0.0'],
      [quiet, 'secret', '1.0.0'],
      [acme, 'web', '1.1.0'],
      [acme, 'proxy', '2.0.0-rc.1'],
      [acme, 'web', '1.0.1'],
    ];
    for (const [publisher, name, version] of drafts) {
      const draft = { name, version, text: profileText(name, `-${version}`), manifest: described };
      await expectStatus(201, publish(registry, publisher, draft));
      if (name === 'secret') await setVisibility(publisher, name, 'private');
    }
    const draft = { name: 'secret', version: '2.0.0', text: profileText('secret', '-2') };
    await expectStatus(201, publish(registry, quiet, draft));
    const yank = '/v1/profiles/acme/web/versions/1.0.0/yank';
    await expectStatus(200, send(registry, 'POST', yank, { reason: 'Broken' }, acme.token));
  });
  afterAll(() => registry.close());

  test('feeds list public versions, by their place in the log, newest first', async () => {
    const all = [
      'acme/web 1.0.1',
      'acme/proxy 2.0.0-rc.1',
      'acme/web 1.1.0',
      'acme/web 1.0.0 (yanked)',
    ];
    expect(titles(await feed('/feed.atom'))).toEqual(all);
    expect(titles(await feed('/t/acme/feed.atom'))).toEqual(all);
    expect(titles(await feed('/p/acme/web/feed.atom'))).toEqual(
      all.filter((title) => title.includes('web')),
    );
  });

  test('a feed has the newest 30 versions', async () => {
    for (let minor = 0; minor <= 30; minor++) {
      const draft = { name: 'often', version: `1.${minor}.0` };
      await expectStatus(201, publish(registry, often, draft));
    }
    for (const path of ['/feed.atom', '/t/often/feed.atom', '/p/often/often/feed.atom']) {
      const found = titles(await feed(path));
      expect(found).toHaveLength(30);
      expect([found[0], found[29]]).toEqual(['often/often 1.30.0', 'often/often 1.1.0']);
    }
  });

  test('a feed has what RFC 4287 requires, with the text of publishers escaped', async () => {
    const xml = await feed('/p/acme/web/feed.atom');
    expect(xml).toMatch(
      /^<\?xml version="1\.0" encoding="utf-8"\?>\n<feed xmlns="http:\/\/www\.w3\.org\/2005\/Atom">/,
    );
    expect(xml).toContain(
      `<link rel="self" type="application/atom+xml" href="${origin}/p/acme/web/feed.atom"/>`,
    );
    expect(xml).toContain(`href="${origin}/p/acme/web/1.1.0"/>`);
    expect(xml).toContain(
      '<summary>Runs &lt;b&gt;&quot;web&quot;&lt;/b&gt; &amp; more \\u{202e}</summary>',
    );
    const ids = [...xml.matchAll(/<id>(.*?)<\/id>/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(4);
    const updated = [...xml.matchAll(/<updated>(.*?)<\/updated>/g)].map(([, time]) => time);
    expect(updated[0]).toBe(updated[1]);
    for (const time of updated) expect(new Date(time ?? '').toISOString()).toBe(time);
    for (const name of ['entry', 'title', 'summary', 'author', 'published'])
      expect(xml.split(`<${name}>`).length).toBe(xml.split(`</${name}>`).length);
    // The same entry has the same id in every feed.
    for (const id of ids.slice(1))
      expect(await feed('/t/acme/feed.atom')).toContain(`<id>${id}</id>`);
  });

  test('a private profile, or a team without public ones, looks like one that does not exist', async () => {
    const headers = await signIn(registry, quiet.token);
    for (const path of [
      '/p/quiet/secret/feed.atom',
      '/t/quiet/feed.atom',
      '/p/quiet/none/feed.atom',
    ]) {
      const response = await expectStatus(404, registry.fetch(path, { headers }));
      expect(response.headers.get('Content-Type')).toContain('application/problem+json');
    }
    const missing = await get('/p/quiet/none/version.svg', 'image/svg+xml', 404);
    expect(await get('/p/quiet/secret/version.svg', 'image/svg+xml', 404)).toBe(missing);
    expect(await get('/sitemap/0.xml', 'xml')).not.toContain('secret');
    await setVisibility(quiet, 'secret', 'public');
    expect(titles(await feed('/t/quiet/feed.atom'))).toEqual([
      'quiet/secret 2.0.0',
      'quiet/secret 1.0.0',
    ]);
    await setVisibility(quiet, 'secret', 'private');
  });

  test('what did not change is not sent again', async () => {
    for (const path of [
      '/feed.atom',
      '/p/acme/web/grade.svg',
      '/sitemap.xml',
      '/robots.txt',
      '/.well-known/security.txt',
      '/favicon.svg',
    ]) {
      const first = await expectStatus(200, registry.fetch(path));
      const tag = first.headers.get('ETag') ?? '';
      expect(tag).toMatch(/^"/);
      await expectStatus(304, registry.fetch(path, { headers: { 'If-None-Match': tag } }));
    }
  });

  test('badges have the latest version and its lint grade', async () => {
    expect(await get('/p/acme/web/version.svg', 'image/svg+xml')).toContain(
      '<title>apparmor: 1.1.0</title>',
    );
    const grade = await get('/p/acme/web/grade.svg', 'image/svg+xml');
    expect(grade).toMatch(/<title>lint grade: [A-F]<\/title>/);
    expect(grade).toMatch(/^<svg [^>]*role="img"/);
    expect(await get('/p/acme/none/grade.svg', 'image/svg+xml', 404)).toContain('not found');
  });

  test('sitemaps list public profiles in bounded pages', async () => {
    const index = await get('/sitemap.xml', 'application/xml');
    expect([...index.matchAll(/<loc>(.*?)<\/loc>/g)].map(([, loc]) => loc)).toEqual([
      `${origin}/sitemap/0.xml`,
    ]);
    const first = await get('/sitemap/0.xml', 'application/xml');
    const locations = [...first.matchAll(/<loc>(.*?)<\/loc>/g)].map(([, loc]) => loc);
    expect(locations).toEqual(
      [
        ...['/', '/teams', '/log', '/explain', '/playground', '/docs'],
        ...['/p/acme/web', '/p/acme/proxy', '/p/often/often'],
      ].map((path) => origin + path),
    );
    for (const location of locations)
      await expectStatus(200, registry.fetch(new URL(location ?? '').pathname));
    expect(await get('/sitemap/1.xml', 'application/xml')).not.toContain('<loc>');
    for (const path of [
      '/sitemap/x.xml',
      '/sitemap/00.xml',
      '/sitemap/999999.xml',
      '/sitemap/-1.xml',
    ])
      await expectStatus(404, registry.fetch(path));
    const id = "UPDATE sqlite_sequence SET seq = 4500 WHERE name = 'profiles'";
    await registry.db.$client.execute(id);
    await expectStatus(201, publish(registry, acme, { name: 'later', version: '1.0.0' }));
    expect((await get('/sitemap.xml', 'xml')).match(/<loc>/g)).toHaveLength(3);
    expect(await get('/sitemap/2.xml', 'xml')).toContain(`<loc>${origin}/p/acme/later</loc>`);
  });

  test('crawlers are told where not to go, and where the sitemap is', async () => {
    const robots = await get('/robots.txt', 'text/plain');
    expect(robots).toContain('Disallow: /p/*/*/compare\n');
    expect(robots).toContain(`Sitemap: ${origin}/sitemap.xml\n`);
  });

  test('security.txt has the contacts of the operator, and a date on which it expires', async () => {
    const text = await get('/.well-known/security.txt', 'text/plain');
    expect(text).toMatch(
      /^Contact: mailto:security@example\.org\nContact: https:\/\/example\.org\/report\n/,
    );
    const [, expires = ''] = /^Expires: (\S+)$/m.exec(text) ?? [];
    const days = (Date.parse(expires) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(30);
    expect(days).toBeLessThan(365);
  });

  test('pages name their feeds, the icon, and what they are about', async () => {
    for (const [path, href] of [
      ['/', '/feed.atom'],
      ['/t/acme', '/t/acme/feed.atom'],
      ['/p/acme/web', '/p/acme/web/feed.atom'],
    ]) {
      const page = await get(path as string, 'text/html');
      expect(page).toMatch(
        new RegExp(`<link rel="alternate" type="application/atom\\+xml"[^>]* href="${href}"`),
      );
      expect(page).toContain('href="/favicon.svg"');
      expect(page).toContain('<meta property="og:title"');
      expect(page).toContain('<meta property="og:description"');
    }
    expect(await get('/favicon.svg', 'image/svg+xml')).toContain('<svg');
  });
});

describe.each(runtimes)('a registry without a contact on $name', ({ start }) => {
  test('has no security.txt, and its feed may be empty', async () => {
    const registry = await start();
    try {
      await expectStatus(404, registry.fetch('/.well-known/security.txt'));
      const empty = await expectStatus(200, registry.fetch('/feed.atom'));
      expect(await empty.text()).not.toContain('<entry>');
      await expectStatus(404, registry.fetch('/t/acme/feed.atom'));
      const sitemap = await expectStatus(200, registry.fetch('/sitemap/0.xml'));
      expect(await sitemap.text()).toContain('/teams</loc>');
    } finally {
      await registry.close();
    }
  });
});
