import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectStatus, profileText, publish, type signDraft } from '../publisher.ts';
import { runtimes } from '../runtimes.ts';
import {
  at,
  digestOf,
  empty,
  type ImageManifest,
  imageIndex,
  imageManifest,
  layer,
  type OciRegistry,
  openOci,
  unknown,
} from './oci.ts';

describe.each(runtimes)('pulls of OCI clients on $name', (runtime) => {
  let registry: OciRegistry;

  beforeAll(async () => {
    registry = await openOci(runtime);
  });
  afterAll(() => registry.close());

  const body = (text: string) =>
    text.replaceAll('ARTIFACT', registry.artifact).replaceAll('YANKED', registry.yanked);

  /** What the specification requires of reads: the path, the status, and headers that the response has. */
  const requirements: [
    requirement: string,
    path: string,
    status: number,
    headers?: Record<string, string | RegExp | null>,
  ][] = [
    [
      'a manifest by its tag is 200, with its digest and its media type without parameters',
      at('web', 'manifests/1.0.0'),
      200,
      {
        'Content-Type': imageManifest,
        'Docker-Content-Digest': /^sha256:[0-9a-f]{64}$/,
        ETag: /^"sha256:[0-9a-f]{64}"$/,
        'Cache-Control': 'public, max-age=10',
      },
    ],
    [
      'a manifest by its digest is 200 and never changes',
      at('web', 'manifests/ARTIFACT'),
      200,
      { 'Content-Type': imageManifest, 'Cache-Control': 'public, max-age=31536000, immutable' },
    ],
    ['a channel is a tag', at('web', 'manifests/stable'), 200, {}],
    ['latest is a tag', at('web', 'manifests/latest'), 200, {}],
    ['a pre-release is a tag', at('web', 'manifests/2.0.0-rc.1'), 200, {}],
    [
      'a version with variants is an index',
      at('several', 'manifests/1.0.0'),
      200,
      { 'Content-Type': imageIndex },
    ],
    [
      'a blob by its digest is 200, with its digest',
      at('web', `blobs/${layer}`),
      200,
      {
        'Docker-Content-Digest': layer,
        'Content-Type': 'application/octet-stream',
        'Accept-Ranges': 'bytes',
        'Cache-Control': 'public, max-age=31536000, immutable',
      },
    ],
    [
      'the empty config is a blob',
      at('web', `blobs/${empty}`),
      200,
      { 'Docker-Content-Digest': empty },
    ],
    [
      'a list of tags is 200',
      at('web', 'tags/list'),
      200,
      { 'Content-Type': /^application\/json/ },
    ],
    [
      'a list of referrers is an index',
      at('web', 'referrers/ARTIFACT'),
      200,
      { 'Content-Type': imageIndex, 'OCI-Filters-Applied': null },
    ],
    [
      'the referrers of an unknown digest are an empty list',
      at('web', `referrers/${unknown}`),
      200,
      { 'Content-Type': imageIndex },
    ],
    [
      'the referrers of a digest of another algorithm are an empty list',
      at('web', `referrers/sha512:${'0'.repeat(128)}`),
      200,
    ],
    [
      'a filter of referrers is named as applied',
      at('web', 'referrers/ARTIFACT?artifactType=application/none'),
      200,
      { 'OCI-Filters-Applied': 'artifactType' },
    ],
    ['a yanked version has its digest', at('web', 'manifests/YANKED'), 200, {}],
  ];

  test.each(requirements)('%s', async (_, path, status, headers = {}) => {
    for (const method of ['GET', 'HEAD']) {
      const response = await registry.ask(body(path), {}, method);
      const text = await response.text();
      expect(response.status, text).toBe(status);
      for (const [name, value] of Object.entries(headers)) {
        const found = response.headers.get(name);
        if (value instanceof RegExp) expect(found).toMatch(value);
        else expect(found).toBe(value);
      }
      if (method === 'HEAD') expect(text).toBe('');
    }
  });

  test.each([
    ['a manifest', () => at('web', 'manifests/1.0.0')],
    ['an index', () => at('several', 'manifests/1.0.0')],
    ['a blob', () => at('web', `blobs/${layer}`)],
  ])('HEAD of %s has the length and the digest of the body of GET', async (_, path) => {
    const got = await expectStatus(200, registry.ask(path()));
    const bytes = Buffer.from(await got.arrayBuffer());
    const head = await expectStatus(200, registry.ask(path(), {}, 'HEAD'));
    expect(head.headers.get('Content-Length')).toBe(String(bytes.length));
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    expect(head.headers.get('Docker-Content-Digest')).toBe(digest);
    expect(got.headers.get('Docker-Content-Digest')).toBe(digest);
  });
  test('the manifest leads to the exact bytes of the profile', async () => {
    const { artifactType, layers } = await registry.read(at('web', 'manifests/1.0.0'));
    expect(artifactType).toBe('application/vnd.aa-registry.profile.v1');
    expect(layers).toMatchObject([
      { digest: layer, annotations: { 'org.opencontainers.image.title': 'web' } },
    ]);
    expect(await (await registry.ask(at('web', `blobs/${layer}`))).text()).toBe(profileText('web'));
  });

  test('an index leads to the exact bytes of each variant', async () => {
    const { manifests } = await registry.read(at('several', 'manifests/1.0.0'));
    const texts = [profileText('several'), profileText('several', '-newer')];
    expect(manifests).toHaveLength(2);
    for (const [index, { digest, size, mediaType }] of manifests.entries()) {
      expect(mediaType).toBe(imageManifest);
      const text = await (await registry.ask(at('several', `manifests/${digest}`))).text();
      expect([digestOf(text), Buffer.byteLength(text)]).toEqual([digest, size]);
      const [file] = (JSON.parse(text) as ImageManifest).layers;
      const blob = await (await registry.ask(at('several', `blobs/${file?.digest}`))).text();
      expect(blob).toBe(texts[index]);
    }
  });

  test('publishing the same version again changes no digest', async () => {
    const draft = { name: 'web', version: '1.0.0', envelope: await envelopeOf('1.0.0') };
    await expectStatus(200, publish(registry, registry.library, draft));
    const { headers } = await registry.ask(at('web', 'manifests/1.0.0'));
    expect(headers.get('Docker-Content-Digest')).toBe(registry.artifact);
  });

  const envelopeOf = async (version: string) =>
    (await (
      await registry.ask(`/v1/profiles/library/web/versions/${version}/envelope`)
    ).json()) as Awaited<ReturnType<typeof signDraft>>;
  /** Ranges of a blob of the same text: the header, the status, and what is sent. */
  const text = profileText('web');
  const { length } = text;
  test.each<[range: string, status: number, sent: string, contentRange: string | null]>([
    ['bytes=0-9', 206, text.slice(0, 10), `bytes 0-9/${length}`],
    ['bytes=10-', 206, text.slice(10), `bytes 10-${length - 1}/${length}`],
    ['bytes=-5', 206, text.slice(-5), `bytes ${length - 5}-${length - 1}/${length}`],
    ['bytes=0-99999', 206, text, `bytes 0-${length - 1}/${length}`],
    ['bytes=-99999', 206, text, `bytes 0-${length - 1}/${length}`],
    ['bytes=0-1,3-4', 200, text, null],
    ['bytes=5-1', 200, text, null],
    ['lines=0-1', 200, text, null],
    ['bytes=x', 200, text, null],
  ])('Range: %s is %i', async (range, status, sent, contentRange) => {
    const response = await registry.ask(at('web', `blobs/${layer}`), { Range: range });
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(sent);
    expect(response.headers.get('Content-Range')).toBe(contentRange);
    expect(response.headers.get('Content-Length')).toBe(String(sent.length));
    expect(response.headers.get('Docker-Content-Digest')).toBe(layer);
  });

  test.each([`bytes=${length}-`, 'bytes=-0'])('Range: %s is 416', async (range) => {
    const response = await registry.ask(at('web', `blobs/${layer}`), { Range: range });
    expect(response.status).toBe(416);
    expect(response.headers.get('Content-Range')).toBe(`bytes */${length}`);
  });

  test('HEAD has no ranges', async () => {
    const path = at('web', `blobs/${layer}`);
    const response = await registry.fetch(path, {
      method: 'HEAD',
      headers: { Range: 'bytes=0-1' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Length')).toBe(String(length));
  });

  test('If-Range and If-None-Match come before Range', async () => {
    const part = (headers: object) =>
      registry.ask(at('web', `blobs/${layer}`), { Range: 'bytes=0-1', ...headers });
    expect((await part({ 'If-Range': `"${layer}"` })).status).toBe(206);
    expect((await part({ 'If-Range': '"other"' })).status).toBe(200);
    expect((await part({ 'If-None-Match': `"${layer}"` })).status).toBe(304);
  });

  test.each([
    () => at('web', 'manifests/1.0.0'),
    () => at('web', `manifests/${registry.artifact}`),
    () => at('web', `blobs/${layer}`),
    () => at('web', 'tags/list'),
    () => at('web', `referrers/${registry.artifact}`),
  ])('what has not changed is not sent again', async (path) => {
    const { headers } = await expectStatus(200, registry.ask(path()));
    const known = { 'If-None-Match': headers.get('ETag') ?? '' };
    await expectStatus(304, registry.ask(path(), known));
    await expectStatus(200, registry.ask(path(), { 'If-None-Match': '"other"' }));
  });
  test('a channel’s tag follows the channel', async () => {
    const digest = async (tag: string) =>
      (await registry.ask(at('web', `manifests/${tag}`))).headers.get('Docker-Content-Digest');
    expect(await digest('stable')).toBe(await digest('1.1.0'));
    expect(await digest('latest')).toBe(await digest('10.0.0'));
    await registry.put('web/channels/stable', { version: '1.0.0', previous: '1.1.0' });
    expect(await digest('stable')).toBe(registry.artifact);
    await registry.put('web/channels/stable', { version: '1.1.0', previous: '1.0.0' });
  });
});
