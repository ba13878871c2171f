import {
  type Bundle,
  createdAnnotation,
  type Digest,
  type Evidence,
  formatReference,
  ociTypes,
  type Reference,
} from '../../trust/index.ts';
import { evidenceIn, parseBundle } from '../bundle.ts';
import { type HostView, type Verified, verifyEvidence } from '../resolve/index.ts';
import type { Descriptor } from './content.ts';
import type { RepositoryLocation } from './location.ts';
import { refuse } from './refusal.ts';
import type { Found, Repository } from './repository.ts';

/** What a mirror offers for a reference, unverified. */
export interface Offer {
  /** The digest of the profile that the artifact has, or of its first variant; `undefined` without an artifact. */
  digest: Digest | undefined;
  /** The evidence, newest first, each for a host that has seen the log at some size. At least one. */
  evidence: readonly ((seen: number) => Evidence)[];
}

/** The maximum number of bundles of an artifact that are tried. */
export const maxTried = 3;

/** Reads what a repository offers. Ends with a refusal if it has no such version, or no bundle of it. */
export async function findOffer(
  repository: Repository,
  wanted: RepositoryLocation['wanted'],
): Promise<Offer> {
  const { where } = repository;
  const found = await findArtifact(repository, wanted);
  const digest = await policyDigest(repository, found);
  const createdOf = ({ annotations }: Descriptor) => annotations?.[createdAnnotation] ?? '';
  const listed = await repository.referrers(found.digest, ociTypes.bundle);
  const newest = listed
    .toSorted((a, b) => (createdOf(a) < createdOf(b) ? 1 : -1))
    .slice(0, maxTried);
  const bundles: Bundle[] = [];
  for (const descriptor of newest) {
    const bundle = await readBundle(repository, descriptor, found.digest);
    if (bundle) bundles.push(bundle);
  }
  if (bundles.length === 0) {
    const reason = `${where} has no bundle that proves ${found.digest}`;
    const next = 'Copy it with all that refers to it, for example with "oras cp --recursive".';
    refuse('evidence-missing', reason, next);
  }
  return {
    digest,
    evidence: bundles.map((bundle) => (seen) => evidenceIn(bundle, seen)[0] as Evidence),
  };
}

async function findArtifact(
  { find, where }: Repository,
  wanted: RepositoryLocation['wanted'],
): Promise<Found> {
  const references = 'digest' in wanted ? [wanted.digest] : wanted.tags;
  for (const reference of references) {
    const found = await find(reference);
    if (found) return found;
  }
  refuse('not-in-mirror', `${where} has no ${references.join(' and no ')}`);
}

/** The digest of the profile that an artifact has, or of its first variant. */
async function policyDigest(repository: Repository, { manifest }: Found): Promise<Digest> {
  const [variant] = manifest.manifests ?? [];
  const image = variant ? (await repository.find(variant.digest))?.manifest : manifest;
  const [layer] = image?.layers ?? [];
  if (layer?.mediaType === ociTypes.policy) return layer.digest;
  refuse('mirror-malformed', `what ${repository.where} has is not a profile`);
}

/** The bundle of a referrer; `undefined` if the mirror does not have it any more. */
async function readBundle(
  repository: Repository,
  { digest }: Descriptor,
  subject: Digest,
): Promise<Bundle | undefined> {
  const found = await repository.find(digest);
  const [layer] = found?.manifest.layers ?? [];
  if (!layer || found?.manifest.subject?.digest !== subject) return undefined;
  const bytes = await repository.blob(layer.digest);
  if (!bytes) return undefined;
  const bundle = parseBundle(new TextDecoder().decode(bytes));
  return bundle ?? refuse('mirror-malformed', `a bundle in ${repository.where} is malformed`);
}

/**
 * Verifies an offer as evidence of a registry: the newest bundle that verifies counts. If none does, returns why the newest
 * one is refused.
 */
export async function verifyOffer(
  { digest, evidence }: Offer,
  reference: Reference,
  view: HostView,
): Promise<Verified> {
  let refusal: Verified | undefined;
  for (const evidenceAt of evidence) {
    const verified = await verifyEvidence(evidenceAt(view.seen?.size ?? 0), reference, view);
    if (verified.ok) return requireArtifact(verified, reference, digest);
    refusal ??= verified;
  }
  if (!refusal) throw new TypeError('an offer has evidence');
  return refusal;
}

/** Refuses a version that is not the one in the artifact, which the tag or the digest names. */
function requireArtifact(
  verified: Extract<Verified, { ok: true }>,
  reference: Reference,
  digest: Digest | undefined,
): Verified {
  const { versionDigest } = verified.profile;
  if (digest === undefined || digest === versionDigest) return verified;
  const reason = `${formatReference(reference)} in the mirror has ${digest}, but its bundle proves ${versionDigest}`;
  return { ok: false, id: 'reference-digest', reason, revoked: verified.revoked };
}
