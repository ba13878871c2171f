import { Base, BaseList } from '../../contract/index.ts';
import type { Digest } from '../../trust/index.ts';
import { type Connection, maxResponseBytes } from './connection.ts';

/** Requests about base policies. */
export function baseRequests({ call, exchange, read, send }: Connection) {
  return {
    /** The current base policies, by AppArmor release; unverified, as they are not in the log. */
    async listBases(): Promise<Base[]> {
      return (await call(BaseList, 'GET', '/v1/bases')).items;
    },

    /** The bytes that the registry has for a base policy, whose SHA-256 is to be `digest`; unverified. */
    getBase(digest: Digest): Promise<Uint8Array<ArrayBuffer>> {
      return send('GET', `/v1/bases/${encodeURIComponent(digest)}`, {
        maxBytes: maxResponseBytes.base,
      });
    },

    /** Makes files the current base policy of a release; `changed` is `false` if they are already. */
    async putBase(
      release: Base['release'],
      files: Readonly<Record<string, string>>,
    ): Promise<Base & { changed: boolean }> {
      const path = `/v1/bases/${encodeURIComponent(release)}`;
      const { response, bytes } = await exchange('PUT', path, { body: { files } });
      return { ...read(Base, path, bytes), changed: response.status === 201 };
    },
  };
}
