import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { profileText } from '../publisher.ts';
import { runtimes } from '../runtimes.ts';
import { at, imageIndex, imageManifest, type OciRegistry, openOci } from './oci.ts';

/** What ORAS accepts for a tag (oras-go, registry/remote/manifest.go). */
const accepted = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  imageManifest,
  imageIndex,
  'application/vnd.oci.artifact.manifest.v1+json',
].join(', ');

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

// ORAS is not in Debian; these are its requests, with what it requires of the responses (oras-go, registry/remote).
describe.each(runtimes)('the requests of ORAS on $name', (runtime) => {
  let registry: OciRegistry;

  beforeAll(async () => {
    registry = await openOci(runtime);
  });
  afterAll(() => registry.close());

  /** Resolves a tag: the headers of a HEAD are the descriptor. */
  async function resolve(path: string, headers: Record<string, string>): Promise<Descriptor> {
    const response = await registry.ask(path, { Accept: accepted, ...headers }, 'HEAD');
    expect(response.status).toBe(200);
    const length = response.headers.get('Content-Length');
    expect(length).not.toBeNull();
    return {
      mediaType: response.headers.get('Content-Type') ?? '',
      digest: response.headers.get('Docker-Content-Digest') ?? '',
      size: Number(length),
    };
  }

  /** Fetches content, which must be what the descriptor says. */
  async function fetchContent(
    path: string,
    { mediaType, digest, size }: Descriptor,
    headers: Record<string, string>,
  ): Promise<string> {
    const isManifest = path.includes('/manifests/');
    const response = await registry.ask(path, {
      ...(isManifest && { Accept: mediaType }),
      ...headers,
    });
    expect(response.status).toBe(200);
    if (isManifest) expect(response.headers.get('Content-Type')).toBe(mediaType);
    expect(response.headers.get('Docker-Content-Digest')).toBe(digest);
    expect(response.headers.get('Content-Length')).toBe(String(size));
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(digest);
    return bytes.toString();
  }

  /** Gets a token as the challenge of a response tells. */
  async function logIn(path: string, password: string): Promise<Record<string, string>> {
    const { status, headers } = await registry.ask(path, { Accept: accepted }, 'HEAD');
    expect(status).toBe(401);
    const challenge = headers.get('WWW-Authenticate') ?? '';
    const parameters = new Map(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
    );
    const realm = new URL(parameters.get('realm') ?? '');
    realm.searchParams.set('service', parameters.get('service') ?? '');
    realm.searchParams.append('scope', parameters.get('scope') ?? '');
    const Authorization = `Basic ${btoa(`ada:${password}`)}`;
    const token = await registry.ask(realm.pathname + realm.search, { Authorization });
    const { access_token } = (await token.json()) as { access_token: string };
    return { Authorization: `Bearer ${access_token}` };
  }

  test.each([
    ['oras pull, of a public package', 'web', false],
    ['oras pull, of a private package', 'secret', true],
  ])('%s', async (_, name, isPrivate) => {
    const tag = at(name, 'manifests/1.0.0');
    const headers = isPrivate ? await logIn(tag, registry.library.token) : {};
    const artifact = await resolve(tag, headers);
    const path = at(name, `manifests/${artifact.digest}`);
    const { config, layers } = JSON.parse(await fetchContent(path, artifact, headers));
    const blob = (one: Descriptor) => fetchContent(at(name, `blobs/${one.digest}`), one, headers);
    expect(await blob(config)).toBe('{}');
    expect(layers[0].annotations['org.opencontainers.image.title']).toBe(name);
    expect(await blob(layers[0])).toBe(profileText(name));
  });

  test('oras discover, and oras cp --recursive', async () => {
    // To find out whether the registry has the referrers API.
    const zero = at('web', `referrers/sha256:${'0'.repeat(64)}`);
    expect((await registry.ask(zero)).headers.get('Content-Type')).toBe(imageIndex);
    const artifact = await resolve(at('web', 'manifests/1.0.0'), {});
    const list = async (query = '') => {
      const response = await registry.ask(at('web', `referrers/${artifact.digest}${query}`));
      expect(response.headers.get('Content-Type')).toBe(imageIndex);
      const { manifests } = (await response.json()) as { manifests: Descriptor[] };
      return manifests;
    };
    const referrers = await list();
    expect(referrers).toHaveLength(3);
    for (const one of referrers) {
      const text = await fetchContent(at('web', `manifests/${one.digest}`), one, {});
      const { subject, layers } = JSON.parse(text);
      expect(subject).toEqual(artifact);
      await fetchContent(at('web', `blobs/${layers[0].digest}`), layers[0], {});
    }
    const query = '?artifactType=application%2Fvnd.aa-registry.envelope.v1';
    expect(await list(query)).toEqual(referrers.slice(1, 2));
  });
});
