import { type StoredAnalysis, saveAnalysis } from '../../db/analyses.ts';
import { findContent, type Version } from '../../db/versions.ts';
import type { Digest } from '../../trust/index.ts';
import { logError } from '../observability/text-log.ts';
import type { Analyser, Deps } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { Busy } from './analyser.ts';

/** Seconds after which it is worth trying again when too many packages wait. */
const retryAfter = 5;

/** As the {@link Analyser} itself, for a request: that too many wait is a problem that tells when to try again. */
export function analyseFor(analyse: Analyser): Analyser {
  return async (pack, onBehalfOf) => {
    try {
      return await analyse(pack, onBehalfOf);
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
      const detail = `Too many packages are waiting to be analysed. Try again in ${retryAfter} s.`;
      throw new ProblemError('busy', detail, { retryAfter });
    }
  };
}

/**
 * What was found out about a version: as it was stored, or else now, as for a version of an older registry that has
 * not had its turn in the background (reanalyseDue.ts); that is then stored.
 */
export async function analysisOf(
  { db, analyse }: Deps,
  team: string,
  name: string,
  { version, analysis }: { version: Version; analysis: StoredAnalysis | null },
): Promise<StoredAnalysis> {
  if (analysis) return analysis;
  const { manifest, digest } = version;
  const [text, readme] = await Promise.all([
    findContent(db, digest),
    manifest.readme === undefined ? undefined : findContent(db, manifest.readme as Digest),
  ]);
  if (text === undefined) throw new Error(`the content of ${digest} is missing`);
  // On behalf of nobody in particular: readers wait for each other, not publishers for readers.
  const made = await analyseFor(analyse)({ team, name, manifest, text, readme }, '');
  const kept = { team, name, version: version.version, manifest, analysis: made };
  // It is an answer all the same, on a disk that is full for example.
  await saveAnalysis(db, kept).catch(logError);
  return made;
}
