import { reanalyse } from '../../db/analyses.ts';
import type { Database } from '../../db/database.ts';
import { Busy } from '../analysis/analyser.ts';
import { logError } from '../observability/text-log.ts';
import type { Analyser } from '../ports.ts';

/** How many versions are analysed in one go, and how long to rest when none is left, in milliseconds. */
const atOnce = 5;
const rest = 60_000;

/** Sees to some versions that are due at a time; `undefined` when nothing is. */
export type Reanalysis = (time: number) => Promise<void> | undefined;

/**
 * Brings the analyses and the search index of an existing database up to date a little at a time, while the service
 * runs: after an update, and where a yank made another version the latest. A failure is reported and tried again later.
 */
export function createReanalysis(db: Database, analyse: Analyser): Reanalysis {
  let due = 0;
  const work = async (time: number): Promise<void> => {
    try {
      if ((await reanalyse(db, atOnce, (pack) => analyse(pack, ''))) > 0) due = time;
    } catch (error) {
      // Publishers come first.
      if (!(error instanceof Busy)) logError(error);
    }
  };
  return (time) => {
    if (time < due) return undefined;
    // Until the work says otherwise: it may be cancelled half way, on Workers.
    due = time + rest;
    return work(time);
  };
}
