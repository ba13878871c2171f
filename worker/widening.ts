import type { Widening } from '../contract/index.ts';
import type { NeededText } from '../db/analyses.ts';
import { listBases } from '../db/bases.ts';
import { parseVariants } from '../db/variants.ts';
import type { Predecessor } from '../db/versions.ts';
import type { Viewer } from '../db/viewer.ts';
import { newestRelease, type PolicyText, type Release } from '../policy/index.ts';
import { counterparts, type Manifest, servedVariant, wideningRefusal } from '../trust/index.ts';
import { policyText, readWith } from './analysis/needed.ts';
import { whenBusy } from './analysis/version.ts';
import { knownDependencies } from './dependencies.ts';
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
  /** The packages that it needs. */
  needed: readonly NeededText[];
}

/**
 * Requires that a version permits no more than the one that it follows, unless the version policy lets it. What is not
 * known counts as more. Throws the problem `version-widens`, or `busy`.
 */
export async function requireNoWidening(
  deps: Deps,
  viewer: Viewer,
  { team, name, version, manifest, text, others, needed }: NewVersion,
  before: Predecessor,
): Promise<void> {
  const { widens, variants } = manifest;
  const refusal = wideningRefusal({ team, name, version, widens, before: before.version });
  if (!refusal) return;
  const former = parseVariants(before.variants);
  const texts = former.length > 0 ? former.map((one) => one.text) : [before.text];
  const formerReleases = former.map((one) => one.from);
  const neededBefore = await knownDependencies(deps.db, viewer, { ...before, team, name });
  const fromWith = readWith(name, before.manifest, neededBefore);
  const toWith = readWith(name, manifest, needed);
  for (const [from, to] of counterparts(formerReleases, variants)) {
    const release = variants?.[to] ?? formerReleases[from] ?? newestRelease;
    const isTaken = (one: Release) =>
      servedVariant(formerReleases, one) === from && servedVariant(variants ?? [], one) === to;
    const widening = await findWidening(
      deps,
      team,
      { version: before.version, ...policyText(texts[from] ?? '', fromWith, release) },
      policyText([text, ...others][to] ?? '', toWith, release),
      isTaken,
    );
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
  { version, ...from }: PolicyText & { version: string },
  to: PolicyText,
  isTaken: (release: Release) => boolean,
): Promise<Widening | undefined> {
  if (JSON.stringify(from) === JSON.stringify(to)) return undefined;
  const all = targetsOf(await listBases(deps.db), undefined).filter(({ base }) => base !== null);
  const fitting = all.filter(({ release }) => isTaken(release));
  const targets = fitting.length > 0 ? fitting : all;
  const compilers = await Promise.all(targets.map((target) => compilerOf(deps, target)));
  const found = await whenBusy(deps.permissions.widening({ from, to, compilers }, team));
  const { at, lines: differences, more: omitted } = found;
  if (differences.length === 0) return undefined;
  const { release: target, base } = targets[at ?? -1] ?? { release: newestRelease, base: null };
  return { version, target, base, differences, omitted };
}
