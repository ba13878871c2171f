import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProfilePage } from '../../contract/index.ts';
import {
  createPublisher,
  expectStatus,
  manifest,
  type Publisher,
  profileText,
  publish,
} from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

describe.each(runtimes)('profiles on $name', ({ start }) => {
  let registry: TestRegistry;
  let library: Publisher;
  let acme: Publisher;

  beforeAll(async () => {
    registry = await start();
    library = await createPublisher(registry, 'library');
    acme = await createPublisher(registry, 'acme');
    const about = (description: string, images: string[]) => ({ ...manifest, description, images });
    const drafts: [Publisher, string, ReturnType<typeof about>][] = [
      [library, 'docker-nginx', about('Serves pages', ['nginx'])],
      [library, 'postgres', about('A database, 100% confined', ['postgres', 'pgvector'])],
      [acme, 'web', about('Our front end, on nginx', ['registry.acme.example/web'])],
      [acme, 'worker_pool', about('Batch jobs', [])],
    ];
    for (const [publisher, name, ownManifest] of drafts) {
      const draft = { name, version: '1.0.0', text: profileText(name), manifest: ownManifest };
      await expectStatus(201, publish(registry, publisher, draft));
    }
  });
  afterAll(() => registry.close());

  async function list(query: string): Promise<ProfilePage> {
    return (
      await expectStatus(200, registry.fetch(`/v1/profiles?${query}`))
    ).json() as Promise<ProfilePage>;
  }
  const paths = (page: ProfilePage) => page.items.map(({ team, name }) => `${team}/${name}`);

  test.each([
    ['', ['acme/web', 'acme/worker_pool', 'library/docker-nginx', 'library/postgres']],
    ['q=nginx', ['library/docker-nginx', 'acme/web']],
    ['q=NGINX', ['library/docker-nginx', 'acme/web']],
    ['q=nginx+front', ['acme/web']],
    ['q=pgvector', ['library/postgres']],
    ['q=library/post', ['library/postgres']],
    ['q=100%25', ['library/postgres']],
    ['q=%25', []],
    ['q=worker_p', ['acme/worker_pool']],
    ['q=nothing+at+all', []],
    ['team=acme', ['acme/web', 'acme/worker_pool']],
    ['team=acme&q=nginx', ['acme/web']],
    ['q=%27%22;--', []],
  ])('list %s', async (query, expected) => {
    expect(paths(await list(query))).toEqual(expected);
  });

  test('pages continue where the last one ended, and end', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: ProfilePage = await list(
        `limit=3${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      );
      seen.push(...paths(page));
      cursor = page.next;
    }
    expect(seen).toEqual([
      'acme/web',
      'acme/worker_pool',
      'library/docker-nginx',
      'library/postgres',
    ]);
  });

  test.each(['limit=0', 'limit=101', 'limit=many', 'cursor=x', 'team=Not%20A%20Team'])(
    'list %s is refused',
    async (query) => {
      const response = await registry.fetch(`/v1/profiles?${query}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ status: 400 });
    },
  );

  test('a profile contains its latest version and the manifest', async () => {
    const newer = {
      name: 'web',
      version: '1.1.0',
      text: profileText('web', '/more'),
      manifest: { ...manifest, description: 'Our new front end', images: ['web'] },
    };
    await expectStatus(201, publish(registry, acme, newer));
    const profile = await (await registry.fetch('/v1/profiles/acme/web')).json();
    expect(profile).toMatchObject({
      team: 'acme',
      name: 'web',
      manifest: { description: 'Our new front end', images: ['web'] },
      latest: { version: '1.1.0', signers: [acme.key.publicKey.keyId] },
    });
    expect((await list('q=new+front')).items).toMatchObject([
      { description: 'Our new front end', images: ['web'], latest: '1.1.0' },
    ]);

    const older = { name: 'web', version: '1.0.1', text: profileText('web', '/fix') };
    await expectStatus(201, publish(registry, acme, older));
    expect((await list('q=new+front')).items).toMatchObject([{ latest: '1.1.0' }]);
  });
});
