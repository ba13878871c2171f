import {
  compareVersions,
  type Digest,
  formatReference,
  type Manifest,
  type PublicKey,
  type Reference,
  type RefusalId,
  type TeamPolicy,
  verify,
} from '../trust/index.ts';
import type { Client } from './client.ts';

/** A profile that has been proved to come from its team. */
export interface VerifiedProfile {
  team: string;
  name: string;
  version: string;
  digest: Digest;
  bytes: Uint8Array<ArrayBuffer>;
  manifest: Manifest;
  /** The trusted keys that signed it. */
  signers: PublicKey[];
}

export type Fetched =
  | { ok: true; profile: VerifiedProfile }
  | {
      ok: false;
      id: RefusalId | 'reference-digest' | 'channel-unknown' | 'version-older';
      reason: string;
    };

/**
 * Fetches what a reference names and proves it: signed for this team, name and version by keys the host
 * trusts, byte for byte. A reference that names no version never goes back behind `installed`. Refusals
 * come back as values; a registry that can't be spoken to throws (see {@link Client}).
 */
export async function fetchVerified(
  client: Client,
  reference: Reference,
  policy: TeamPolicy,
  installed?: string,
): Promise<Fetched> {
  const { team, name, selector } = reference;
  const resolved = await resolveVersion(client, reference);
  if (!resolved.ok) return resolved;
  const { version } = resolved;
  const asked = selector.kind === 'version' || selector.kind === 'digest';
  if (!asked && installed !== undefined && compareVersions(version, installed) < 0) {
    return {
      ok: false,
      id: 'version-older',
      reason: `the registry offers ${version}, which is older than the installed ${installed}; ask for it as ${name}@${version} if you want it`,
    };
  }
  const path = { team, name, version };
  const [bytes, envelope] = await Promise.all([client.getContent(path), client.getEnvelope(path)]);
  const verified = await verify({ ...path, profile: bytes, envelope }, policy);
  if (!verified.ok) return verified;
  const { digest, manifest, signers } = verified;
  if (selector.kind === 'digest' && selector.digest !== digest) {
    return {
      ok: false,
      id: 'reference-digest',
      reason: `${formatReference(reference)} was asked for, the registry sent ${digest}`,
    };
  }
  return { ok: true, profile: { ...path, digest, bytes, manifest, signers } };
}

export type Resolved =
  | { ok: true; version: string }
  | { ok: false; id: 'channel-unknown'; reason: string };

/** The version that the registry says a reference means; not proved. */
export async function resolveVersion(client: Client, reference: Reference): Promise<Resolved> {
  const { team, name, selector } = reference;
  switch (selector.kind) {
    case 'version':
      return { ok: true, version: selector.version };
    case 'digest': {
      const { version } = await client.getVersion({ team, name, version: selector.digest });
      return { ok: true, version };
    }
    case 'channel':
    case 'default':
      if (selector.kind === 'channel' && selector.channel !== 'latest') {
        const reason = `${team}/${name} has no channel "${selector.channel}"`;
        return { ok: false, id: 'channel-unknown', reason };
      }
      return { ok: true, version: (await client.getProfile({ team, name })).latest.version };
  }
}
