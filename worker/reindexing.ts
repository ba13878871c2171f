import type { Database } from '../db/database.ts';
import { reindex } from '../db/search-index.ts';
import { tellOperator } from './text-log.ts';

/** How many profiles are indexed in one go, and how long to rest when none is left, in milliseconds. */
const atOnce = 10;
const rest = 60_000;

/** Sees to some of the search index when that is due at a time; `undefined` when nothing is. */
export type Reindexing = (time: number) => Promise<void> | undefined;

/**
 * Brings the search index of an existing database up to date a little at a time, while the service runs: after an
 * update, and where a yank made another version the latest. A failure is reported and tried again later.
 */
export function createReindexing(db: Database): Reindexing {
  let due = 0;
  const work = async (time: number): Promise<void> => {
    try {
      if ((await reindex(db, atOnce)) > 0) due = time;
    } catch (error) {
      tellOperator(error);
    }
  };
  return (time) => {
    if (time < due) return undefined;
    // Until the work says otherwise: it may be cancelled half way, on Workers.
    due = time + rest;
    return work(time);
  };
}
