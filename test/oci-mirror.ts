import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseBundle } from '../sdk/bundle.ts';
import type { Bundle } from '../trust/index.ts';
import { expectStatus } from './publisher.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';
const bundleType = 'application/vnd.aa-registry.bundle.v1';

export const digestOf = (content: string | Buffer) =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`;

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  artifactType?: string;
  annotations?: Record<string, string>;
}

interface Manifest {
  mediaType: string;
  artifactType?: string;
  layers?: Descriptor[];
  manifests?: Descriptor[];
  subject?: Descriptor;
  annotations?: Record<string, string>;
}

/** What a mirror has of one repository. */
interface Repository {
  /** By tag: the digest of a manifest. */
  tags: Map<string, string>;
  /** By digest. */
  manifests: Map<string, string>;
  blobs: Map<string, string>;
  /** By the digest of the subject. */
  referrers: Map<string, Descriptor[]>;
}

/** Answers a request instead of the mirror if it returns true. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

/** How a mirror behaves. */
export interface MirrorOptions {
  /** Lists of referrers: by the API, or under a tag only. */
  referrers?: 'api' | 'tag';
  /** Who may read, and how clients prove who they are. */
  password?: { scheme: 'basic' | 'bearer'; value: string; realm?: string };
  /** Blobs are on another address, as in object storage. */
  blobsAt?: string;
  intercept?: Intercept;
}

/** A registry of OCI on the loopback interface, which need not be honest. */
export interface Mirror extends MirrorOptions {
  host: string;
  repositories: Map<string, Repository>;
  /** The paths of requests, with their Authorization. */
  requests: { path: string; authorization: string | undefined }[];
  /** Copies a version with all that refers to it, as `oras cp --recursive` does. */
  copy: (from: Copied) => Promise<void>;
  /** Replaces the bundles of a tag's artifact by this change of the newest one. */
  rebundle: (repository: string, tag: string, change: (bundle: Bundle) => Bundle) => void;
  /** Replaces the artifact of a tag by one with this text, keeping its bundles. */
  replaceText: (repository: string, tag: string, text: string) => void;
  /** Writes a repository as a folder in the OCI image layout, as ORAS does. */
  writeLayout: (repository: string, folder: string) => Promise<void>;
  close: () => Promise<void>;
}

/** A version to copy: where from, the package, and its tag there and, if it is another, in the mirror. */
export interface Copied {
  registry: { fetch: (path: string, init?: RequestInit) => Promise<Response> };
  path: string;
  tag: string;
  as?: string;
  /** The repository in the mirror, if it is another. */
  to?: string;
  token?: string;
}

export async function startMirror(options: MirrorOptions = {}): Promise<Mirror> {
  const repositories: Mirror['repositories'] = new Map();
  const requests: Mirror['requests'] = [];
  const open = (name: string): Repository => {
    const made = { tags: new Map(), manifests: new Map(), blobs: new Map(), referrers: new Map() };
    const found = repositories.get(name) ?? made;
    repositories.set(name, found);
    return found;
  };
  const put = (repository: Repository, manifest: Manifest): Descriptor => {
    const text = JSON.stringify(manifest);
    const digest = digestOf(text);
    repository.manifests.set(digest, text);
    const { mediaType, artifactType, annotations } = manifest;
    const more = { ...(artifactType && { artifactType }), ...(annotations && { annotations }) };
    return { mediaType, digest, size: Buffer.byteLength(text), ...more };
  };
  const artifactOf = (name: string, tag: string) => {
    const repository = open(name);
    const digest = repository.tags.get(tag) ?? '';
    const text = repository.manifests.get(digest) ?? '';
    return { repository, digest, text, manifest: JSON.parse(text) as Manifest };
  };
  const manifestOf = ({ manifests }: Repository, { digest }: Descriptor): Manifest =>
    JSON.parse(manifests.get(digest) ?? '');

  const mirror: Mirror = {
    ...options,
    ...{ host: '', repositories, requests },
    async copy({ registry, path, tag, as = tag, to = path, token }) {
      const repository = open(to);
      const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
      const read = async (rest: string) =>
        (await expectStatus(200, registry.fetch(`/v2/${path}/${rest}`, { headers }))).text();
      const copyManifest = async (reference: string): Promise<string> => {
        const text = await read(`manifests/${reference}`);
        const { layers = [], manifests = [] } = JSON.parse(text) as Manifest;
        for (const { digest } of layers) {
          repository.blobs.set(digest, await read(`blobs/${digest}`));
        }
        for (const { digest } of manifests) await copyManifest(digest);
        repository.manifests.set(digestOf(text), text);
        return digestOf(text);
      };
      const digest = await copyManifest(tag);
      repository.tags.set(as, digest);
      const { manifests = [] } = JSON.parse(await read(`referrers/${digest}`)) as Manifest;
      for (const one of manifests) await copyManifest(one.digest);
      repository.referrers.set(digest, manifests);
    },
    rebundle(name, tag, change) {
      const { repository, digest, text, manifest } = artifactOf(name, tag);
      const all = repository.referrers.get(digest) ?? [];
      const bundles = all.filter((one) => one.artifactType === bundleType);
      const newest = bundles.toSorted((a, b) =>
        JSON.stringify(a.annotations) < JSON.stringify(b.annotations) ? 1 : -1,
      )[0];
      if (!newest) throw new Error(`${name}:${tag} has no bundle`);
      const own = manifestOf(repository, newest);
      const [layer] = own.layers ?? [];
      if (!layer) throw new Error('the bundle has no layer');
      const bundle = parseBundle(repository.blobs.get(layer.digest) ?? '');
      const made = JSON.stringify(change(structuredClone(bundle as Bundle)));
      repository.blobs.set(digestOf(made), made);
      const subject = { mediaType: manifest.mediaType, digest, size: Buffer.byteLength(text) };
      const layers = [{ ...layer, digest: digestOf(made), size: Buffer.byteLength(made) }];
      repository.referrers.set(digest, [
        ...all.filter((one) => one.artifactType !== bundleType),
        put(repository, { ...own, layers, subject }),
      ]);
    },
    replaceText(name, tag, text) {
      const { repository, digest, manifest } = artifactOf(name, tag);
      const [layer] = manifest.layers ?? [];
      if (!layer) throw new Error(`${name}:${tag} has no layer`);
      repository.blobs.set(digestOf(text), text);
      const layers = [{ ...layer, digest: digestOf(text), size: Buffer.byteLength(text) }];
      const made = put(repository, { ...manifest, layers });
      repository.tags.set(tag, made.digest);
      repository.referrers.set(made.digest, repository.referrers.get(digest) ?? []);
      mirror.rebundle(name, tag, (bundle) => bundle);
    },
    async writeLayout(name, folder) {
      const { tags, manifests, blobs, referrers } = open(name);
      await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
      for (const [digest, text] of [...manifests, ...blobs]) {
        await writeFile(join(folder, 'blobs', digest.replace(':', '/')), text);
      }
      const named = [...tags].map(([tag, digest]) => {
        const text = manifests.get(digest) ?? '';
        const { mediaType } = JSON.parse(text) as Manifest;
        const annotations = { 'org.opencontainers.image.ref.name': tag };
        return { mediaType, digest, size: Buffer.byteLength(text), annotations };
      });
      const all = [...named, ...[...referrers.values()].flat()];
      await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
      await writeFile(
        join(folder, 'index.json'),
        JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: all }),
      );
    },
    close: async () => {},
  };

  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const { authorization } = request.headers;
    requests.push({ path, authorization });
    if (mirror.intercept?.(request, response)) return;
    const url = new URL(path, 'http://mirror');
    const reply = (status: number, body: string, headers: Record<string, string> = {}) => {
      response.writeHead(status, headers);
      response.end(body);
    };
    const { password } = mirror;
    if (password) {
      const basic = `Basic ${Buffer.from(`ada:${password.value}`).toString('base64')}`;
      if (url.pathname === '/token') {
        const isAllowed = authorization === basic;
        return reply(isAllowed ? 200 : 401, isAllowed ? '{"token":"granted"}' : '{}');
      }
      const wanted = password.scheme === 'basic' ? basic : 'Bearer granted';
      if (authorization !== wanted) {
        const realm = password.realm ?? `http://${mirror.host}/token`;
        const challenge =
          password.scheme === 'basic'
            ? 'Basic realm="mirror"'
            : `Bearer realm="${realm}",service="mirror",scope="repository:x:pull"`;
        return reply(401, '{}', { 'WWW-Authenticate': challenge });
      }
    }
    const [, name = '', kind, reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|referrers|tags)\/([^/]+)$/.exec(url.pathname) ?? [];
    const repository = repositories.get(name);
    if (!repository) return reply(404, '{}');
    const list = (manifests: Descriptor[]) =>
      JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests });
    if (kind === 'tags') return reply(200, JSON.stringify({ tags: [...repository.tags.keys()] }));
    if (kind === 'blobs') {
      const blob = repository.blobs.get(reference);
      if (blob === undefined) return reply(404, '{}');
      if (mirror.blobsAt === undefined) return reply(200, blob);
      return reply(307, '', { Location: `${mirror.blobsAt}${path}` });
    }
    if (kind === 'referrers') {
      if (mirror.referrers === 'tag') return reply(404, '{}');
      return reply(200, list(repository.referrers.get(reference) ?? []), {
        'Content-Type': indexType,
      });
    }
    const subject = reference.replace(/^sha256-/, 'sha256:');
    if (mirror.referrers === 'tag' && subject !== reference) {
      return reply(200, list(repository.referrers.get(subject) ?? []));
    }
    const text = repository.manifests.get(repository.tags.get(reference) ?? reference);
    if (text === undefined) return reply(404, '{}');
    const { mediaType = manifestType } = JSON.parse(text) as Manifest;
    reply(200, text, { 'Content-Type': mediaType });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mirror.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  mirror.close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return mirror;
}
