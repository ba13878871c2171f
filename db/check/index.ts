import { sql } from 'drizzle-orm';
import type { NoteVerifier } from '../../trust/log/index.ts';
import type { Database } from '../database.ts';
import { withSnapshot } from '../snapshot.ts';
import { readFacts } from './facts.ts';
import { checkKeys } from './keys.ts';
import { checkLog } from './log.ts';
import { checkDerived, checkProfiles, readProfiles } from './profiles.ts';
import type { Report } from './report.ts';
import { schemaDifferences } from './schema.ts';
import { valueDifferences } from './values.ts';
import { checkContents, checkVersions } from './versions.ts';

export type { Difference, DifferenceId } from './report.ts';

export interface CheckOptions {
  /** The log's key; without it only the checkpoint's signature goes unchecked. */
  key?: NoteVerifier | undefined;
  /** Told of each thing that is not as it should be. */
  report: Report;
  /** Told now and then how far it is. */
  progress?: (what: string, count: number) => void;
}

/**
 * Proves a database against its log, as it stands at one moment: its schema against what migrations make, every entry against the tree and its checkpoint, every
 * row that the log tells of against its entry and the other way round, texts against digests, envelopes against
 * keys, and what is derived against what it is derived from. The size of the log. What the log does not tell of, such
 * as users and tokens, can't be proved.
 */
export async function checkDatabase(
  db: Database,
  { key, report, progress = () => {} }: CheckOptions,
): Promise<number> {
  return withSnapshot(db, async (snapshot) => {
    let whole = false;
    try {
      for (const detail of await schemaDifferences(snapshot.$client))
        report('schema-differs', detail);
      whole = await checkFile(snapshot, report);
      return await checkRows(snapshot, { key, report, progress });
    } catch (error) {
      if (whole) throw error;
      const { message, cause } = error as Error;
      const reason = cause instanceof Error ? cause.message : message;
      report('database-damaged', `it can not be read further: ${reason}`);
      return 0;
    }
  });
}

async function checkRows(
  db: Database,
  { key, report, progress }: Required<CheckOptions>,
): Promise<number> {
  for (const detail of await valueDifferences(db)) report('value-malformed', detail);
  const size = await checkLog(db, key, report, (count) => progress('entries', count));
  const facts = await readFacts(db);
  const keys = await checkKeys(db, facts, report);
  const named = await readProfiles(db);
  await checkProfiles(db, named, facts, report);
  await checkVersions(db, { named, keys, facts, report }, (count) => progress('versions', count));
  await checkContents(db, report);
  await checkDerived(db, report);
  return size;
}

/** What SQLite itself can tell: damaged pages and indices, and references that lead nowhere. Whether the file is whole. */
async function checkFile(db: Database, report: Report): Promise<boolean> {
  const damage = await db.all<{ integrity_check: string }>(sql`PRAGMA integrity_check`);
  for (const { integrity_check: message } of damage) {
    if (message !== 'ok') report('database-damaged', message);
  }
  const broken = await db.all<{ table: string; rowid: number; parent: string }>(
    sql`PRAGMA foreign_key_check`,
  );
  for (const { table, rowid, parent } of broken) {
    report('reference-broken', `row ${rowid} of ${table} refers to none of ${parent}`);
  }
  return damage.length === 1 && damage[0]?.integrity_check === 'ok';
}
