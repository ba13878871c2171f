import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectStatus } from '../publisher.ts';
import { origin, runtimes } from '../runtimes.ts';
import { at, empty, layer, type OciRegistry, openOci, unknown } from './oci.ts';

describe.each(runtimes)('errors of OCI clients on $name', (runtime) => {
  let registry: OciRegistry;

  beforeAll(async () => {
    registry = await openOci(runtime);
  });
  afterAll(() => registry.close());

  const body = (text: string) =>
    text.replaceAll('ARTIFACT', registry.artifact).replaceAll('YANKED', registry.yanked);

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
      const response = await registry.ask(body(path), anonymous);
      expect(response.headers.get('Content-Type')).toMatch(/^application\/json/);
      expect(response.headers.get('Cache-Control')).toBe('no-store');
      expect(await response.json()).toEqual({ errors: [{ code, message: expect.any(String) }] });
      expect(response.status).toBe(status);
      expect((await registry.ask(body(path), anonymous, 'HEAD')).status).toBe(status);
    },
  );

  test.each(refused.filter(([, , , code]) => code === 'NAME_UNKNOWN'))(
    '%s asks clients without credentials for a token',
    async (_, path) => {
      const response = await registry.ask(path);
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
    for (const headers of [{}, registry.bearer()]) {
      const response = await registry.ask(path, headers, method);
      expect(response.status).toBe(405);
      expect(response.headers.get('Allow')).toBe('GET, HEAD, OPTIONS');
      const { errors } = (await response.json()) as { errors: { code: string; message: string }[] };
      expect(errors).toMatchObject([{ code: 'UNSUPPORTED' }]);
      expect(errors[0]?.message).toContain('aa-registry publish');
    }
    await expectStatus(200, registry.ask(at('web', 'manifests/1.0.0')));
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
