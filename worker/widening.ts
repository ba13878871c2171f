import type { Widening } from '../contract/index.ts';
import { listBases } from '../db/bases.ts';
import { parseVariants } from '../db/variants.ts';
import type { Predecessor } from '../db/versions.ts';
import { newestRelease, type Release } from '../policy/index.ts';
import { counterparts, type Manifest, servedVariant, wideningRefusal } from '../trust/index.ts';
import { whenBusy } from './analysis/version.ts';
import { compilerOf, targetsOf } from './permissions.ts';
import type { Deps } from './ports.ts';
import { ProblemError } from './problem.ts';

/** A new version of a team whose version policy is `semver`. */
interface NewVersion {
  team: string;
  name: string;
  version: string;
  /** The signed manifest. */
  manifest: Manifest;
  text: string;
  /** The texts of the further variants. */
  others: readonly string[];
}

/**
 * Requires that a version permits no more than the one that it follows, unless the version policy lets it. What is not
 * known counts as more. Throws the problem `version-widens`, or `busy`.
 */
export async function requireNoWidening(
  deps: Deps,
  { team, name, version, manifest, text, others }: NewVersion,
  before: Predecessor,
): Promise<void> {
  const { widens, variants } = manifest;
  const refusal = wideningRefusal({ team, name, version, widens, before: before.version });
  if (!refusal) return;
  const former = parseVariants(before.variants);
  const texts = former.length > 0 ? former.map((one) => one.text) : [before.text];
  const formerReleases = former.map((one) => one.from);
  for (const [from, to] of counterparts(formerReleases, variants)) {
    const pair = { version: before.version, text: texts[from] ?? '' };
    const isTaken = (release: Release) =>
      servedVariant(formerReleases, release) === from &&
      servedVariant(variants ?? [], release) === to;
    const widening = await findWidening(deps, team, pair, [text, ...others][to] ?? '', isTaken);
    if (!widening) continue;
    throw new ProblemError('version-widens', `${refusal.message} ${refusal.next}`, { widening });
  }
}

/**
 * What a text may permit beyond the one before, by the registry's base policies of the releases whose hosts take both, or
 * by all if it has none of these; undefined if nothing.
 */
async function findWidening(
  deps: Deps,
  team: string,
  { version, text: from }: Pick<Predecessor, 'version' | 'text'>,
  text: string,
  isTaken: (release: Release) => boolean,
): Promise<Widening | undefined> {
  if (from === text) return undefined;
  const all = targetsOf(await listBases(deps.db), undefined).filter(({ base }) => base !== null);
  const fitting = all.filter(({ release }) => isTaken(release));
  const targets = fitting.length > 0 ? fitting : all;
  const compilers = await Promise.all(targets.map((target) => compilerOf(deps, target)));
  const found = await whenBusy(deps.permissions.widening({ from, to: text, compilers }, team));
  const { at, lines: differences, more: omitted } = found;
  if (differences.length === 0) return undefined;
  const { release: target, base } = targets[at ?? -1] ?? { release: newestRelease, base: null };
  return { version, target, base, differences, omitted };
}
