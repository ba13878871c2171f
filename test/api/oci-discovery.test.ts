import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseBundle } from '../../sdk/bundle.ts';
import type { Bundle } from '../../trust/index.ts';
import { expectStatus, publish } from '../publisher.ts';
import { runtimes } from '../runtimes.ts';
import { at, digestOf, type ImageManifest, type OciRegistry, openOci } from './oci.ts';

describe.each(runtimes)('content discovery of OCI clients on $name', (runtime) => {
  let registry: OciRegistry;

  beforeAll(async () => {
    registry = await openOci(runtime);
  });
  afterAll(() => registry.close());

  test.each(['web', 'several'])(
    'the envelope, the proof and a bundle of %s refer to it',
    async (name) => {
      const { headers } = await registry.ask(at(name, 'manifests/1.0.0'));
      const subject = headers.get('Docker-Content-Digest');
      const list = async () => (await registry.read(at(name, `referrers/${subject}`))).manifests;
      const referrers = await list();
      const version = `/v1/profiles/library/${name}/versions/1.0.0`;
      const contents: string[] = [];
      for (const { digest, size, artifactType, annotations } of referrers) {
        const text = await (
          await expectStatus(200, registry.ask(at(name, `manifests/${digest}`)))
        ).text();
        expect([digestOf(text), Buffer.byteLength(text)]).toEqual([digest, size]);
        const referrer = JSON.parse(text) as ImageManifest;
        expect(referrer).toMatchObject({ artifactType, annotations, subject: { digest: subject } });
        contents.push(
          await (await registry.ask(at(name, `blobs/${referrer.layers[0]?.digest}`))).text(),
        );
      }
      expect(referrers.map(({ artifactType }) => artifactType)).toEqual([
        'application/vnd.aa-registry.bundle.v1',
        'application/vnd.aa-registry.envelope.v1',
        'application/vnd.aa-registry.proof.v1',
      ]);
      const [bundle = '', envelope, proof = ''] = contents;
      expect(envelope).toBe(await (await registry.ask(`${version}/envelope`)).text());
      const { index, entry } = (await (await registry.ask(`${version}/proof`)).json()) as {
        index: number;
        entry: string;
      };
      expect(JSON.parse(proof)).toMatchObject({ index, entry, inclusion: expect.any(Array) });

      expect(parseBundle(bundle)).toMatchObject({
        offers: [{ team: 'library', name, proof: { index } }],
      });

      // They stay what they were when the log grows.
      await expectStatus(
        201,
        publish(registry, registry.library, { name: 'grows', version: `1.0.${name.length}` }),
      );
      expect(await list()).toEqual(referrers);
      for (const { artifactType } of referrers) {
        const type = encodeURIComponent(artifactType ?? '');
        const found = await registry.read(at(name, `referrers/${subject}?artifactType=${type}`));
        expect(found.manifests.map((one) => one.artifactType)).toEqual([artifactType]);
      }
      const none = await registry.read(
        at(name, `referrers/${subject}?artifactType=application/none`),
      );
      expect(none.manifests).toEqual([]);
    },
  );

  /** The bundles of a version, of those that the list of its referrers has. */
  async function bundlesOf(name: string): Promise<{ digest: string; bundle: Bundle }[]> {
    const { headers } = await registry.ask(at(name, 'manifests/1.0.0'));
    const type = 'application/vnd.aa-registry.bundle.v1';
    const path = `referrers/${headers.get('Docker-Content-Digest')}?artifactType=${type}`;
    const { manifests } = await registry.read(at(name, path));
    return Promise.all(
      manifests.map(async ({ digest }) => {
        const { layers } = await registry.read(at(name, `manifests/${digest}`));
        const blob = await registry.ask(at(name, `blobs/${layers[0]?.digest}`));
        return { digest, bundle: parseBundle(await blob.text()) as Bundle };
      }),
    );
  }
  const sizeOf = ({ checkpoint }: Bundle) => checkpoint.split('\n')[1] ?? '';

  test('bundles are under one checkpoint, until a newer one is needed, which extends it', async () => {
    for (const name of ['one', 'other']) {
      await expectStatus(201, publish(registry, registry.library, { name, version: '1.0.0' }));
    }
    const [one] = await bundlesOf('one');
    const [other] = await bundlesOf('other');
    expect(other?.bundle.checkpoint).toBe(one?.bundle.checkpoint);
    await expectStatus(201, publish(registry, registry.library, { name: 'new', version: '1.0.0' }));
    expect(await bundlesOf('one')).toEqual([one]);
    const [first] = await bundlesOf('new');
    const before = sizeOf(one?.bundle as Bundle);
    expect(first?.bundle.consistency[before]).toEqual(expect.any(Array));
    // The one before stays for clients that are copying it; those before that do not.
    const both = await bundlesOf('one');
    expect(both).toHaveLength(2);
    expect(both).toContainEqual(one);
    expect(both.map(({ bundle }) => bundle.checkpoint)).toContain(first?.bundle.checkpoint);
    await expectStatus(
      201,
      publish(registry, registry.library, { name: 'newer', version: '1.0.0' }),
    );
    await bundlesOf('newer');
    const last = await bundlesOf('one');
    expect(last).toHaveLength(2);
    expect(last).not.toContainEqual(one);
  });

  test('concurrent first requests get the same proof', async () => {
    await expectStatus(
      201,
      publish(registry, registry.library, { name: 'first', version: '1.0.0' }),
    );
    const { headers } = await registry.ask(at('first', 'manifests/1.0.0'));
    const path = at('first', `referrers/${headers.get('Docker-Content-Digest')}`);
    const all = await Promise.all(Array.from({ length: 5 }, () => registry.read(path)));
    for (const one of all) expect(one).toEqual(all[0]);
    expect(all[0]?.manifests).toHaveLength(3);
  });

  test('what refers to a referrer is nothing', async () => {
    const { manifests } = await registry.read(at('web', `referrers/${registry.artifact}`));
    for (const { digest } of manifests) {
      expect((await registry.read(at('web', `referrers/${digest}`))).manifests).toEqual([]);
    }
  });

  const tags = ['1.0.0', '1.1.0', '10.0.0', '2.0.0-rc.1', 'latest', 'stable'];

  /** Pages of tags: the query, the tags, and where the next page begins. */
  test.each<[query: string, expected: string[], next: string | null]>([
    ['', tags, null],
    ['?n=100', tags, null],
    ['?n=6', tags, null],
    ['?n=2', tags.slice(0, 2), 'n=2&last=1.1.0'],
    ['?n=2&last=1.1.0', tags.slice(2, 4), 'n=2&last=2.0.0-rc.1'],
    ['?n=2&last=2.0.0-rc.1', tags.slice(4), null],
    ['?last=latest', ['stable'], null],
    ['?last=stable', [], null],
    ['?last=1.0.5', tags.slice(1), null],
    ['?n=0', [], null],
    ['?n=1&last=', tags.slice(0, 1), 'n=1&last=1.0.0'],
  ])('the list of tags with "%s"', async (query, expected, next) => {
    const response = await expectStatus(200, registry.ask(at('web', `tags/list${query}`)));
    expect(await response.json()).toEqual({ name: 'library/web', tags: expected });
    const link = next === null ? null : `<${at('web', `tags/list?${next}`)}>; rel="next"`;
    expect(response.headers.get('Link')).toBe(link);
  });
});
