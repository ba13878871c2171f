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
import type { RevokedByTeam } from '../host/seen.ts';
import type { HostTrust } from '../trust-file.ts';
import type { UnresolvedId } from './reference.ts';

/** A profile that is proved to come from its team, under a log that has only grown. */
export interface VerifiedProfile {
  team: string;
  name: string;
  version: string;
  digest: Digest;
  bytes: Uint8Array<ArrayBuffer>;
  manifest: Manifest;
  /** The team's keys that signed it. */
  signers: PublicKey[];
  /** The log's checkpoint, which the host has seen from now on. */
  checkpoint: Checkpoint;
  /** What proved it: with the same trust it can be proved again without a network. */
  evidence: Evidence;
  /** Why the registry says that it should not be used any more: the registry's word, for people. */
  deprecation?: string | undefined;
}

export type VerifyRefusalId =
  | AdmissionRefusalId
  | UnresolvedId
  | 'team-untrusted'
  | 'reference-digest'
  | 'reference-range'
  | 'version-yanked'
  | 'version-older';

export type Verified =
  | { ok: true; profile: VerifiedProfile; revoked: RevokedKeys }
  /** `revoked`, also here: the team's keys that the log shows to be revoked, to be remembered. */
  | { ok: false; id: VerifyRefusalId; reason: string; revoked?: RevokedKeys };

/** What a host brings to a verification. */
export interface HostView {
  trust: HostTrust;
  seen: SeenCheckpoint | undefined;
  /** The keys that it has seen revoked; when left out, only the revocations in the evidence count. */
  revoked?: RevokedByTeam | undefined;
  /** The version that is installed, when one is. */
  installed?: string | undefined;
  now?: Date;
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
  const requested = `${formatReference(reference)} was asked for`;
  if (selector.kind === 'version' && selector.version !== version) {
    return refuse('statement-other-version', `${requested}, ${version} came`);
  }
  if (selector.kind === 'range' && !isInRange(version, selector.range)) {
    return refuse('reference-range', `${requested}, ${version} came`);
  }
  if (selector.kind === 'digest' && selector.digest !== digest) {
    return refuse('reference-digest', `${requested}, ${digest} came`);
  }
  const isExact = selector.kind === 'version' || selector.kind === 'digest';
  if (!isExact && installed !== undefined && compareVersions(version, installed) < 0) {
    return refuse(
      'version-older',
      `the registry offers ${version}, which is older than the installed ${installed}; ask for it as ${name}@${version} if you want it`,
    );
  }
  const profile = { team, name, version, digest, bytes, manifest, signers, checkpoint, evidence };
  return { ok: true, profile, revoked };
}
