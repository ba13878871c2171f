import { and, eq, gt, lte, max, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { prepared } from './prepared.ts';
import { isLatest } from './profiles.ts';
import { profiles, versions } from './schema.ts';

const last = prepared((db) => db.select({ id: max(profiles.id) }).from(profiles));

/** The highest id of a profile; 0 without profiles. */
export async function lastProfileId(db: Database): Promise<number> {
  return (await last(db).get())?.id ?? 0;
}

const inRange = prepared((db) =>
  db
    .select({ team: profiles.team, name: profiles.name, publishedAt: versions.publishedAt })
    .from(profiles)
    .innerJoin(versions, isLatest)
    .where(
      and(
        gt(profiles.id, sql.placeholder('after')),
        lte(profiles.id, sql.placeholder('upTo')),
        eq(profiles.visibility, 'public'),
      ),
    ),
);

/** The public profiles with ids in a range, and when their latest versions were published. */
export async function listForSitemap(db: Database, range: { after: number; upTo: number }) {
  return inRange(db).all(range);
}
