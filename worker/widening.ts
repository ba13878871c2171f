import type { Widening } from '../contract/index.ts';
import { listBases } from '../db/bases.ts';
import { parseVariants } from '../db/variants.ts';
import type { Predecessor } from '../db/versions.ts';
import { newestRelease } from '../policy/index.ts';
import { breakingPart, counterparts, isNewMajor, type Manifest } from '../trust/index.ts';
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
 * Requires that a version permits no more than the one that it follows, unless it is a new major version or its signed
 * manifest gives a reason. What is not known counts as more. Throws the problem `version-widens`, or `busy`.
 */
export async function requireNoWidening(
  deps: Deps,
  { team, name, version, manifest, text, others }: NewVersion,
  before: Predecessor,
): Promise<void> {
  if (manifest.widens !== undefined || isNewMajor(before.version, version)) return;
  const former = parseVariants(before.variants);
  const texts = former.length > 0 ? former.map((one) => one.text) : [before.text];
  let widening: Widening | undefined;
  for (const [from, to] of counterparts(
    former.map((one) => one.from),
    manifest.variants,
  )) {
    const pair = { version: before.version, text: texts[from] ?? '' };
    widening ??= await findWidening(deps, team, pair, [text, ...others][to] ?? '');
  }
  if (!widening) return;
  const [first] = widening.differences;
  const rest = widening.differences.length - 1 + widening.omitted;
  const further = rest === 0 ? '' : `, and ${rest} more`;
  throw new ProblemError(
    'version-widens',
    `${team}/${name}@${version} may permit more than ${before.version}, which it follows (${first}${further}), and the ` +
      `version policy of team ${team} is semver. Publish it as a new ${breakingPart(version)} version, or sign a reason with ` +
      '"publish --widens REASON", or let it permit no more.',
    { widening },
  );
}

/** What a text may permit beyond the one before, by the registry's base policies; undefined if nothing. */
async function findWidening(
  deps: Deps,
  team: string,
  { version, text: from }: Pick<Predecessor, 'version' | 'text'>,
  text: string,
): Promise<Widening | undefined> {
  if (from === text) return undefined;
  const targets = targetsOf(await listBases(deps.db), undefined).filter(
    ({ base }) => base !== null,
  );
  const compilers = await Promise.all(targets.map((target) => compilerOf(deps, target)));
  const widened = await whenBusy(deps.permissions.widening({ from, to: text, compilers }, team));
  const { at, lines: differences, more: omitted } = widened;
  if (differences.length === 0) return undefined;
  const { release: target, base } = targets[at ?? -1] ?? { release: newestRelease, base: null };
  return { version, target, base, differences, omitted };
}
