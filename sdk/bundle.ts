import {
  Bundle,
  compareVersions,
  decodeBase64,
  type Evidence,
  isInRange,
  parseJson,
  parseStatement,
  type Reference,
  sha256,
} from '../trust/index.ts';

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
