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
  sha256,
} from '../../trust/index.ts';
import type { Checkpoint } from '../../trust/log/index.ts';
import { checkNames } from '../allowed-names.ts';
import type { RevokedByTeam } from '../host/seen.ts';
import type { Refusal } from '../refusal.ts';
import type { HostTrust } from '../trust-file.ts';
import type { UnresolvedId } from './reference.ts';
import { chosenVariant, type VariantChoice, withVariant } from './variant.ts';

/** A profile with a verified origin, under a log that has only grown. */
export interface VerifiedProfile {
  team: string;
  name: string;
  /** What its manifest says that it is. */
  kind: Manifest['kind'];
  version: string;
  /** The digest of the bytes. */
  digest: Digest;
  /** The digest that stands for the version: that of its first variant, if it has several. */
  versionDigest: Digest;
  /** The oldest release that these bytes are for, if the version has variants. */
  variant: string | undefined;
  bytes: Uint8Array<ArrayBuffer>;
  manifest: Manifest;
  /** The team's keys that signed it. */
  signers: PublicKey[];
  /** The log's checkpoint, now seen by the host. */
  checkpoint: Checkpoint;
  /** The time of its newest cosignature, in seconds since 1970. */
  checkpointTime: number;
  /** The evidence, which verifies it again without a network under the same trust. */
  evidence: Evidence;
  /** Why the registry says that it is deprecated: unverified, for display. */
  deprecation?: string | undefined;
}

export type VerifyRefusalId =
  | AdmissionRefusalId
  | UnresolvedId
  | 'evidence-missing'
  | 'team-untrusted'
  | 'name-not-allowed'
  | 'variant-missing'
  | 'variant-other'
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
  /** The release that the host takes variants for; if omitted, any variant is accepted. */
  choice?: VariantChoice | undefined;
  /** The installed version, if any. */
  installed?: string | undefined;
  now?: Date;
}

/**
 * Verifies evidence from any source: it must match the reference, define only profiles that its team may define, be the
 * variant for this host, not be older than the installed version unless requested explicitly, and satisfy the host's policy. Never throws.
 */
export async function verifyEvidence(
  received: Evidence,
  reference: Reference,
  { trust, seen, revoked: known, choice, installed, now = new Date() }: HostView,
): Promise<Verified> {
  const evidence = await withVariant(received, choice);
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
  const { digest, digests, manifest, signers, checkpoint, time, revoked } = admitted;
  const versionDigest = digests[0] ?? digest;
  const others = await Promise.all(evidence.others?.map(sha256) ?? []);
  const refuse = (id: VerifyRefusalId, reason: string): Verified => ({
    ok: false,
    id,
    reason,
    revoked,
  });
  const { selector } = reference;
  const wrong = others.find((one, at) => one !== digests[at + 1]);
  if (wrong !== undefined) {
    return refuse('digest-mismatch', `a variant's digest is ${wrong}, which is not signed for it`);
  }
  const requested = `${formatReference(reference)} was requested`;
  if (selector.kind === 'version' && selector.version !== version) {
    return refuse('statement-other-version', `${requested}, ${version} was received`);
  }
  if (selector.kind === 'range' && !isInRange(version, selector.range)) {
    return refuse('reference-range', `${requested}, ${version} was received`);
  }
  if (selector.kind === 'digest' && selector.digest !== versionDigest) {
    return refuse('reference-digest', `${requested}, ${versionDigest} was received`);
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
  const { variants } = manifest;
  const chosen = variants && choice ? chosenVariant(variants, choice) : digests.indexOf(digest);
  const variant = variants?.[chosen];
  if (variants && variant === undefined) {
    const reason = `${team}/${name}@${version} is for AppArmor ${variants[0]} and newer, not for ${choice?.release}, ${choice?.why}`;
    return refuse('variant-missing', reason);
  }
  if (digests[chosen] !== digest) {
    const reason = `the variant for AppArmor ${variants?.[digests.indexOf(digest)]} and newer was received instead of that for ${variant}`;
    return refuse('variant-other', reason);
  }
  const profile = {
    ...{ team, name, kind: manifest.kind, version, digest, versionDigest, variant },
    ...{ bytes, manifest, signers, checkpoint, checkpointTime: time, evidence },
  };
  return { ok: true, profile, revoked };
}
