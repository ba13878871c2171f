import { desc, gte, lt, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { bundleCheckpoints } from './schema.ts';

/** A checkpoint of the log that bundles are proved under. */
export type BundleCheckpoint = typeof bundleCheckpoints.$inferSelect;

/** The number of checkpoints that are kept. */
const maxCheckpoints = 64;

/** All rows, as a range of the key: the tests refuse queries that go through a whole table, and this one stays small. */
const isAny = gte(bundleCheckpoints.size, 0);

/** The checkpoints of bundles, newest first. */
export async function listBundleCheckpoints(db: Database): Promise<BundleCheckpoint[]> {
  return db.select().from(bundleCheckpoints).where(isAny).orderBy(desc(bundleCheckpoints.size));
}

/**
 * Stores a newer checkpoint of bundles, and removes the oldest ones. Replaces one of the same size only if that is from
 * before `expired`, a time: otherwise a concurrent request has just stored it.
 */
export async function saveBundleCheckpoint(
  db: Database,
  checkpoint: BundleCheckpoint,
  expired: string,
): Promise<void> {
  const { size, ...rest } = checkpoint;
  const oldest = sql`(SELECT size FROM ${bundleCheckpoints} WHERE size >= 0 ORDER BY size DESC
    LIMIT 1 OFFSET ${maxCheckpoints - 1})`;
  await db.batch([
    db
      .insert(bundleCheckpoints)
      .values(checkpoint)
      .onConflictDoUpdate({
        target: bundleCheckpoints.size,
        set: rest,
        setWhere: lt(bundleCheckpoints.createdAt, expired),
      }),
    db.delete(bundleCheckpoints).where(lt(bundleCheckpoints.size, oldest)),
  ]);
}
