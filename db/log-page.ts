import { and, desc, eq, lt, type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { logHeadQuery, toHead } from './log.ts';
import { executeTogether, prepared } from './prepared.ts';
import { entryTeam, logEntries } from './schema.ts';

/** A stored entry: its index and its exact bytes as text. */
export type StoredEntry = typeof logEntries.$inferSelect;

/** Above the indexes of all entries. */
export const afterAll = Number.MAX_SAFE_INTEGER;

/** Entries below an index, newest first: of all teams, or of one. */
function selectEntries(db: Database, ofTeam?: SQL) {
  return db
    .select()
    .from(logEntries)
    .where(and(lt(logEntries.index, sql.placeholder('before')), ofTeam))
    .orderBy(desc(logEntries.index))
    .limit(sql.placeholder('limit'));
}

const entries = prepared((db) => selectEntries(db));

/** The entries about a team, newest first. Placeholders: `team`, `before` (an index) and `limit`. */
export const entriesOfTeam = prepared((db) =>
  selectEntries(db, eq(entryTeam(logEntries), sql.placeholder('team'))),
);

/**
 * Reads in one round trip the size of the log, and at most `limit` entries below the index `before`, newest first: of a
 * team, or of all without one.
 */
export async function readLogPage(
  db: Database,
  {
    team,
    before = afterAll,
    limit,
  }: { team: string | undefined; before: number | undefined; limit: number },
): Promise<{ size: number; entries: StoredEntry[] }> {
  const [[head], found] = await executeTogether(
    db,
    { team, before, limit },
    logHeadQuery(db),
    team === undefined ? entries(db) : entriesOfTeam(db),
  );
  return { size: toHead(head).frontier.size, entries: found };
}
