import { LogKey, Proof } from '../../contract/index.ts';
import { type Connection, maxResponseBytes } from './connection.ts';
import { type VersionPath, versionPath } from './paths.ts';

/** Requests about the transparency log. */
export function logRequests({ call, send }: Connection) {
  return {
    /** The verifier of the log's key, to pin on first contact. */
    async getLogVerifier(): Promise<string> {
      return (await call(LogKey, 'GET', '/v1/log/key')).verifier;
    },

    /** The log's checkpoint: a signed note, unverified. */
    async getCheckpoint(): Promise<string> {
      const bytes = await send('GET', '/log/checkpoint', { maxBytes: maxResponseBytes.checkpoint });
      return new TextDecoder().decode(bytes);
    },

    /** A tile or entry bundle of the log, by its path (C2SP tlog-tiles); unverified. */
    getTile(path: string): Promise<Uint8Array<ArrayBuffer>> {
      return send('GET', `/log/${path}`, { maxBytes: maxResponseBytes.tile });
    },

    /** The proof that a version is in the current log, which extends the log at size `since`; unverified. */
    getProof(path: VersionPath, since: number): Promise<Proof> {
      return call(Proof, 'GET', `${versionPath(path)}/proof?since=${since}`);
    },

    /** The proof that an entry is in the log at `size`, which extends the log at size `since`; unverified. */
    getEntryProof(index: number, size: number, since = 0): Promise<Proof> {
      return call(Proof, 'GET', `/v1/log/entries/${index}/proof?size=${size}&since=${since}`);
    },
  };
}
