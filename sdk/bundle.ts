import * as z from 'zod';
import {
  compareVersions,
  decodeBase64,
  Envelope,
  type Evidence,
  encodeBase64,
  isInRange,
  isProfileName,
  isTeam,
  isVersion,
  maxVariants,
  parseJson,
  parseStatement,
  type Reference,
  sha256,
} from '../trust/index.ts';

const LogProof = z.strictObject({
  index: z.int().min(0),
  entry: z.string(),
  inclusion: z.array(z.string()).max(64),
  blind: z.string().max(200).optional(),
});

const BundledEvidence = z.strictObject({
  team: z.string().refine(isTeam),
  name: z.string().refine(isProfileName),
  version: z.string().refine(isVersion),
  /** Base64 of the exact bytes of the profile, or of its first variant. */
  profile: z.base64(),
  /** The same of the further variants; a host's version store has only the one that it took, as `profile`. */
  variants: z.array(z.base64()).max(maxVariants).optional(),
  envelope: Envelope,
  proof: LogProof,
  keys: z.array(
    z.strictObject({
      publicKey: z.string(),
      revoked: z.boolean(),
      endorsement: z.strictObject({ envelope: Envelope, proof: LogProof }).optional(),
      revocation: LogProof.optional(),
    }),
  ),
});

/**
 * Profiles with their evidence in one file, for hosts without a network. All are proved under one checkpoint;
 * `consistency` has a proof for each log size that such a host may have seen.
 */
export const Bundle = z.strictObject({
  format: z.literal('aa-registry-bundle/v1'),
  checkpoint: z.string(),
  consistency: z.record(z.string(), z.array(z.string()).max(128)),
  offers: z.array(BundledEvidence).min(1).max(1000),
});
export type Bundle = z.infer<typeof Bundle>;

/** The bundle of these offers, which must all be under one checkpoint. */
export function makeBundle(offers: Evidence[], consistency: Record<string, string[]>): Bundle {
  return {
    format: 'aa-registry-bundle/v1',
    checkpoint: offers[0]?.log.checkpoint ?? '',
    consistency,
    offers: offers.map(({ team, name, version, profile, others, envelope, proof, keys }) => ({
      team,
      name,
      version,
      profile: encodeBase64(profile),
      ...(others && { variants: others.map(encodeBase64) }),
      envelope,
      proof: pickProof(proof),
      keys: keys.map(({ publicKey, revoked, endorsement, revocation }) => ({
        publicKey,
        revoked,
        ...(revocation ? { revocation: pickProof(revocation) } : {}),
        ...(endorsement
          ? { endorsement: { envelope: endorsement.envelope, proof: pickProof(endorsement.proof) } }
          : {}),
      })),
    })),
  };
}

function pickProof({ index, entry, inclusion, blind }: Evidence['proof']): Evidence['proof'] {
  return { index, entry, inclusion, ...(blind === undefined ? {} : { blind }) };
}

/** The maximum size of a bundle's file, in bytes. */
export const maxBundle = 256 * 1024 * 1024;

/** Of a thousand offers each has some forty keys and hashes, and one with many keys many more. */
const bundleLimits = { maxDepth: 32, maxValues: 1_000_000 };

/** Parses a bundle; `undefined` if it is malformed. */
export function parseBundle(text: string): Bundle | undefined {
  try {
    return Bundle.safeParse(parseJson(text, bundleLimits)).data;
  } catch {
    return undefined;
  }
}

/** The packages in a bundle: each once, in its highest version, without those that others in it need. */
export function bundledReferences({ offers }: Bundle): Reference[] {
  const names = new Map(offers.map(({ team, name }) => [`${team}/${name}`, { team, name }]));
  for (const { envelope } of offers) {
    const payload = decodeBase64(envelope.payload);
    const { dependencies = {} } = (payload && parseStatement(payload)?.predicate.manifest) ?? {};
    for (const path of Object.keys(dependencies)) names.delete(path);
  }
  return [...names.values()].map((named) => ({ ...named, selector: { kind: 'default' } }));
}

/**
 * The index of the evidence that a reference resolves to, the highest version if several match; -1 if none does. A
 * bundle has no channels.
 */
export async function findBundled(
  { offers }: Bundle,
  { team, name, selector }: Reference,
): Promise<number> {
  let best = -1;
  for (const [at, evidence] of offers.entries()) {
    if (evidence.team !== team || evidence.name !== name || !(await isSelected(evidence, selector)))
      continue;
    const before = offers[best];
    if (!before || compareVersions(evidence.version, before.version) > 0) best = at;
  }
  return best;
}

async function isSelected(
  { version, profile }: Bundle['offers'][number],
  selector: Reference['selector'],
): Promise<boolean> {
  switch (selector.kind) {
    case 'version':
      return version === selector.version;
    case 'range':
      return isInRange(version, selector.range);
    case 'digest':
      return (await sha256(decodeBase64(profile) ?? new Uint8Array())) === selector.digest;
    default:
      return selector.kind === 'default';
  }
}

/** The offers of a bundle, for a host that has seen the log at size `seen`. Nothing is verified. */
export function evidenceIn(bundle: Bundle, seen: number): Evidence[] {
  return bundle.offers.map((evidence) => toEvidence(bundle, evidence, seen));
}

/** The evidence for a reference in a bundle, as {@link evidenceIn} returns it; `undefined` if no version matches. */
export async function evidenceFor(
  bundle: Bundle,
  reference: Reference,
  seen: number,
): Promise<Evidence | undefined> {
  const evidence = bundle.offers[await findBundled(bundle, reference)];
  return evidence && toEvidence(bundle, evidence, seen);
}

function toEvidence(
  { checkpoint, consistency }: Bundle,
  { profile, variants, keys, ...rest }: Bundle['offers'][number],
  seen: number,
): Evidence {
  return {
    ...rest,
    log: { checkpoint, consistency: consistency[seen] ?? [] },
    profile: decodeBase64(profile) ?? new Uint8Array(),
    ...(variants && { others: variants.map((one) => decodeBase64(one) ?? new Uint8Array()) }),
    keys: keys.map(({ endorsement, ...key }) => ({
      ...key,
      ...(endorsement ? { endorsement } : {}),
    })),
  };
}
