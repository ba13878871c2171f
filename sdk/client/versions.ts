import {
  FleetEventList,
  Publication,
  Published,
  Resolutions,
  Version,
} from '../../contract/index.ts';
import { Envelope, formatReference, type Reference } from '../../trust/index.ts';
import { confirmsPublication } from '../confirmation.ts';
import { type Connection, maxResponseBytes } from './connection.ts';
import { UnreachableError } from './errors.ts';
import { type VersionPath, versionPath } from './paths.ts';

/** Requests about versions. */
export function versionRequests({
  base,
  call,
  exchange,
  read,
  requireConfirmed,
  send,
}: Connection) {
  return {
    /**
     * What references resolve to now, in order, in one request; at most 100. With the `etag` of an earlier response,
     * returns `undefined` if nothing has changed. Among several references, one that matches nothing has a problem in
     * the result; a single one throws it.
     */
    async resolve(
      references: readonly Reference[],
      etag?: string,
    ): Promise<{ items: Resolutions['items']; etag: string | undefined } | undefined> {
      const query = new URLSearchParams(
        references.map((reference) => ['ref', formatReference(reference)]),
      );
      const path = `/v1/resolve?${query}`;
      const { response, bytes } = await exchange('GET', path, { known: etag });
      if (response.status === 304) return undefined;
      const { items } = read(Resolutions, path, bytes);
      if (items.length !== references.length) {
        throw new UnreachableError(`The registry at ${base} sent an unexpected response.`);
      }
      return { items, etag: response.headers.get('ETag') ?? undefined };
    },

    /** One version, with its lint results. */
    getVersion(path: VersionPath): Promise<Version> {
      return call(Version, 'GET', versionPath(path));
    },

    /** The bytes of a version, unverified. */
    getContent(path: VersionPath, release?: string): Promise<Uint8Array<ArrayBuffer>> {
      const query = release === undefined ? '' : `?release=${release}`;
      return send('GET', `${versionPath(path)}/profile${query}`, {
        maxBytes: maxResponseBytes.profile,
      });
    },

    /** The envelope of a version, unverified. */
    getEnvelope(path: VersionPath): Promise<Envelope> {
      return call(Envelope, 'GET', `${versionPath(path)}/envelope`);
    },

    /** Publishes a version. Publishing the same bytes again changes nothing: `created` is then false. */
    async publish(
      path: VersionPath,
      publication: Publication,
    ): Promise<Published & { created: boolean }> {
      const url = versionPath(path);
      const body = Publication.parse(publication);
      const { response, bytes } = await exchange('PUT', url, { body });
      const published = read(Published, url, bytes);
      requireConfirmed(
        await confirmsPublication(path, body, published),
        `that ${path.team}/${path.name}@${path.version} is in its log as you signed it`,
      );
      return { ...published, created: response.status === 201 };
    },

    /** Yanks a version: exact requests still get it, but no range or channel resolves to it. */
    async yank(path: VersionPath, reason: string): Promise<Version> {
      const yanked = await call(Version, 'POST', `${versionPath(path)}/yank`, { reason });
      const { team, name, version, yankReason } = yanked;
      const isSame = team === path.team && name === path.name && version === path.version;
      requireConfirmed(isSame && yankReason !== null, `that ${path.version} is yanked`);
      return yanked;
    },

    /** The denials and complain-mode events of a version that hosts reported, those of the most hosts first. */
    listEvents(path: VersionPath, limit: number): Promise<FleetEventList> {
      return call(FleetEventList, 'GET', `${versionPath(path)}/events?limit=${limit}`);
    },
  };
}
