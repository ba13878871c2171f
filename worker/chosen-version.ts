import type { Resolution } from '../db/resolve.ts';
import { type Release, releasesOf } from '../policy/index.ts';
import {
  type Digest,
  formatReference,
  type Manifest,
  type Reference,
  servedVariant,
} from '../trust/index.ts';
import { ProblemError } from './problem.ts';

/** A version, or the variant of it for a release, whose text is analysed. */
export interface ChosenVersion {
  /** As the API shows it. */
  place: {
    team: string;
    name: string;
    version: string;
    digest: Digest;
    /** The oldest release of the variant; null without variants. */
    variant: string | null;
  };
  /** The releases that it is for. */
  fits: readonly Release[];
  /** The oldest releases of all variants; empty without. */
  variants: readonly string[];
  manifest: Pick<Manifest, 'kind' | 'dependencies'>;
}

/**
 * What a resolved reference is the name of: the only file, the variant for a release, or the first one by default. Throws
 * the problem `not-found`.
 */
export function chosenOf(
  reference: Reference,
  row: Resolution | undefined,
  release: string | undefined,
): ChosenVersion {
  if (!row || row.version === null || row.digest === null || row.manifest === null)
    throw new ProblemError('not-found', `${formatReference(reference)} does not exist.`);
  const variants = row.variants?.map(({ from }) => from) ?? [];
  const at = servedVariant(variants, release);
  const { digest, from: variant } = row.variants?.[at] ?? { digest: row.digest, from: null };
  const { team, name } = reference;
  const place = { team, name, version: row.version, digest, variant };
  return { place, fits: releasesOf(variants, at), variants, manifest: row.manifest };
}
