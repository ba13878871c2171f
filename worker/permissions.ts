import { LRUCache } from 'lru-cache';
import type { Compared, Summarized } from '../contract/index.ts';
import { type Base, findBaseContent } from '../db/bases.ts';
import { saveSummary } from '../db/save-summary.ts';
import { readSummaries, type Target } from '../db/summaries.ts';
import { findContent } from '../db/versions.ts';
import type { Viewer } from '../db/viewer.ts';
import {
  compareReleases,
  newestRelease,
  type PolicyText,
  type Release,
  releases,
  unknownReasons,
} from '../policy/index.ts';
import { type Digest, sha256 } from '../trust/index.ts';
import type { LineDiff } from './analysis/line-diff.ts';
import { policyText, type ReadWith, readWith } from './analysis/needed.ts';
import { permissionSteps } from './analysis/permissions.ts';
import { whenBusy } from './analysis/version.ts';
import type { ChosenVersion } from './chosen-version.ts';
import { knownDependencies } from './dependencies.ts';
import { logError } from './observability/text-log.ts';
import type { Compiler, Deps } from './ports.ts';
import { ProblemError } from './problem.ts';

/** What summaries and comparisons are computed with. */
export type SummaryDeps = Pick<Deps, 'db' | 'permissions' | 'isEnding'>;

/** The text of a profile or of a variant, by its digest. */
export interface ProfileText {
  digest: Digest;
  /** The profile whose text it is, if it is a stored one. */
  of?: { team: string; name: string } | undefined;
  text: () => Promise<string>;
  /** The releases that it is for. */
  fits: readonly Release[];
  /** What it is read with; absent if the digest says all. */
  with?: ReadWith | undefined;
}

/** The stored text of a version, read with what its package needs. */
export async function storedText(
  { db }: SummaryDeps,
  viewer: Viewer,
  { place, fits, manifest }: ChosenVersion,
): Promise<ProfileText> {
  const { team, name, digest } = place;
  const needed = await knownDependencies(db, viewer, { team, name, manifest });
  const its = readWith(name, manifest, needed);
  return {
    ...{ digest, fits, of: { team, name } },
    ...((its.body !== undefined || manifest.dependencies) && { with: its }),
    async text() {
      const text = await findContent(db, digest);
      if (text === undefined) throw new Error(`the content of ${digest} is missing`);
      return text;
    },
  };
}

/** The text of a profile for a release, with what it is read with. */
async function textFor(
  { text, ...profile }: Omit<ProfileText, 'fits'>,
  release: Release,
): Promise<PolicyText> {
  const own = await text();
  return profile.with ? policyText(own, profile.with, release) : { text: own };
}

/** What identifies a text for a release: its digest, and those of what it is read with. */
async function keyOf(profile: Omit<ProfileText, 'fits'>, release: Release): Promise<string> {
  if (!profile.with) return profile.digest;
  const more = JSON.stringify(policyText(profile.digest, profile.with, release));
  return sha256(new TextEncoder().encode(more));
}

/**
 * The summary of a profile for a release; without one, for the newest that it is for whose base policy the registry has and
 * whose apparmor_parser accepts the profile. What was not computed when it was published is computed and stored.
 */
export async function summaryOf(
  deps: SummaryDeps,
  profile: ProfileText,
  release: Release | undefined,
): Promise<Target & { summary: Summarized }> {
  const { bases, stored } = await readSummaries(deps.db, profile.digest);
  let first: (Target & { summary: Summarized }) | undefined;
  for (const target of targetsOf(bases, release, profile.fits)) {
    const known = profile.with ? undefined : stored.find((one) => isFor(one, target));
    const summary = known
      ? (JSON.parse(known.text) as Summarized)
      : await computeSummary(deps, profile, target, permissionSteps.requested);
    const found = { ...target, summary };
    if (summary.state !== 'refused') return found;
    first ??= found;
  }
  if (!first) throw new Error('a profile has at least one target');
  return first;
}

/** The longest text that is summarized when it is published, in characters: others cost as much as their analysis. */
const maxPublishedText = 8 * 1024;

/** A text of a new version: its profile or a variant. */
export interface PublishedText extends Pick<ProfileText, 'digest' | 'fits' | 'of'> {
  text: string;
}

/**
 * Computes and stores the summaries of a new version's texts, each for the base policies that fit it, unless they cost
 * much. Never throws.
 */
export async function summarizePublished(
  deps: SummaryDeps,
  texts: readonly PublishedText[],
): Promise<void> {
  try {
    for (const one of texts) {
      if (one.text.length <= maxPublishedText) await summarizeNew(deps, one);
    }
  } catch (error) {
    // They are computed when they are requested; publishing takes precedence.
    const isBusy = error instanceof ProblemError && error.id === 'busy';
    if (!isBusy) logUnlessEnding(deps, error);
  }
}

async function summarizeNew(
  deps: SummaryDeps,
  { digest, of, text, fits }: PublishedText,
): Promise<void> {
  const { bases, stored } = await readSummaries(deps.db, digest);
  for (const target of targetsOf(bases, undefined, fits)) {
    const known = stored.some((one) => isFor(one, target));
    if (deps.isEnding?.()) return;
    const profile = { digest, of, text: async () => text };
    if (!known) await computeSummary(deps, profile, target, permissionSteps.published);
  }
}

/** The database may be closed under what follows the last responses. */
function logUnlessEnding({ isEnding }: SummaryDeps, error: unknown): void {
  if (!isEnding?.()) logError(error);
}

const isFor = (one: Target, target: Target) =>
  one.release === target.release && one.base === target.base;

/** The releases in `fits` with base policies, newest first; only the one asked for, or the newest without one. */
export function targetsOf(
  bases: readonly { release: Release; digest: Digest }[],
  release: Release | undefined,
  fits: readonly Release[] = releases,
): Target[] {
  const wanted = release === undefined ? fits : [release];
  const found = bases
    .filter((one) => wanted.includes(one.release))
    .map((one) => ({ release: one.release, base: one.digest }))
    .sort((a, b) => compareReleases(b.release, a.release));
  return found.length > 0 ? found : [{ release: wanted.at(-1) ?? newestRelease, base: null }];
}

async function computeSummary(
  deps: SummaryDeps,
  profile: Omit<ProfileText, 'fits'>,
  target: Target,
  steps: number,
): Promise<Summarized> {
  const key = [await keyOf(profile, target.release), target.release, target.base].join(' ');
  const known = stoppedSummaries.get(key) ?? summarizedWith.get(key);
  if (known) return known;
  const text = await textFor(profile, target.release);
  const task = { ...text, steps, ...(await compilerOf(deps, target)) };
  // Not on behalf of a team: publishers do not wait for readers, nor for summaries of what was published.
  const summary = await whenBusy(deps.permissions.summarize(task, ''));
  const isCut = steps < permissionSteps.requested && mayBeCut(summary);
  if (summary.state === 'unknown') stoppedSummaries.set(key, summary);
  else if (profile.with) summarizedWith.set(key, summary);
  else if (!isCut) {
    const row = { digest: profile.digest, ...target, text: JSON.stringify(summary) };
    // The result is valid even if it can't be stored, for example on a full disk.
    await saveSummary(deps.db, row, profile.of).catch((error: unknown) =>
      logUnlessEnding(deps, error),
    );
  }
  return summary;
}

/** Whether something is unknown that a larger budget may find out. */
function mayBeCut({ unknown, ways }: Summarized): boolean {
  return (
    unknown.some(({ reason }) => reason === 'budget') ||
    ways.some(({ state, note }) => state === 'unknown' && note === unknownReasons.budget)
  );
}

/** What exceeded a limit, and would again: another process, or a faster one, may succeed. */
const stoppedSummaries = new LRUCache<string, Summarized>({ max: 1000 });

/** The release of a target with the text of its base policy. */
export async function compilerOf(
  { db }: SummaryDeps,
  { release, base }: Target,
): Promise<Compiler> {
  if (base === null) return { release, base };
  const text = await findBaseContent(db, base);
  if (text === undefined) throw new Error(`the base policy ${base} is missing`);
  return { release, base: text };
}

/** A cache of what this process computed; the size is in characters. */
const cacheOf = <Value extends object>() =>
  new LRUCache<string, Value>({
    maxSize: 16 * 1024 * 1024,
    sizeCalculation: (value, key) => JSON.stringify(value).length + key.length,
  });

/** Summaries of what depends on others, whose next versions change it. */
const summarizedWith = cacheOf<Summarized>();

/** Comparisons by lines, by the digests of both texts. */
const comparedLines = cacheOf<LineDiff>();

/** The lines in which the texts of two profiles differ. */
export async function linesOf(
  deps: SummaryDeps,
  from: ProfileText,
  to: ProfileText,
): Promise<LineDiff> {
  const key = `${from.digest} ${to.digest}`;
  let diff = comparedLines.get(key);
  if (!diff) {
    const [before, after] = await Promise.all([from.text(), to.text()]);
    diff = await whenBusy(deps.permissions.lines({ from: before, to: after }, ''));
    comparedLines.set(key, diff);
  }
  return diff;
}

/** Comparisons, by what identifies both texts and the base policy. */
const compared = cacheOf<Compared>();

/**
 * Compares two profiles for a release, or for the newest one that fits both, as {@link summaryOf} chooses it.
 *
 * @param bases the current base policies
 */
export async function diffOf(
  deps: SummaryDeps,
  bases: readonly Base[],
  from: ProfileText,
  to: ProfileText,
  wanted: Release | undefined,
): Promise<Target & { diff: Compared }> {
  const both = from.fits.filter((one) => to.fits.includes(one));
  let first: (Target & { diff: Compared }) | undefined;
  for (const target of targetsOf(bases, wanted, both.length > 0 ? both : releases)) {
    const { release } = target;
    const keys = await Promise.all([keyOf(from, release), keyOf(to, release)]);
    const key = [...keys, release, target.base].join(' ');
    let diff = compared.get(key);
    if (!diff) {
      const compiler = await compilerOf(deps, target);
      const task = {
        from: await textFor(from, release),
        to: await textFor(to, release),
        ...compiler,
      };
      diff = await whenBusy(deps.permissions.compare(task, ''));
      compared.set(key, diff);
    }
    if (diff.state !== 'refused') return { ...target, diff };
    first ??= { ...target, diff };
  }
  if (!first) throw new Error('a profile has at least one target');
  return first;
}
