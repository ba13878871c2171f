import { createHash } from 'node:crypto';
import {
  createPublisher,
  expectStatus,
  manifest,
  type Publisher,
  profileText,
  publish,
  send,
} from '../publisher.ts';
import type { Runtime, TestRegistry } from '../runtimes.ts';

export const imageManifest = 'application/vnd.oci.image.manifest.v1+json';
export const imageIndex = 'application/vnd.oci.image.index.v1+json';

/** The digest of the empty config, and one that nothing has. */
export const empty = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
export const unknown = `sha256:${'0'.repeat(64)}`;

export const digestOf = (text: string) =>
  `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** The digest of the layer of library/web@1.0.0. */
export const layer = digestOf(profileText('web'));

/** The path of a package's manifests, blobs, tags or referrers. */
export const at = (name: string, rest: string) => `/v2/library/${name}/${rest}`;

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  artifactType?: string;
  annotations?: Record<string, string>;
}

/** The members of manifests and indexes that the tests read. */
export interface ImageManifest {
  artifactType: string;
  layers: Descriptor[];
  manifests: Descriptor[];
  subject: Descriptor;
}

/** A registry with these packages of library: web, several (with variants) and secret (private). */
export interface OciRegistry extends TestRegistry {
  library: Publisher;
  /** The digests of the artifacts web:1.0.0 and web:10.1.0, which is yanked. */
  artifact: string;
  yanked: string;
  /** Sends a request over a socket, since a server may change headers. */
  ask: (path: string, headers?: Record<string, string>, method?: string) => Promise<Response>;
  /** The JSON of a response with the status 200. */
  read: (path: string, headers?: Record<string, string>) => Promise<ImageManifest>;
  /** Changes something below library's profiles. */
  put: (path: string, body: object) => Promise<Response>;
  /** The header with library's token. */
  bearer: () => { Authorization: string };
}

export async function openOci({ start }: Runtime): Promise<OciRegistry> {
  const registry = await start();
  const library = await createPublisher(registry, 'library');
  const { token } = library;
  const ask: OciRegistry['ask'] = (path, headers = {}, method = 'GET') =>
    fetch(new URL(path, registry.url), { method, headers });
  const put = (path: string, body: object) =>
    expectStatus(200, send(registry, 'PUT', `/v1/profiles/library/${path}`, body, token));
  const tagged = async (version: string) =>
    (await ask(at('web', `manifests/${version}`))).headers.get('Docker-Content-Digest') ?? '';

  for (const version of ['1.0.0', '1.1.0', '2.0.0-rc.1', '10.0.0', '10.1.0']) {
    const text = version === '1.0.0' ? profileText('web') : profileText('web', version);
    await expectStatus(201, publish(registry, library, { name: 'web', version, text }));
  }
  await put('web/channels/stable', { version: '1.1.0', previous: null });
  await put('web/channels/broken', { version: '10.1.0', previous: null });
  const yanked = await tagged('10.1.0');
  const yank = '/v1/profiles/library/web/versions/10.1.0/yank';
  await expectStatus(200, send(registry, 'POST', yank, { reason: 'broken' }, token));
  const several = {
    name: 'several',
    version: '1.0.0',
    others: [profileText('several', '-newer')],
    manifest: { ...manifest, variants: ['3.0', '4.0'] },
  };
  await expectStatus(201, publish(registry, library, several));
  await expectStatus(201, publish(registry, library, { name: 'secret', version: '1.0.0' }));
  await put('secret/visibility', { visibility: 'private' });
  return {
    ...{ ...registry, library, yanked, ask, put },
    artifact: await tagged('1.0.0'),
    read: async (path, headers) =>
      (await (await expectStatus(200, ask(path, headers))).json()) as ImageManifest,
    bearer: () => ({ Authorization: `Bearer ${token}` }),
  };
}
