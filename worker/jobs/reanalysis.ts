import { type Package, reanalyse } from '../../db/analyses.ts';
import type { Database } from '../../db/database.ts';
import { ofTeam } from '../../db/viewer.ts';
import { Busy } from '../analysis/analyser.ts';
import { knownDependencies } from '../dependencies.ts';
import { logError } from '../observability/text-log.ts';
import type { Analyser } from '../ports.ts';

/** The maximum number of versions analysed in a run, and the pause when none is outdated, in milliseconds. */
const maxVersions = 5;
const pause = 60_000;

/** Analyses some outdated versions; returns `undefined` while none is due. */
export type Reanalysis = (time: number) => Promise<void> | undefined;

/**
 * Updates the analyses and the search index of an existing database in small steps while the service runs: after an
 * upgrade, and when a yank makes another version the latest. Failures are logged and retried later.
 */
export function createReanalysis(db: Database, analyse: Analyser): Reanalysis {
  let due = 0;
  const work = async (time: number): Promise<void> => {
    try {
      const withNeeded = async (pack: Package) => {
        const needed = await knownDependencies(db, ofTeam(pack.team), pack);
        return analyse({ ...pack, needed }, '');
      };
      if ((await reanalyse(db, maxVersions, withNeeded)) > 0) due = time;
    } catch (error) {
      // Publishing takes precedence.
      if (!(error instanceof Busy)) logError(error);
    }
  };
  return (time) => {
    if (time < due) return undefined;
    // Unless the run finds more work; on Workers it may be cancelled.
    due = time + pause;
    return work(time);
  };
}
