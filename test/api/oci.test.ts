import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createPublisher,
  expectStatus,
  manifest,
  type Publisher,
  profileText,
  publish,
  send,
  signDraft,
} from '../publisher.ts';
import { origin, runtimes, type TestRegistry } from '../runtimes.ts';

const imageManifest = 'application/vnd.oci.image.manifest.v1+json';
const imageIndex = 'application/vnd.oci.image.index.v1+json';
const empty = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
const unknown = `sha256:${'0'.repeat(64)}`;

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** The path of a package's manifests, blobs, tags or referrers. */
const at = (name: string, rest: string) => `/v2/library/${name}/${rest}`;

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  artifactType?: string;
  annotations?: Record<string, string>;
}

interface ImageManifest {
  artifactType: string;
  layers: Descriptor[];
  manifests: Descriptor[];
  subject: Descriptor;
}

describe.each(runtimes)('OCI distribution on $name', ({ start }) => {
  let registry: TestRegistry;
  let library: Publisher;
  /** The digest of the artifact web:1.0.0, and of the layer with its profile. */
  let artifact: string;
  /** The digest of the artifact web:10.1.0, which is yanked. */
  let yanked: string;
  const layer = digestOf(profileText('web'));

  // Over a socket, since a server may change headers.
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(new URL(path, registry.url), { method, headers });

  const bearer = () => ({ Authorization: `Bearer ${library.token}` });
  const basic = (password: string) => ({
    Authorization: `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`,
  });

  const read = async (path: string, headers = {}) =>
    (await (await expectStatus(200, ask(path, headers))).json()) as ImageManifest;

  const put = (path: string, body: object) =>
    expectStatus(200, send(registry, 'PUT', `/v1/profiles/library/${path}`, body, library.token));

  beforeAll(async () => {
    registry = await start();
    library = await createPublisher(registry, 'library');
    for (const version of ['1.0.0', '1.1.0', '2.0.0-rc.1', '10.0.0', '10.1.0']) {
      const text = version === '1.0.0' ? profileText('web') : profileText('web', version);
      await expectStatus(201, publish(registry, library, { name: 'web', version, text }));
    }
    await put('web/channels/stable', { version: '1.1.0', previous: null });
    await put('web/channels/broken', { version: '10.1.0', previous: null });
    const yank = '/v1/profiles/library/web/versions/10.1.0/yank';
    const head = await ask(at('web', 'manifests/10.1.0'));
    yanked = head.headers.get('Docker-Content-Digest') ?? '';
    await expectStatus(200, send(registry, 'POST', yank, { reason: 'broken' }, library.token));
    await expectStatus(
      201,
      publish(registry, library, {
        name: 'several',
        version: '1.0.0',
        others: [profileText('several', '-newer')],
        manifest: { ...manifest, variants: ['3.0', '4.0'] },
      }),
    );
    await expectStatus(201, publish(registry, library, { name: 'secret', version: '1.0.0' }));
    await put('secret/visibility', { visibility: 'private' });
    const response = await ask(at('web', 'manifests/1.0.0'));
    artifact = response.headers.get('Docker-Content-Digest') ?? '';
  });
  afterAll(() => registry.close());

  const body = (text: string) => text.replaceAll('ARTIFACT', artifact).replaceAll('YANKED', yanked);

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
      const response = await ask(body(path), {}, method);
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
    const got = await expectStatus(200, ask(path()));
    const bytes = Buffer.from(await got.arrayBuffer());
    const head = await expectStatus(200, ask(path(), {}, 'HEAD'));
    expect(head.headers.get('Content-Length')).toBe(String(bytes.length));
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    expect(head.headers.get('Docker-Content-Digest')).toBe(digest);
    expect(got.headers.get('Docker-Content-Digest')).toBe(digest);
  });

  /** Requests that are refused: with this status and error code. */
  const refused: [what: string, path: string, status: number, code: string][] = [
    ['an unknown tag', at('web', 'manifests/9.9.9'), 404, 'MANIFEST_UNKNOWN'],
    ['an unknown channel', at('web', 'manifests/none'), 404, 'MANIFEST_UNKNOWN'],
    ['a malformed tag', at('web', 'manifests/-'), 404, 'MANIFEST_UNKNOWN'],
    ['a long tag', at('web', `manifests/${'a'.repeat(5000)}`), 404, 'MANIFEST_UNKNOWN'],
    ['a yanked version', at('web', 'manifests/10.1.0'), 404, 'MANIFEST_UNKNOWN'],
    ['a channel of a yanked version', at('web', 'manifests/broken'), 404, 'MANIFEST_UNKNOWN'],
    ['an unknown manifest', at('web', `manifests/${unknown}`), 404, 'MANIFEST_UNKNOWN'],
    ['a blob as a manifest', at('web', `manifests/${layer}`), 404, 'MANIFEST_UNKNOWN'],
    ['another package’s manifest', at('several', 'manifests/ARTIFACT'), 404, 'MANIFEST_UNKNOWN'],
    ['another algorithm', at('web', 'manifests/sha512:00'), 404, 'MANIFEST_UNKNOWN'],
    ['a malformed digest', at('web', 'manifests/sha256:00'), 400, 'DIGEST_INVALID'],
    ['an unknown blob', at('web', `blobs/${unknown}`), 404, 'BLOB_UNKNOWN'],
    ['another package’s blob', at('several', `blobs/${layer}`), 404, 'BLOB_UNKNOWN'],
    ['a manifest as a blob', at('web', 'blobs/ARTIFACT'), 404, 'BLOB_UNKNOWN'],
    ['a malformed digest of a blob', at('web', 'blobs/sha256:XY'), 400, 'DIGEST_INVALID'],
    ['a tag as a blob', at('web', 'blobs/1.0.0'), 400, 'DIGEST_INVALID'],
    ['a malformed digest of a subject', at('web', 'referrers/1.0.0'), 400, 'DIGEST_INVALID'],
    ['a malformed number of tags', at('web', 'tags/list?n=x'), 400, 'UNSUPPORTED'],
    ['a negative number of tags', at('web', 'tags/list?n=-1'), 400, 'UNSUPPORTED'],
    ['an unknown package', at('none', 'manifests/latest'), 404, 'NAME_UNKNOWN'],
    ['tags of an unknown package', at('none', 'tags/list'), 404, 'NAME_UNKNOWN'],
    ['blobs of an unknown package', at('none', `blobs/${empty}`), 404, 'NAME_UNKNOWN'],
    ['referrers of an unknown package', at('none', `referrers/${unknown}`), 404, 'NAME_UNKNOWN'],
    ['a private package', at('secret', 'manifests/1.0.0'), 404, 'NAME_UNKNOWN'],
    ['tags of a private package', at('secret', 'tags/list'), 404, 'NAME_UNKNOWN'],
    ['blobs of a private package', at('secret', `blobs/${empty}`), 404, 'NAME_UNKNOWN'],
    ['referrers of a private one', at('secret', `referrers/${unknown}`), 404, 'NAME_UNKNOWN'],
    ['a name of one part', '/v2/web/manifests/latest', 404, 'NAME_UNKNOWN'],
    ['a name of three parts', '/v2/library/web/more/manifests/latest', 404, 'NAME_UNKNOWN'],
    ['a name in upper case', '/v2/library/WEB/manifests/latest', 400, 'NAME_INVALID'],
    ['a long name', `/v2/library/${'a'.repeat(300)}/tags/list`, 400, 'NAME_INVALID'],
    ['the catalog of names', '/v2/_catalog', 404, 'UNSUPPORTED'],
  ];

  test.each(refused)(
    '%s is refused in the form of the specification',
    async (_, path, status, code) => {
      const anonymous = { Authorization: 'Bearer anonymous' };
      const response = await ask(body(path), anonymous);
      expect(response.headers.get('Content-Type')).toMatch(/^application\/json/);
      expect(response.headers.get('Cache-Control')).toBe('no-store');
      expect(await response.json()).toEqual({ errors: [{ code, message: expect.any(String) }] });
      expect(response.status).toBe(status);
      expect((await ask(body(path), anonymous, 'HEAD')).status).toBe(status);
    },
  );

  test.each(refused.filter(([, , , code]) => code === 'NAME_UNKNOWN'))(
    '%s asks clients without credentials for a token',
    async (_, path) => {
      const response = await ask(path);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
      const challenge = response.headers.get('WWW-Authenticate');
      expect(challenge).toContain(`Bearer realm="${origin}/v2/token",service="registry.test"`);
    },
  );

  test.each([
    ['POST', at('web', 'blobs/uploads/')],
    ['POST', at('web', `blobs/uploads/?mount=${unknown}&from=library/several`)],
    ['PUT', at('web', 'manifests/9.9.9')],
    ['PATCH', at('web', 'blobs/uploads/1')],
    ['DELETE', at('web', 'manifests/1.0.0')],
    ['DELETE', at('web', `blobs/${layer}`)],
    ['PUT', at('none', 'manifests/1.0.0')],
  ])('%s %s is 405 and names the command that publishes', async (method, path) => {
    for (const headers of [{}, bearer()]) {
      const response = await ask(path, headers, method);
      expect(response.status).toBe(405);
      expect(response.headers.get('Allow')).toBe('GET, HEAD, OPTIONS');
      const { errors } = (await response.json()) as { errors: { code: string; message: string }[] };
      expect(errors).toMatchObject([{ code: 'UNSUPPORTED' }]);
      expect(errors[0]?.message).toContain('aa-registry publish');
    }
    await expectStatus(200, ask(at('web', 'manifests/1.0.0')));
  });

  test('the manifest leads to the exact bytes of the profile', async () => {
    const { artifactType, layers } = await read(at('web', 'manifests/1.0.0'));
    expect(artifactType).toBe('application/vnd.aa-registry.profile.v1');
    expect(layers).toMatchObject([
      { digest: layer, annotations: { 'org.opencontainers.image.title': 'web' } },
    ]);
    expect(await (await ask(at('web', `blobs/${layer}`))).text()).toBe(profileText('web'));
  });

  test('an index leads to the exact bytes of each variant', async () => {
    const { manifests } = await read(at('several', 'manifests/1.0.0'));
    const texts = [profileText('several'), profileText('several', '-newer')];
    expect(manifests).toHaveLength(2);
    for (const [index, { digest, size, mediaType }] of manifests.entries()) {
      expect(mediaType).toBe(imageManifest);
      const text = await (await ask(at('several', `manifests/${digest}`))).text();
      expect([digestOf(text), Buffer.byteLength(text)]).toEqual([digest, size]);
      const [file] = (JSON.parse(text) as ImageManifest).layers;
      const blob = await (await ask(at('several', `blobs/${file?.digest}`))).text();
      expect(blob).toBe(texts[index]);
    }
  });

  test('publishing the same version again changes no digest', async () => {
    const draft = { name: 'web', version: '1.0.0', envelope: await envelopeOf('1.0.0') };
    await expectStatus(200, publish(registry, library, draft));
    const { headers } = await ask(at('web', 'manifests/1.0.0'));
    expect(headers.get('Docker-Content-Digest')).toBe(artifact);
  });

  const envelopeOf = async (version: string) =>
    (await (await ask(`/v1/profiles/library/web/versions/${version}/envelope`)).json()) as Awaited<
      ReturnType<typeof signDraft>
    >;

  test.each(['web', 'several'])('the envelope and the proof of %s refer to it', async (name) => {
    const { headers } = await ask(at(name, 'manifests/1.0.0'));
    const subject = headers.get('Docker-Content-Digest');
    const list = async () => (await read(at(name, `referrers/${subject}`))).manifests;
    const referrers = await list();
    const version = `/v1/profiles/library/${name}/versions/1.0.0`;
    const contents: string[] = [];
    for (const { digest, size, artifactType, annotations } of referrers) {
      const text = await (await expectStatus(200, ask(at(name, `manifests/${digest}`)))).text();
      expect([digestOf(text), Buffer.byteLength(text)]).toEqual([digest, size]);
      const referrer = JSON.parse(text) as ImageManifest;
      expect(referrer).toMatchObject({ artifactType, annotations, subject: { digest: subject } });
      contents.push(await (await ask(at(name, `blobs/${referrer.layers[0]?.digest}`))).text());
    }
    expect(referrers.map(({ artifactType }) => artifactType)).toEqual([
      'application/vnd.aa-registry.envelope.v1',
      'application/vnd.aa-registry.proof.v1',
    ]);
    const [envelope, proof = ''] = contents;
    expect(envelope).toBe(await (await ask(`${version}/envelope`)).text());
    const { index, entry } = (await (await ask(`${version}/proof`)).json()) as {
      index: number;
      entry: string;
    };
    expect(JSON.parse(proof)).toMatchObject({ index, entry, inclusion: expect.any(Array) });

    // The proof stays what it was when the log grows.
    await expectStatus(
      201,
      publish(registry, library, { name: 'grows', version: `1.0.${name.length}` }),
    );
    expect(await list()).toEqual(referrers);
    for (const { artifactType } of referrers) {
      const type = encodeURIComponent(artifactType ?? '');
      const found = await read(at(name, `referrers/${subject}?artifactType=${type}`));
      expect(found.manifests.map((one) => one.artifactType)).toEqual([artifactType]);
    }
    const none = await read(at(name, `referrers/${subject}?artifactType=application/none`));
    expect(none.manifests).toEqual([]);
  });

  test('concurrent first requests get the same proof', async () => {
    await expectStatus(201, publish(registry, library, { name: 'first', version: '1.0.0' }));
    const { headers } = await ask(at('first', 'manifests/1.0.0'));
    const path = at('first', `referrers/${headers.get('Docker-Content-Digest')}`);
    const all = await Promise.all(Array.from({ length: 5 }, () => read(path)));
    for (const one of all) expect(one).toEqual(all[0]);
    expect(all[0]?.manifests).toHaveLength(2);
  });

  test('what refers to a referrer is nothing', async () => {
    const { manifests } = await read(at('web', `referrers/${artifact}`));
    for (const { digest } of manifests) {
      expect((await read(at('web', `referrers/${digest}`))).manifests).toEqual([]);
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
    const response = await expectStatus(200, ask(at('web', `tags/list${query}`)));
    expect(await response.json()).toEqual({ name: 'library/web', tags: expected });
    const link = next === null ? null : `<${at('web', `tags/list?${next}`)}>; rel="next"`;
    expect(response.headers.get('Link')).toBe(link);
  });

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
    const response = await ask(at('web', `blobs/${layer}`), { Range: range });
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(sent);
    expect(response.headers.get('Content-Range')).toBe(contentRange);
    expect(response.headers.get('Content-Length')).toBe(String(sent.length));
    expect(response.headers.get('Docker-Content-Digest')).toBe(layer);
  });

  test.each([`bytes=${length}-`, 'bytes=-0'])('Range: %s is 416', async (range) => {
    const response = await ask(at('web', `blobs/${layer}`), { Range: range });
    expect(response.status).toBe(416);
    expect(response.headers.get('Content-Range')).toBe(`bytes */${length}`);
  });

  test('If-Range and If-None-Match come before Range', async () => {
    const part = (headers: object) =>
      ask(at('web', `blobs/${layer}`), { Range: 'bytes=0-1', ...headers });
    expect((await part({ 'If-Range': `"${layer}"` })).status).toBe(206);
    expect((await part({ 'If-Range': '"other"' })).status).toBe(200);
    expect((await part({ 'If-None-Match': `"${layer}"` })).status).toBe(304);
  });

  test.each([
    () => at('web', 'manifests/1.0.0'),
    () => at('web', `manifests/${artifact}`),
    () => at('web', `blobs/${layer}`),
    () => at('web', 'tags/list'),
    () => at('web', `referrers/${artifact}`),
  ])('what has not changed is not sent again', async (path) => {
    const { headers } = await expectStatus(200, ask(path()));
    const known = { 'If-None-Match': headers.get('ETag') ?? '' };
    await expectStatus(304, ask(path(), known));
    await expectStatus(200, ask(path(), { 'If-None-Match': '"other"' }));
  });

  test('a channel’s tag follows the channel', async () => {
    const digest = async (tag: string) =>
      (await ask(at('web', `manifests/${tag}`))).headers.get('Docker-Content-Digest');
    expect(await digest('stable')).toBe(await digest('1.1.0'));
    expect(await digest('latest')).toBe(await digest('10.0.0'));
    await put('web/channels/stable', { version: '1.0.0', previous: '1.1.0' });
    expect(await digest('stable')).toBe(artifact);
    await put('web/channels/stable', { version: '1.1.0', previous: '1.0.0' });
  });

  describe('tokens', () => {
    test('/v2/ asks clients without credentials for one, and accepts every valid one', async () => {
      for (const path of ['/v2', '/v2/']) {
        const response = await expectStatus(401, ask(path));
        expect(response.headers.get('WWW-Authenticate')).toBe(
          `Bearer realm="${origin}/v2/token",service="registry.test"`,
        );
        await expectStatus(401, ask(path, { Authorization: 'Bearer aar_wrong' }));
        for (const headers of [bearer(), { Authorization: 'Bearer anonymous' }]) {
          const found = await expectStatus(200, ask(path, headers));
          expect(found.headers.get('Docker-Distribution-API-Version')).toBe('registry/2.0');
        }
      }
    });

    test('the challenge names the package', async () => {
      const response = await ask(at('secret', 'manifests/1.0.0'));
      expect(response.headers.get('WWW-Authenticate')).toBe(
        `Bearer realm="${origin}/v2/token",service="registry.test",scope="repository:library/secret:pull"`,
      );
    });

    const tokenFor = async (headers: Record<string, string>) => {
      const path =
        '/v2/token?service=registry.test&scope=repository:library/secret:pull&account=ada';
      const response = await ask(path, headers);
      expect(response.headers.get('Cache-Control')).toBe('no-store');
      return { status: response.status, body: (await response.json()) as { token?: string } };
    };

    test('an API token as the password reads a private package', async () => {
      const { status, body } = await tokenFor(basic(library.token));
      expect(status).toBe(200);
      expect(body).toEqual({ token: body.token, access_token: body.token, expires_in: 300 });
      const headers = { Authorization: `Bearer ${body.token}` };
      const response = await expectStatus(200, ask(at('secret', 'manifests/1.0.0'), headers));
      expect(response.headers.get('Cache-Control')).toBe('private, max-age=10');
      const digest = response.headers.get('Docker-Content-Digest');
      const same = await ask(at('secret', `manifests/${digest}`), headers);
      expect(same.headers.get('Cache-Control')).toBe('private, no-cache');
      expect(await read(at('secret', 'tags/list'), headers)).toMatchObject({
        tags: ['1.0.0', 'latest'],
      });
      const { manifests } = await read(at('secret', `referrers/${digest}`), headers);
      expect(manifests).toHaveLength(2);
    });

    test('a private package’s proof can be opened', async () => {
      const headers = bearer();
      await expectStatus(
        201,
        send(
          registry,
          'PUT',
          '/v1/profiles/library/hidden/versions/1.0.0',
          {
            profile: profileText('hidden'),
            envelope: await signDraft(library, { name: 'hidden', version: '1.0.0' }),
            visibility: 'private',
          },
          library.token,
        ),
      );
      const { headers: found } = await ask(at('hidden', 'manifests/1.0.0'), headers);
      const path = `referrers/${found.get('Docker-Content-Digest')}`;
      const { manifests } = await read(at('hidden', path), headers);
      const { layers } = await read(at('hidden', `manifests/${manifests[1]?.digest}`), headers);
      const proof = await read(at('hidden', `blobs/${layers[0]?.digest}`), headers);
      expect(proof).toMatchObject({ blind: expect.stringMatching(/^[0-9a-f]+$/) });
    });

    test('without credentials there is a token that reads what is public', async () => {
      const { status, body } = await tokenFor({});
      expect(status).toBe(200);
      const headers = { Authorization: `Bearer ${body.token}` };
      await expectStatus(200, ask(at('web', 'manifests/1.0.0'), headers));
      await expectStatus(404, ask(at('secret', 'manifests/1.0.0'), headers));
    });

    test.each<[string, () => Record<string, string>]>([
      ['an unknown token', () => basic('aar_unknown')],
      ['no password', () => basic('')],
      ['a token as Bearer', bearer],
      ['malformed base64', () => ({ Authorization: 'Basic *' })],
      ['no colon', () => ({ Authorization: `Basic ${Buffer.from('ada').toString('base64')}` })],
    ])('%s is refused', async (_, headers) => {
      const { status, body } = await tokenFor(headers());
      expect(status).toBe(401);
      expect(body).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
    });

    test('a token of another team does not read a private package', async () => {
      const other = await createPublisher(registry, 'other');
      const headers = { Authorization: `Bearer ${other.token}` };
      await expectStatus(200, ask(at('web', 'manifests/1.0.0'), headers));
      await expectStatus(404, ask(at('secret', 'manifests/1.0.0'), headers));
      await expectStatus(404, ask(at('secret', `blobs/${empty}`), headers));
    });

    test('a revoked token reads nothing', async () => {
      const request = { team: 'library', label: 'puller', scope: 'read' };
      const made = send(registry, 'POST', '/v1/tokens', request, library.token);
      const { token, id } = (await (await expectStatus(201, made)).json()) as {
        token: string;
        id: number;
      };
      expect((await tokenFor(basic(token))).body.token).toBe(token);
      const gone = registry.fetch(`/v1/tokens/${id}`, { method: 'DELETE', headers: bearer() });
      expect((await gone).ok).toBe(true);
      expect((await tokenFor(basic(token))).status).toBe(401);
      await expectStatus(401, ask(at('web', 'tags/list'), { Authorization: `Bearer ${token}` }));
    });
  });
});

describe.each(runtimes)('limits of OCI clients on $name', ({ start }) => {
  test('requests count against the limit of their address, in the form of the specification', async () => {
    const registry = await start({ addressLimit: 5, addressHeader: 'x-client' });
    try {
      const headers = { 'X-Client': '192.0.2.1', Authorization: 'Bearer anonymous' };
      const ask = () => registry.fetch('/v2/', { headers });
      const statuses: number[] = [];
      let last = await ask();
      for (; last.status !== 429 && statuses.length < 10; last = await ask())
        statuses.push(last.status);
      expect(statuses).toEqual([200, 200, 200, 200, 200]);
      expect(await last.json()).toMatchObject({ errors: [{ code: 'TOOMANYREQUESTS' }] });
      expect(Number(last.headers.get('Retry-After'))).toBeGreaterThan(0);
    } finally {
      await registry.close();
    }
  });
});
