import { reanalyse } from '../../db/analyses.ts';
import type { Database } from '../../db/database.ts';
import { Busy } from '../analysis/analyser.ts';
import { logError } from '../observability/text-log.ts';
import type { Analyser } from '../ports.ts';

/** How many versions are analysed per run, and the pause when none is outdated, in milliseconds. */
const atOnce = 5;
const rest = 60_000;

/** Analyses some outdated versions; returns `undefined` while none is due. */
export type Reanalysis = (time: number) => Promise<void> | undefined;

/**
 * Updates the analyses and the search index of an existing database in small steps while the service runs: after an
 * upgrade, and where a yank made another version the latest. Failures are logged and retried later.
 */
export function createReanalysis(db: Database, analyse: Analyser): Reanalysis {
  let due = 0;
  const work = async (time: number): Promise<void> => {
    try {
      if ((await reanalyse(db, atOnce, (pack) => analyse(pack, ''))) > 0) due = time;
    } catch (error) {
      // Publishing takes precedence.
      if (!(error instanceof Busy)) logError(error);
    }
  };
  return (time) => {
    if (time < due) return undefined;
    // Unless the run finds more work; on Workers it may be cancelled.
    due = time + rest;
    return work(time);
  };
}
