import { and, eq, sql } from 'drizzle-orm';
import type { Grade } from '../policy/index.ts';
import type { Database } from './database.ts';
import { prepared } from './prepared.ts';
import { isLatest } from './profiles.ts';
import { profiles, searchDocuments, versions } from './schema.ts';

/** What badges say about a profile. */
export interface Badge {
  latest: string;
  /** The lint grade of the latest version; null until it is indexed. */
  grade: Grade | null;
}

const badge = prepared((db) =>
  db
    .select({ latest: profiles.latest, grade: searchDocuments.grade })
    .from(profiles)
    .innerJoin(versions, isLatest)
    .leftJoin(searchDocuments, eq(searchDocuments.versionId, versions.id))
    .where(
      and(
        eq(profiles.team, sql.placeholder('team')),
        eq(profiles.name, sql.placeholder('name')),
        eq(profiles.visibility, 'public'),
      ),
    ),
);

/** What badges say about a public profile; `undefined` if there is none. */
export async function findBadge(
  db: Database,
  team: string,
  name: string,
): Promise<Badge | undefined> {
  return badge(db).get({ team, name });
}
