import { sql } from 'drizzle-orm';
import type { NoteVerifier } from '../../trust/log/index.ts';
import type { Database } from '../database.ts';
import { withSnapshot } from '../snapshot.ts';
import { readFacts } from './facts.ts';
import { checkKeys } from './keys.ts';
import { checkLog } from './log.ts';
import { checkManifests } from './oci.ts';
import { checkDerived, checkProfiles, readProfiles } from './profiles.ts';
import type { Report } from './report.ts';
import { schemaDifferences } from './schema.ts';
import { valueDifferences } from './values.ts';
import { checkContents, checkVersions } from './versions.ts';

export type { Difference, DifferenceId } from './report.ts';

export interface CheckOptions {
  /** The log's key; without it only the checkpoint's signature goes unchecked. */
  key?: NoteVerifier | undefined;
  /** Called for each difference. */
  report: Report;
  /** Called repeatedly with the progress. */
  progress?: (what: string, count: number) => void;
}

/**
 * Verifies a snapshot of a database against its log: the schema against the migrations, entries against the tree and its
 * checkpoint, logged rows against their entries and vice versa, texts against digests, envelopes against keys, and derived
 * data against its sources. Returns the size of the log. Data that is not logged, such as users and tokens, can't be
 * verified.
 */
export async function checkDatabase(
  db: Database,
  { key, report, progress = () => {} }: CheckOptions,
): Promise<number> {
  return withSnapshot(db, async (snapshot) => {
    let isSound = false;
    try {
      for (const detail of await schemaDifferences(snapshot.$client))
        report('schema-differs', detail);
      const isWhole = await checkFile(snapshot, report);
      const malformed = await valueDifferences(snapshot);
      for (const detail of malformed) report('value-malformed', detail);
      isSound = isWhole && malformed.length === 0;
      return await checkRows(snapshot, { key, report, progress });
    } catch (error) {
      if (isSound) throw error;
      const { message, cause } = error as Error;
      const reason = cause instanceof Error ? cause.message : message;
      report('database-damaged', `the check could not continue: ${reason}`);
      return 0;
    }
  });
}

async function checkRows(
  db: Database,
  { key, report, progress }: Required<CheckOptions>,
): Promise<number> {
  const size = await checkLog(db, key, report, (count) => progress('entries', count));
  const facts = await readFacts(db);
  const keys = await checkKeys(db, facts, report);
  const named = await readProfiles(db);
  await checkProfiles(db, named, facts, report);
  await checkVersions(db, { named, keys, facts, report }, (count) => progress('versions', count));
  await checkContents(db, report);
  await checkManifests(db, report);
  await checkDerived(db, report);
  return size;
}

/** Runs SQLite's own checks of pages, indices and foreign keys. Returns whether the file is intact. */
async function checkFile(db: Database, report: Report): Promise<boolean> {
  const damage = await db.all<{ integrity_check: string }>(sql`PRAGMA integrity_check`);
  for (const { integrity_check: message } of damage) {
    if (message !== 'ok') report('database-damaged', message);
  }
  const broken = await db.all<{ table: string; rowid: number; parent: string }>(
    sql`PRAGMA foreign_key_check`,
  );
  for (const { table, rowid, parent } of broken) {
    report('reference-broken', `row ${rowid} of ${table} refers to a missing row of ${parent}`);
  }
  return damage.length === 1 && damage[0]?.integrity_check === 'ok';
}
