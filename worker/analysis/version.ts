import { type StoredAnalysis, saveAnalysis } from '../../db/analyses.ts';
import { findContent, type Version } from '../../db/versions.ts';
import { ofTeam } from '../../db/viewer.ts';
import type { Digest } from '../../trust/index.ts';
import { knownDependencies } from '../dependencies.ts';
import { logError } from '../observability/text-log.ts';
import type { Analyser, Deps } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { Busy } from './analyser.ts';

/** The Retry-After of a busy analyser, in seconds. */
const retryAfter = 5;

/** Wraps an {@link Analyser} for requests (see {@link whenBusy}). */
export function analyseFor(analyse: Analyser): Analyser {
  return (pack, onBehalfOf) => whenBusy(analyse(pack, onBehalfOf));
}

/** The result of an analysis for a request: a full queue becomes the problem `busy`. */
export async function whenBusy<Result>(analysis: Promise<Result>): Promise<Result> {
  try {
    return await analysis;
  } catch (error) {
    if (!(error instanceof Busy)) throw error;
    const detail = `Too many packages are waiting to be analysed. Try again in ${retryAfter} s.`;
    throw new ProblemError('busy', detail, { retryAfter });
  }
}

/**
 * The stored analysis of a version. A version of an older registry that the background job (jobs/reanalysis.ts) has not
 * reached is analysed now, and the result stored.
 */
export async function analysisOf(
  { db, analyse }: Deps,
  team: string,
  name: string,
  { version, analysis }: { version: Version; analysis: StoredAnalysis | null },
): Promise<StoredAnalysis> {
  if (analysis) return analysis;
  const { manifest, digest, variants } = version;
  const required = async (digest: Digest) => {
    const text = await findContent(db, digest);
    if (text === undefined) throw new Error(`the content of ${digest} is missing`);
    return text;
  };
  const [text, others, readme] = await Promise.all([
    required(digest),
    Promise.all(variants?.slice(1).map((one) => required(one.digest)) ?? []),
    manifest.readme === undefined ? undefined : findContent(db, manifest.readme as Digest),
  ]);
  // Not on behalf of a team: readers wait for each other, publishers do not wait for readers.
  const needed = await knownDependencies(db, ofTeam(team), { team, name, manifest });
  const pack = { team, name, manifest, text, others, readme, needed };
  const analysed = await analyseFor(analyse)(pack, '');
  const row = { team, name, version: version.version, manifest, analysis: analysed };
  // The result is valid even if it can't be stored, for example on a full disk.
  await saveAnalysis(db, row).catch(logError);
  return analysed;
}
