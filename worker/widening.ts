import type { Widening } from '../contract/index.ts';
import { listBases } from '../db/bases.ts';
import type { Target } from '../db/summaries.ts';
import type { Predecessor } from '../db/versions.ts';
import { isNewMajor, type Manifest } from '../trust/index.ts';
import { whenBusy } from './analysis/version.ts';
import { compilerOf, newest, targetsOf } from './permissions.ts';
import type { Deps, Widened } from './ports.ts';
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
 * Requires that a version permits no more than the one that it follows, unless it is a new major version or its signed
 * manifest gives a reason. What is not known counts as more. Throws the problem `version-widens`, or `busy`.
 */
export async function requireNoWidening(
  deps: Deps,
  { team, name, version, manifest, text }: NewVersion,
  before: Predecessor,
): Promise<void> {
  if (manifest.widens !== undefined || isNewMajor(before.version, version)) return;
  const widening = await findWidening(deps, team, before, text);
  if (!widening) return;
  const [first] = widening.differences;
  const rest = widening.differences.length - 1 + widening.omitted;
  const others = rest === 0 ? '' : `, and ${rest} more`;
  const major = version.startsWith('0.') ? 'minor' : 'major';
  throw new ProblemError(
    'version-widens',
    `${team}/${name}@${version} may permit more than ${before.version}, which it follows (${first}${others}), and the ` +
      `version policy of team ${team} is semver. Publish it as a new ${major} version, or sign a reason with ` +
      '"publish --widens REASON", or let it permit no more.',
    { widening },
  );
}

/**
 * What a text may permit beyond the one before, by the first base policy that shows it; undefined if none does. Base
 * policies that one of both can't be loaded with are passed over. If none is left, includes count as empty.
 */
async function findWidening(
  deps: Deps,
  team: string,
  before: Predecessor,
  text: string,
): Promise<Widening | undefined> {
  if (before.text === text) return undefined;
  const compare = async (target: Target) => {
    const task = { from: before.text, to: text, ...(await compilerOf(deps, target)) };
    return whenBusy(deps.permissions.widening(task, team));
  };
  let isCompared = false;
  for (const target of targetsOf(await listBases(deps.db), undefined)) {
    const widened = await compare(target);
    if (target.base !== null && !widened.accepted) continue;
    if (widened.lines.length > 0) return toWidening(before, target, widened);
    isCompared = true;
  }
  if (isCompared) return undefined;
  const target = { release: newest, base: null };
  const widened = await compare(target);
  return widened.lines.length > 0 ? toWidening(before, target, widened) : undefined;
}

function toWidening(
  { version }: Predecessor,
  { release: target, base }: Target,
  { lines: differences, more: omitted }: Widened,
): Widening {
  return { version, target, base, differences, omitted };
}
