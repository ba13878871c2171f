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
  /** The evidence for a host that has seen the log at some size. */
  evidence: (seen: number) => Evidence;
}

/** The maximum number of bundles of an artifact that are looked for. */
const maxBundles = 3;

/**
 * Reads what a repository offers, under the newest checkpoint only: an older bundle may lack a revocation. Ends with a refusal
 * if it has no such version, or no bundle of it.
 */
export async function findOffer(
  repository: Repository,
  wanted: RepositoryLocation['wanted'],
): Promise<Offer> {
  const { where } = repository;
  const found = await findArtifact(repository, wanted);
  const digest = await policyDigest(repository, found);
  const createdOf = ({ annotations }: Descriptor) => annotations?.[createdAnnotation] ?? '';
  const listed = await repository.referrers(found.digest, ociTypes.bundle);
  listed.sort((a, b) => (createdOf(a) < createdOf(b) ? 1 : -1));
  for (const descriptor of listed.slice(0, maxBundles)) {
    const bundle = await readBundle(repository, descriptor, found.digest);
    if (bundle) return { digest, evidence: (seen) => evidenceIn(bundle, seen)[0] as Evidence };
  }
  const reason = `${where} has no bundle that proves ${found.digest}`;
  const next = 'Copy it with all that refers to it, for example with "oras cp --recursive".';
  refuse('evidence-missing', reason, next);
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

/** Verifies an offer as evidence of a registry; it must prove what the artifact has, which a tag or a digest names. */
export async function verifyOffer(
  { digest, evidence }: Offer,
  reference: Reference,
  view: HostView,
): Promise<Verified> {
  const verified = await verifyEvidence(evidence(view.seen?.size ?? 0), reference, view);
  if (!verified.ok) return verified;
  const { versionDigest } = verified.profile;
  if (digest === undefined || digest === versionDigest) return verified;
  const reason = `${formatReference(reference)} in the mirror has ${digest}, but its bundle proves ${versionDigest}`;
  return { ok: false, id: 'reference-digest', reason, revoked: verified.revoked };
}
