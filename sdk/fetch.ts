import {
  type AdmissionRefusalId,
  admit,
  compareVersions,
  type Digest,
  type Evidence,
  formatReference,
  isInRange,
  type KeyEvidence,
  type LogView,
  type Manifest,
  type PublicKey,
  type Reference,
  type RevokedKeys,
  type SeenCheckpoint,
} from '../trust/index.ts';
import { type Checkpoint, parseCheckpoint, parseNote } from '../trust/log/index.ts';
import { type Client, RegistryError, UnreachableError } from './client.ts';
import type { RevokedByTeam } from './host/seen.ts';
import { mapInParallel } from './in-parallel.ts';
import type { HostTrust } from './trust-file.ts';

/** A profile that has been proved to come from its team, under a log that has only grown. */
export interface VerifiedProfile {
  team: string;
  name: string;
  version: string;
  digest: Digest;
  bytes: Uint8Array<ArrayBuffer>;
  manifest: Manifest;
  /** The team's keys that signed it. */
  signers: PublicKey[];
  /** Where the log stood: from now on the host has seen that. */
  checkpoint: Checkpoint;
  /** What proved it: with the same trust it can be proved again without a network. */
  evidence: Evidence;
  /** Why the registry says that it should not be used any more; its word alone, for people. */
  deprecation?: string | undefined;
}

export type FetchRefusalId =
  | AdmissionRefusalId
  | 'team-untrusted'
  | 'reference-digest'
  | 'reference-range'
  | 'channel-unknown'
  | 'range-unsatisfied'
  | 'version-yanked'
  | 'version-older';

export type Verified =
  | { ok: true; profile: VerifiedProfile; revoked: RevokedKeys }
  /** `revoked`, also here: the team's keys that the log shows to be revoked, to be remembered. */
  | { ok: false; id: FetchRefusalId; reason: string; revoked?: RevokedKeys };

/** What a host knows when it asks. */
export interface HostView {
  trust: HostTrust;
  seen: SeenCheckpoint | undefined;
  /** The keys that it has seen revoked; when left out, only what the evidence says of them counts. */
  revoked?: RevokedByTeam | undefined;
  /** The version that is installed, when one is. */
  installed?: string | undefined;
  now?: Date;
}

/**
 * Fetches what a reference names and proves it; see {@link verifyEvidence}. Refusals come back as values; a
 * registry that can't be spoken to throws (see {@link Client}).
 */
export async function fetchVerified(
  client: Client,
  reference: Reference,
  view: HostView,
): Promise<Verified> {
  const resolved = await chooseVersion(client, reference);
  if (!resolved.ok) return resolved;
  const { team, name } = reference;
  const path = { team, name, version: resolved.version };
  const evidence = await fetchEvidence(client, path, view);
  return withDeprecation(await verifyEvidence(evidence, reference, view), resolved.deprecation);
}

/** What was proved, with what the registry says against it. */
export function withDeprecation(verified: Verified, deprecation: string | undefined): Verified {
  if (!verified.ok || deprecation === undefined) return verified;
  return { ...verified, profile: { ...verified.profile, deprecation } };
}

/**
 * Verifies evidence, wherever it came from: that it is what the reference asks for, not older than what is
 * installed unless asked for by name, and admitted by the host's policy. Never throws.
 */
export async function verifyEvidence(
  evidence: Evidence,
  reference: Reference,
  { trust, seen, revoked: known, installed, now = new Date() }: HostView,
): Promise<Verified> {
  const { team, name, version, profile: bytes } = evidence;
  const policy = trust.teams.get(reference.team);
  if (!policy) {
    return refusal('team-untrusted', `this host trusts no key of team ${reference.team}`);
  }
  const admitted = await admit(
    { ...evidence, team: reference.team, name: reference.name },
    { team: policy, revoked: known?.get(reference.team) ?? new Set(), log: trust.log, seen, now },
  );
  if (!admitted.ok) return admitted;
  const { digest, manifest, signers, checkpoint, revoked } = admitted;
  const refused = (id: FetchRefusalId, reason: string): Verified => ({
    ...refusal(id, reason),
    revoked,
  });
  const { selector } = reference;
  const asked = selector.kind === 'version' || selector.kind === 'digest';
  if (selector.kind === 'version' && selector.version !== version) {
    return refused(
      'statement-other-version',
      `${formatReference(reference)} was asked for, ${version} came`,
    );
  }
  if (selector.kind === 'range' && !isInRange(version, selector.range)) {
    return refused(
      'reference-range',
      `${formatReference(reference)} was asked for, ${version} came`,
    );
  }
  if (selector.kind === 'digest' && selector.digest !== digest) {
    return refused(
      'reference-digest',
      `${formatReference(reference)} was asked for, ${digest} came`,
    );
  }
  if (!asked && installed !== undefined && compareVersions(version, installed) < 0) {
    return refused(
      'version-older',
      `the registry offers ${version}, which is older than the installed ${installed}; ask for it as ${name}@${version} if you want it`,
    );
  }
  const profile = { team, name, version, digest, bytes, manifest, signers, checkpoint, evidence };
  return { ok: true, profile, revoked };
}

function refusal(id: FetchRefusalId, reason: string): Extract<Verified, { ok: false }> {
  return { ok: false, id, reason };
}

/**
 * All that the registry has to show for one version, unverified: under the log as it stands, from what was `seen` on,
 * or under an earlier view of the `log` that the caller has. Of keys that are known to be revoked no proof is asked for.
 */
export async function fetchEvidence(
  client: Client,
  path: { team: string; name: string; version: string },
  { seen, revoked, log: view }: Partial<Pick<HostView, 'seen' | 'revoked'>> & { log?: LogView },
): Promise<Evidence> {
  const since = seen?.size ?? 0;
  const known = revoked?.get(path.team);
  const [profile, envelope, current, team] = await Promise.all([
    client.getContent(path),
    client.getEnvelope(path),
    client.getProof(path, since),
    client.getTeam(path.team),
  ]);
  const log = view ?? { checkpoint: current.checkpoint, consistency: current.consistency };
  const size = parseCheckpoint(parseNote(log.checkpoint)?.text ?? '')?.size ?? 0;
  const proof = view ? await client.getEntryProof(current.index, size) : current;
  const keys = await mapInParallel(team.keys, async (key): Promise<KeyEvidence> => {
    const { publicKey, revocationLogIndex: at } = key;
    if (key.revokedAt !== null) {
      // It vouches for nobody and counts for nothing: that it is revoked is all there is to show.
      const isNew = at !== null && at < size && !known?.has(key.keyId);
      const revocation = isNew ? await client.getEntryProof(at, size) : undefined;
      return { publicKey, revoked: true, revocation };
    }
    const evidence = { publicKey, revoked: false };
    if (key.endorsement === null || key.logIndex >= size) return evidence;
    const entry = await client.getEntryProof(key.logIndex, size);
    return { ...evidence, endorsement: { envelope: key.endorsement, proof: entry } };
  });
  return { ...path, profile, envelope, proof, log, keys };
}

export type Resolved =
  | {
      ok: true;
      version: string;
      /** Why it was yanked, when it was and nobody asked for just that version. */
      yanked?: string | undefined;
      /** Why the profile should not be used any more, when its team says so. */
      deprecation?: string | undefined;
    }
  | { ok: false; id: UnresolvedId | 'version-yanked'; reason: string };

/** The registry's problems that are an answer: the profile is there, and nothing in it is what was asked for. */
const unresolvedIds = ['channel-unknown', 'range-unsatisfied'] as const;
type UnresolvedId = (typeof unresolvedIds)[number];

/** Whether nothing was refused: there is only nothing that the reference means. */
export function isUnresolved(id: FetchRefusalId): boolean {
  return id === 'version-yanked' || unresolvedIds.some((one) => one === id);
}

/** The version to install for a reference: what {@link resolveVersion} says, unless that was yanked. */
export async function chooseVersion(client: Client, reference: Reference): Promise<Resolved> {
  const resolved = await resolveVersion(client, reference);
  if (!resolved.ok || resolved.yanked === undefined) return resolved;
  const { version, yanked } = resolved;
  const named = formatReference({ ...reference, selector: { kind: 'version', version } });
  return {
    ok: false,
    id: 'version-yanked',
    reason: `${named} was yanked (${yanked}); ask for it like that if you want it all the same`,
  };
}

/** The version that the registry says a reference means; not proved. An exact version is not asked about. */
export async function resolveVersion(client: Client, reference: Reference): Promise<Resolved> {
  const { selector } = reference;
  if (selector.kind === 'version') return { ok: true, version: selector.version };
  const answer = await client.resolve([reference]).catch(unresolved);
  if (answer && 'ok' in answer) return answer;
  const [found] = answer?.items ?? [];
  if (!found || 'problem' in found) {
    throw new UnreachableError(`The registry at ${client.registry} did not answer what was asked.`);
  }
  const { version, yankReason, deprecation, replacement } = found;
  const yanked = selector.kind === 'digest' ? undefined : (yankReason ?? undefined);
  const instead = replacement === null ? '' : ` Use ${replacement}.`;
  return {
    ok: true,
    version,
    yanked,
    deprecation: deprecation === null ? undefined : `${deprecation}${instead}`,
  };
}

function unresolved(error: unknown): Resolved {
  const id = unresolvedIds.find((one) => error instanceof RegistryError && error.id === one);
  if (id === undefined) throw error;
  return { ok: false, id, reason: (error as Error).message.replace(/\.$/, '') };
}
