import { and, eq, gt, lte, max, type SQL, sql } from 'drizzle-orm';
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core';
import { type Release, releases } from '../policy/index.ts';
import type { Digest } from '../trust/index.ts';
import { allBases } from './bases.ts';
import type { Database } from './database.ts';
import { executeTogether, prepared } from './prepared.ts';
import { isLatest } from './profiles.ts';
import { bases, profiles, summaries, versions } from './schema.ts';

/** The version of summaries. Raise it when their results change: stored results of older versions are recomputed. */
export const summaryVersion = 3;

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

/** A stored summary as a page shows it. */
export type ShownSummary = Pick<StoredSummary, 'release' | 'base' | 'text'>;

/**
 * The stored summary of a text of a version, the digest in `digest`, as JSON of {@link ShownSummary}; null if none is stored.
 * Of those for releases that the text is for, the newest one with the current base policy that is not refused. The value of
 * its placeholder is {@link newestValue}.
 */
export function shownSummary(digest: AnySQLiteColumn): SQL<string | null> {
  const newest = sql`json_each(${sql.placeholder('newest')})`;
  // The variant that is served for the release: the last that is for it, or for an earlier one.
  const served = sql`coalesce((SELECT variant.value ->> 'digest' FROM json_each(${versions.variants}) AS variant
    JOIN ${newest} AS oldest ON oldest.value = variant.value ->> 'from'
    WHERE oldest.key >= newest.key ORDER BY variant.key DESC LIMIT 1), ${versions.digest})`;
  return sql`(SELECT json_object('release', ${summaries.release}, 'base', ${summaries.base}, 'text', ${summaries.text})
    FROM ${newest} AS newest
    JOIN ${summaries} ON ${summaries.digest} = ${digest} AND ${summaries.release} = newest.value
      AND ${summaries.summaryVersion} = ${sql.raw(String(summaryVersion))}
    LEFT JOIN ${bases} ON ${bases.release} = newest.value
    WHERE ${summaries.base} IS ${bases.digest} AND ${served} = ${digest}
    ORDER BY ${summaries.text} ->> 'state' = 'refused', ${summaries.base} IS NULL, newest.key LIMIT 1)`;
}

/** The value of the placeholder of {@link shownSummary}. */
export const newestValue = { newest: JSON.stringify([...releases].reverse()) };

/** The latest version of a profile. */
export interface LatestVersion {
  team: string;
  name: string;
  version: string;
}

const unsummarized = prepared((db) =>
  db
    .select({ team: profiles.team, name: profiles.name, version: profiles.latest })
    .from(profiles)
    .innerJoin(versions, isLatest)
    .where(
      and(
        gt(profiles.id, sql.placeholder('after')),
        lte(profiles.id, sql.placeholder('until')),
        // The summaries of what is read with others are not stored, since these change.
        sql`${versions.manifest} ->> 'dependencies' IS NULL`,
        sql`${versions.manifest} ->> 'kind' IS NOT 'abstraction'`,
        sql`NOT EXISTS (SELECT 1 FROM ${summaries} WHERE ${summaries.digest} = ${versions.digest}
          AND ${summaries.summaryVersion} = ${sql.raw(String(summaryVersion))}
          AND (${summaries.base} IN (SELECT ${bases.digest} FROM ${bases})
            OR NOT EXISTS (SELECT 1 FROM ${bases})))`,
      ),
    )
    .orderBy(profiles.id),
);

const lastProfile = prepared((db) => db.select({ id: max(profiles.id) }).from(profiles));

/**
 * The latest versions among `count` profiles from the id `after` on that have no summary with a current base policy, and
 * where to go on: undefined at the end.
 */
export async function findUnsummarized(
  db: Database,
  after: number,
  count: number,
): Promise<{ found: LatestVersion[]; next: number | undefined }> {
  const until = after + count;
  const [found, [last]] = await executeTogether(
    db,
    { after, until },
    unsummarized(db),
    lastProfile(db),
  );
  return { found, next: until < (last?.id ?? 0) ? until : undefined };
}

/** A release that a profile can be analysed for, with its base policy if there is one. */
export interface Target {
  release: Release;
  base: Digest | null;
}
