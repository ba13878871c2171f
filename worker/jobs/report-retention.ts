import type { Database } from '../../db/database.ts';
import { forgetReportsBefore } from '../../db/host-reports.ts';
import { logError } from '../observability/text-log.ts';

/** The maximum number of events of a run, and the pause when nothing is left to delete, in milliseconds. */
const maxEvents = 50;
const pause = 60 * 60_000;

/** Deletes some of what hosts reported longer ago than is kept; returns `undefined` while nothing is due. */
export type ReportRetention = (time: number) => Promise<void> | undefined;

/** Deletes what hosts reported more than `days` days ago, in small steps. Failures are logged and retried later. */
export function createReportRetention(db: Database, days: number): ReportRetention {
  let due = 0;
  const work = async (time: number): Promise<void> => {
    try {
      const day = new Date(time - days * 24 * 60 * 60_000).toISOString().slice(0, 10);
      if (await forgetReportsBefore(db, day, maxEvents)) due = time;
    } catch (error) {
      logError(error);
    }
  };
  return (time) => {
    if (time < due) return undefined;
    due = time + pause;
    return work(time);
  };
}
