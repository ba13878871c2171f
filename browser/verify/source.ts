import * as z from 'zod';
import { LogKey, Proof } from '../../contract/log.ts';
import { Team } from '../../contract/team.ts';
import type { EvidenceSource } from '../../sdk/resolve/evidence.ts';
import { Envelope, parseJson } from '../../trust/index.ts';
import { FetchError, fetchBytes } from '../fetched.ts';

// Without this, zod tries whether it may compile code, which the page's Content-Security-Policy refuses and reports.
z.config({ jitless: true });

/** The path of a version in the API. */
const versionPath = ({ team, name, version }: { team: string; name: string; version: string }) =>
  `/v1/profiles/${team}/${name}/versions/${encodeURIComponent(version)}`;

/** The API of the registry that served the page, as far as verifying needs it. Throws {@link FetchError}. */
export const source: EvidenceSource & { getLogVerifier: () => Promise<string> } = {
  getContent: (path, release) =>
    fetchBytes(`${versionPath(path)}/profile${release === undefined ? '' : `?release=${release}`}`),
  getEnvelope: (path) => fetchJson(Envelope, `${versionPath(path)}/envelope`),
  getProof: (path, since) => fetchJson(Proof, `${versionPath(path)}/proof?since=${since}`),
  getEntryProof: (index, size) => fetchJson(Proof, `/v1/log/entries/${index}/proof?size=${size}`),
  getTeam: (team) => fetchJson(Team, `/v1/teams/${team}`),
  getLogVerifier: async () => (await fetchJson(LogKey, '/v1/log/key')).verifier,
};

async function fetchJson<Value>(schema: z.ZodType<Value>, path: string): Promise<Value> {
  const bytes = await fetchBytes(path);
  try {
    return schema.parse(parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    throw new FetchError(`The response to ${path} is malformed.`);
  }
}
