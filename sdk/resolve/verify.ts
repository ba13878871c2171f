import {
  type AdmissionRefusalId,
  admit,
  compareVersions,
  type Digest,
  type Evidence,
  formatReference,
  isInRange,
  type Manifest,
  type PublicKey,
  type Reference,
  type RevokedKeys,
  type SeenCheckpoint,
} from '../../trust/index.ts';
import type { Checkpoint } from '../../trust/log/index.ts';
import { checkNames } from '../allowed-names.ts';
import type { RevokedByTeam } from '../host/seen.ts';
import type { Refusal } from '../refusal.ts';
import type { HostTrust } from '../trust-file.ts';
import type { UnresolvedId } from './reference.ts';

/** A profile with a verified origin, under a log that has only grown. */
export interface VerifiedProfile {
  team: string;
  name: string;
  version: string;
  digest: Digest;
  bytes: Uint8Array<ArrayBuffer>;
  manifest: Manifest;
  /** The team's keys that signed it. */
  signers: PublicKey[];
  /** The log's checkpoint, now seen by the host. */
  checkpoint: Checkpoint;
  /** The evidence, which verifies it again without a network under the same trust. */
  evidence: Evidence;
  /** Why the registry says that it is deprecated: unverified, for display. */
  deprecation?: string | undefined;
}

export type VerifyRefusalId =
  | AdmissionRefusalId
  | UnresolvedId
  | 'team-untrusted'
  | 'name-not-allowed'
  | 'reference-digest'
  | 'reference-range'
  | 'version-yanked'
  | 'version-older';

export type Verified =
  | { ok: true; profile: VerifiedProfile; revoked: RevokedKeys }
  /** `revoked`, also for refusals: the team's keys that the log proves to be revoked, to be stored. */
  | (Refusal<VerifyRefusalId> & { revoked?: RevokedKeys });

/** The host's context for a verification. */
export interface HostView {
  trust: HostTrust;
  seen: SeenCheckpoint | undefined;
  /** The keys seen revoked; if omitted, only the revocations in the evidence count. */
  revoked?: RevokedByTeam | undefined;
  /** The installed version, if any. */
  installed?: string | undefined;
  now?: Date;
}

/**
 * Verifies evidence from any source: it must match the reference, define only profiles that its team may define, not be
 * older than the installed version unless requested explicitly, and satisfy the host's policy. Never throws.
 */
export async function verifyEvidence(
  evidence: Evidence,
  reference: Reference,
  { trust, seen, revoked: known, installed, now = new Date() }: HostView,
): Promise<Verified> {
  const { team, name, version, profile: bytes } = evidence;
  const policy = trust.teams.get(reference.team);
  if (!policy) {
    const reason = `this host trusts no key of team ${reference.team}`;
    return { ok: false, id: 'team-untrusted', reason };
  }
  const admitted = await admit(
    { ...evidence, team: reference.team, name: reference.name },
    { team: policy, revoked: known?.get(reference.team) ?? new Set(), log: trust.log, seen, now },
  );
  if (!admitted.ok) return admitted;
  const { digest, manifest, signers, checkpoint, revoked } = admitted;
  const refuse = (id: VerifyRefusalId, reason: string): Verified => ({
    ok: false,
    id,
    reason,
    revoked,
  });
  const { selector } = reference;
  const requested = `${formatReference(reference)} was requested`;
  if (selector.kind === 'version' && selector.version !== version) {
    return refuse('statement-other-version', `${requested}, ${version} was received`);
  }
  if (selector.kind === 'range' && !isInRange(version, selector.range)) {
    return refuse('reference-range', `${requested}, ${version} was received`);
  }
  if (selector.kind === 'digest' && selector.digest !== digest) {
    return refuse('reference-digest', `${requested}, ${digest} was received`);
  }
  const isExact = selector.kind === 'version' || selector.kind === 'digest';
  if (!isExact && installed !== undefined && compareVersions(version, installed) < 0) {
    return refuse(
      'version-older',
      `the registry offers ${version}, which is older than the installed ${installed}; request ${name}@${version} to install it`,
    );
  }
  const named = checkNames(team, policy.names, { name, manifest });
  if (named) return { ...named, revoked };
  const profile = { team, name, version, digest, bytes, manifest, signers, checkpoint, evidence };
  return { ok: true, profile, revoked };
}
