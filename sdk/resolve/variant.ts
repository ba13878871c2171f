import {
  decodeBase64,
  type Envelope,
  type Evidence,
  parseStatement,
  sha256,
  subjectDigests,
  variantFor,
} from '../../trust/index.ts';

/** The release that a host takes variants for, and why. */
export interface VariantChoice {
  /** `undefined` if it is not known: then the first variant is taken, which is for the oldest releases. */
  release: string | undefined;
  /** Where the release comes from, as the end of a sentence: `as this host has apparmor_parser 4.1`. */
  why: string;
}

/** The variant of `what` that was chosen, and why, as a sentence. */
export function describeVariant(what: string, variant: string, { why }: VariantChoice): string {
  return `${what}: the variant for AppArmor ${variant} and newer, ${why}.`;
}

/** The index of the variant that a host takes; -1 if all are for newer releases. */
export function chosenVariant(variants: readonly string[], { release }: VariantChoice): number {
  return release === undefined ? 0 : variantFor(variants, release);
}

/** The releases and digests of a version's variants as its envelope states them, unverified; empty without variants. */
export function statedVariants(envelope: Envelope) {
  const payload = decodeBase64(envelope.payload);
  const statement = payload && parseStatement(payload);
  const variants = statement?.predicate.manifest.variants ?? [];
  const digests = statement ? subjectDigests(statement) : [];
  return variants.map((from, at) => ({ from, digest: digests[at] }));
}

/** Evidence with the bytes of the chosen variant, if it has them, instead of those of all. */
export async function withVariant(
  received: Evidence,
  choice: VariantChoice | undefined,
): Promise<Evidence> {
  const { others = [], ...evidence } = received;
  if (!choice || others.length === 0) return received;
  const variants = statedVariants(evidence.envelope);
  const at = chosenVariant(
    variants.map(({ from }) => from),
    choice,
  );
  for (const profile of [evidence.profile, ...others]) {
    if ((await sha256(profile)) === variants[at]?.digest) return { ...evidence, profile };
  }
  return evidence;
}
