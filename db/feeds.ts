import { and, desc, eq, type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { prepared } from './prepared.ts';
import { entryTeam, logEntries, profiles, versions } from './schema.ts';

/** A version in a feed. */
export interface FeedVersion {
  team: string;
  name: string;
  version: string;
  description: string;
  publishedAt: string;
  logIndex: number;
  yankReason: string | null;
}

/** How many of the newest versions, or of a team's newest entries of the log, are searched for public ones. */
const maxSearched = 5_000;

const columns = {
  team: profiles.team,
  name: profiles.name,
  version: versions.version,
  description: sql<string>`${versions.manifest} ->> 'description'`,
  publishedAt: versions.publishedAt,
  logIndex: versions.logIndex,
  yankReason: versions.yankReason,
};

/** The public ones of versions that were found by their indexes in the log, newest first. */
function selectPublic(db: Database, found: SQL) {
  return db
    .select(columns)
    .from(sql`(${found}) AS found`)
    .crossJoin(versions)
    .innerJoin(
      profiles,
      and(eq(profiles.id, versions.profileId), eq(profiles.visibility, 'public')),
    )
    .where(sql`${versions.logIndex} = found.log_index`)
    .orderBy(sql`found.log_index DESC`)
    .limit(sql.placeholder('limit'));
}

const ofAll = prepared((db) =>
  selectPublic(
    db,
    sql`SELECT ${versions.logIndex} AS log_index FROM ${versions}
      ORDER BY ${versions.logIndex} DESC LIMIT ${sql.raw(String(maxSearched))}`,
  ),
);

const ofTeam = prepared((db) =>
  selectPublic(
    db,
    sql`SELECT ${logEntries.index} AS log_index FROM ${logEntries}
      WHERE ${entryTeam(logEntries)} = ${sql.placeholder('team')}
      ORDER BY ${logEntries.index} DESC LIMIT ${sql.raw(String(maxSearched))}`,
  ),
);

const ofProfile = prepared((db) =>
  db
    .select(columns)
    .from(profiles)
    .innerJoin(versions, eq(versions.profileId, profiles.id))
    .where(
      and(
        eq(profiles.team, sql.placeholder('team')),
        eq(profiles.name, sql.placeholder('name')),
        eq(profiles.visibility, 'public'),
      ),
    )
    .orderBy(desc(versions.logIndex))
    .limit(sql.placeholder('limit')),
);

/**
 * The newest public versions by their place in the log, newest first: of all profiles, of a team's, or of one. Of all and of
 * a team only the newest 5,000 are searched, so that many private ones take bounded time.
 */
export async function listRecentVersions(
  db: Database,
  of: { team?: string; name?: string },
  limit: number,
): Promise<FeedVersion[]> {
  const query = of.team === undefined ? ofAll : of.name === undefined ? ofTeam : ofProfile;
  return query(db).all({ ...of, limit });
}
