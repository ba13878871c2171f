import type { Database } from './database.ts';
import { summaries } from './schema.ts';
import { indexProfile } from './search-index.ts';
import { type StoredSummary, summaryVersion } from './summaries.ts';

/**
 * Stores a summary, which replaces one of the same text and release, and indexes the profile whose text it is, if it is
 * a stored one.
 */
export async function saveSummary(
  db: Database,
  summary: StoredSummary,
  of: { team: string; name: string } | undefined,
): Promise<void> {
  const { base, text } = summary;
  const insert = db
    .insert(summaries)
    .values({ ...summary, summaryVersion })
    .onConflictDoUpdate({
      target: [summaries.digest, summaries.release],
      set: { base, text, summaryVersion },
    });
  await db.batch([insert, ...(of ? indexProfile(db, of.team, of.name) : [])]);
}
