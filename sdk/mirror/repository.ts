import { type Digest, ociTypes, sha256 } from '../../trust/index.ts';
import type { Connection } from './connection.ts';
import {
  type Descriptor,
  type Manifest,
  maxManifest,
  maxVersionBundle,
  readManifest,
  readTags,
  requireDigest,
} from './content.ts';

/** A manifest with its digest. */
export interface Found {
  digest: Digest;
  manifest: Manifest;
}

/** A repository of a registry of OCI. What has a digest is verified with it. */
export interface Repository {
  /** Its address, for messages. */
  where: string;
  /** What a tag or a digest names; `undefined` if nothing. */
  find: (reference: string) => Promise<Found | undefined>;
  blob: (digest: Digest) => Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** What refers to a manifest, of one type of artifact. */
  referrers: (subject: Digest, artifactType: string) => Promise<Descriptor[]>;
  /** Its tags; `undefined` if there is no such repository. */
  tags: () => Promise<string[] | undefined>;
}

const manifestTypes = `${ociTypes.manifest}, ${ociTypes.index}`;

/** The maximum number of pages of a list, and of their bytes: a registry could send them without end. */
const maxPages = 20;
const maxList = 16 << 20;

/** The repository `name` of a registry (OCI distribution-spec 1.1). */
export function openRepository(connection: Connection, name: string): Repository {
  const { origin } = connection;
  const base = `/v2/${name}`;
  const where = `${origin.replace(/^https?:/, 'oci:')}/${name}`;

  async function get(path: string, maxBytes: number, accept?: string) {
    const options = { maxBytes, ...(accept !== undefined && { accept }) };
    const response = await connection.get(path, options);
    return response.status === 404 ? undefined : response;
  }

  async function find(reference: string): Promise<Found | undefined> {
    const response = await get(`${base}/manifests/${reference}`, maxManifest, manifestTypes);
    if (!response) return undefined;
    const { bytes } = response;
    const what = `${where}:${reference}`;
    const isDigest = reference.startsWith('sha256:');
    if (isDigest) await requireDigest(bytes, reference as Digest, what);
    return { digest: await sha256(bytes), manifest: readManifest(bytes, what) };
  }

  /** The pages of a list, each parsed by `read`; `undefined` if the registry has no such list. */
  async function pages<Item>(
    path: string,
    read: (bytes: Uint8Array) => Item[],
  ): Promise<Item[] | undefined> {
    const items: Item[] = [];
    let next: string | undefined = path;
    let left = maxList;
    for (let page = 0; next !== undefined && page < maxPages; page++) {
      const response = await get(next, Math.min(maxManifest, left), ociTypes.index);
      if (!response) return page === 0 ? undefined : items;
      left -= response.bytes.length;
      items.push(...read(response.bytes));
      next = nextOf(response.headers.get('Link'), `${origin}${next}`);
    }
    return items;
  }

  return {
    where,
    find,
    async blob(digest) {
      const response = await get(`${base}/blobs/${digest}`, maxVersionBundle);
      return response && requireDigest(response.bytes, digest, `a blob of ${where}`);
    },
    async referrers(subject, artifactType) {
      const isWanted = (one: Descriptor) => one.artifactType === artifactType;
      const query = `?artifactType=${encodeURIComponent(artifactType)}`;
      const listed = await pages(
        `${base}/referrers/${subject}${query}`,
        (bytes) => readManifest(bytes, `the referrers in ${where}`).manifests ?? [],
      );
      const wanted = listed?.filter(isWanted) ?? [];
      if (wanted.length > 0) return wanted;
      // Without that API, or from before it, clients keep the list under a tag ("Referrers Tag Schema").
      const fallback = await find(subject.replace(':', '-'));
      return fallback?.manifest.manifests?.filter(isWanted) ?? [];
    },
    tags: () =>
      pages(`${base}/tags/list`, (bytes) => readTags(bytes, `the list of tags in ${where}`)),
  };
}

/** The path of the next page (RFC 8288), if it is on the same registry. */
function nextOf(link: string | null, current: string): string | undefined {
  const [, target] = /^\s*<([^>]*)>\s*;\s*rel="?next"?/i.exec(link?.slice(0, 4096) ?? '') ?? [];
  const url = target === undefined ? null : URL.parse(target, current);
  const isSame = url !== null && url.origin === new URL(current).origin;
  return isSame ? `${url.pathname}${url.search}` : undefined;
}
