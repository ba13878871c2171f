import type { Widening } from '../contract/index.ts';
import { listBases } from '../db/bases.ts';
import type { Predecessor } from '../db/versions.ts';
import { newestRelease } from '../policy/index.ts';
import { type Manifest, wideningRefusal } from '../trust/index.ts';
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
}

/**
 * Requires that a version permits no more than the one that it follows, unless the version policy lets it. What is not
 * known counts as more. Throws the problem `version-widens`, or `busy`.
 */
export async function requireNoWidening(
  deps: Deps,
  { team, name, version, manifest: { widens }, text }: NewVersion,
  before: Predecessor,
): Promise<void> {
  const refusal = wideningRefusal({ team, name, version, widens, before: before.version });
  if (!refusal) return;
  const widening = await findWidening(deps, team, before, text);
  if (widening)
    throw new ProblemError('version-widens', `${refusal.message} ${refusal.next}`, { widening });
}

/** What a text may permit beyond the one before, by the registry's base policies; undefined if nothing. */
async function findWidening(
  deps: Deps,
  team: string,
  { version, text: from }: Predecessor,
  text: string,
): Promise<Widening | undefined> {
  if (from === text) return undefined;
  const targets = targetsOf(await listBases(deps.db), undefined).filter(
    ({ base }) => base !== null,
  );
  const compilers = await Promise.all(targets.map((target) => compilerOf(deps, target)));
  const found = await whenBusy(deps.permissions.widening({ from, to: text, compilers }, team));
  const { at, lines: differences, more: omitted } = found;
  if (differences.length === 0) return undefined;
  const { release: target, base } = targets[at ?? -1] ?? { release: newestRelease, base: null };
  return { version, target, base, differences, omitted };
}
