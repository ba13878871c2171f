import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPublisher, expectStatus, profileText, send, signDraft } from '../publisher.ts';
import { origin, runtimes } from '../runtimes.ts';
import { at, empty, type OciRegistry, openOci } from './oci.ts';

describe.each(runtimes)('tokens of OCI clients on $name', (runtime) => {
  let registry: OciRegistry;

  beforeAll(async () => {
    registry = await openOci(runtime);
  });
  afterAll(() => registry.close());

  const basic = (password: string) => ({ Authorization: `Basic ${btoa(`ada:${password}`)}` });

  test('/v2/ asks clients without credentials for one, and accepts every valid one', async () => {
    for (const path of ['/v2', '/v2/']) {
      const response = await expectStatus(401, registry.ask(path));
      expect(response.headers.get('WWW-Authenticate')).toBe(
        `Bearer realm="${origin}/v2/token",service="registry.test"`,
      );
      await expectStatus(401, registry.ask(path, { Authorization: 'Bearer aar_wrong' }));
      for (const headers of [registry.bearer(), { Authorization: 'Bearer anonymous' }]) {
        const found = await expectStatus(200, registry.ask(path, headers));
        expect(found.headers.get('Docker-Distribution-API-Version')).toBe('registry/2.0');
      }
    }
  });

  test('the challenge names the package', async () => {
    const response = await registry.ask(at('secret', 'manifests/1.0.0'));
    expect(response.headers.get('WWW-Authenticate')).toBe(
      `Bearer realm="${origin}/v2/token",service="registry.test",scope="repository:library/secret:pull"`,
    );
  });

  const tokenFor = async (headers: Record<string, string>) => {
    const path = '/v2/token?service=registry.test&scope=repository:library/secret:pull&account=ada';
    const response = await registry.ask(path, headers);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    return { status: response.status, body: (await response.json()) as { token?: string } };
  };

  test('an API token as the password reads a private package', async () => {
    const { status, body } = await tokenFor(basic(registry.library.token));
    expect(status).toBe(200);
    expect(body).toEqual({ token: body.token, access_token: body.token, expires_in: 300 });
    const headers = { Authorization: `Bearer ${body.token}` };
    const response = await expectStatus(
      200,
      registry.ask(at('secret', 'manifests/1.0.0'), headers),
    );
    expect(response.headers.get('Cache-Control')).toBe('private, max-age=10');
    const digest = response.headers.get('Docker-Content-Digest');
    const same = await registry.ask(at('secret', `manifests/${digest}`), headers);
    expect(same.headers.get('Cache-Control')).toBe('private, no-cache');
    expect(await registry.read(at('secret', 'tags/list'), headers)).toMatchObject({
      tags: ['1.0.0', 'latest'],
    });
    const { manifests } = await registry.read(at('secret', `referrers/${digest}`), headers);
    expect(manifests).toHaveLength(3);
  });

  test('a private package’s proof can be opened', async () => {
    const headers = registry.bearer();
    await expectStatus(
      201,
      send(
        registry,
        'PUT',
        '/v1/profiles/library/hidden/versions/1.0.0',
        {
          profile: profileText('hidden'),
          envelope: await signDraft(registry.library, { name: 'hidden', version: '1.0.0' }),
          visibility: 'private',
        },
        registry.library.token,
      ),
    );
    const { headers: found } = await registry.ask(at('hidden', 'manifests/1.0.0'), headers);
    const type = 'application/vnd.aa-registry.proof.v1';
    const path = `referrers/${found.get('Docker-Content-Digest')}?artifactType=${type}`;
    const { manifests } = await registry.read(at('hidden', path), headers);
    const { layers } = await registry.read(
      at('hidden', `manifests/${manifests[0]?.digest}`),
      headers,
    );
    const proof = await registry.read(at('hidden', `blobs/${layers[0]?.digest}`), headers);
    expect(proof).toMatchObject({ blind: expect.stringMatching(/^[0-9a-f]+$/) });
  });

  test('without credentials there is a token that reads what is public', async () => {
    const { status, body } = await tokenFor({});
    expect(status).toBe(200);
    const headers = { Authorization: `Bearer ${body.token}` };
    await expectStatus(200, registry.ask(at('web', 'manifests/1.0.0'), headers));
    await expectStatus(404, registry.ask(at('secret', 'manifests/1.0.0'), headers));
  });

  test.each<[string, () => Record<string, string>]>([
    ['an unknown token', () => basic('aar_unknown')],
    ['no password', () => basic('')],
    ['a token as Bearer', () => registry.bearer()],
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
    await expectStatus(200, registry.ask(at('web', 'manifests/1.0.0'), headers));
    await expectStatus(404, registry.ask(at('secret', 'manifests/1.0.0'), headers));
    await expectStatus(404, registry.ask(at('secret', `blobs/${empty}`), headers));
  });

  test('a revoked token reads nothing', async () => {
    const request = { team: 'library', label: 'puller', scope: 'read' };
    const made = send(registry, 'POST', '/v1/tokens', request, registry.library.token);
    const { token, id } = (await (await expectStatus(201, made)).json()) as {
      token: string;
      id: number;
    };
    expect((await tokenFor(basic(token))).body.token).toBe(token);
    const gone = registry.fetch(`/v1/tokens/${id}`, {
      method: 'DELETE',
      headers: registry.bearer(),
    });
    expect((await gone).ok).toBe(true);
    expect((await tokenFor(basic(token))).status).toBe(401);
    await expectStatus(
      401,
      registry.ask(at('web', 'tags/list'), { Authorization: `Bearer ${token}` }),
    );
  });
});
