import { and, eq, sql } from 'drizzle-orm';
import type { Release } from '../policy/index.ts';
import type { Digest } from '../trust/index.ts';
import { allBases } from './bases.ts';
import type { Database } from './database.ts';
import { executeTogether, prepared } from './prepared.ts';
import { summaries } from './schema.ts';

/** The version of summaries. Raise it when their results change: stored results of older versions are recomputed. */
export const summaryVersion = 2;

/** A stored summary. */
export type StoredSummary = Pick<
  typeof summaries.$inferSelect,
  'digest' | 'release' | 'base' | 'text'
>;

const ofDigest = prepared((db) =>
  db
    .select({ release: summaries.release, base: summaries.base, text: summaries.text })
    .from(summaries)
    .where(
      and(
        eq(summaries.digest, sql.placeholder('digest')),
        eq(summaries.summaryVersion, summaryVersion),
      ),
    ),
);

/**
 * The current base policies, and the stored summaries of a profile's text by release, also those computed with earlier base
 * policies.
 */
export async function readSummaries(db: Database, digest: Digest) {
  const [bases, stored] = await executeTogether(db, { digest }, allBases(db), ofDigest(db));
  return { bases, stored };
}

/** Stores a summary; it replaces one of the same text and release. */
export async function saveSummary(db: Database, summary: StoredSummary): Promise<void> {
  const { base, text } = summary;
  await db
    .insert(summaries)
    .values({ ...summary, summaryVersion })
    .onConflictDoUpdate({
      target: [summaries.digest, summaries.release],
      set: { base, text, summaryVersion },
    });
}

/** A release that a profile can be analysed for, with its base policy if there is one. */
export interface Target {
  release: Release;
  base: Digest | null;
}
