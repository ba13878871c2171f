import { and, asc, eq, or, type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import { profiles, versions } from './schema.ts';
import { type Viewer, visibleTo } from './viewer.ts';

export type Profile = typeof profiles.$inferSelect;

/** What to list: all of it, a team's, or what matches some words; after a cursor. */
export interface ProfileQuery {
  text?: string | undefined;
  team?: string | undefined;
  after?: { team: string; name: string } | undefined;
  limit: number;
}

/** A profile, if the viewer may know of it. */
export async function findProfile(
  db: Database,
  viewer: Viewer,
  team: string,
  name: string,
): Promise<Profile | undefined> {
  const [profile] = await db
    .select()
    .from(profiles)
    .where(and(eq(profiles.team, team), eq(profiles.name, name), visibleTo(viewer)));
  return profile;
}

/** A profile as lists show it: with when its latest version was published. */
export type ProfileSummary = Profile & { publishedAt: string };

/**
 * The profiles that the viewer may know of, by team and name, at most `limit`. Every word of `text` must occur in the path, the description
 * or the images, in any case.
 */
export async function listProfiles(
  db: Database,
  viewer: Viewer,
  query: ProfileQuery,
): Promise<ProfileSummary[]> {
  const conditions: (SQL | undefined)[] = words(query.text).map(matches);
  conditions.push(visibleTo(viewer));
  if (query.team !== undefined) conditions.push(eq(profiles.team, query.team));
  if (query.after) {
    const { team, name } = query.after;
    conditions.push(sql`(${profiles.team}, ${profiles.name}) > (${team}, ${name})`);
  }
  const rows = await db
    .select({ profile: profiles, publishedAt: versions.publishedAt })
    .from(profiles)
    .innerJoin(
      versions,
      and(eq(versions.profileId, profiles.id), eq(versions.version, profiles.latest)),
    )
    .where(and(...conditions))
    .orderBy(asc(profiles.team), asc(profiles.name))
    .limit(query.limit);
  return rows.map(({ profile, publishedAt }) => ({ ...profile, publishedAt }));
}

/**
 * What changes of a profile beside its versions; `false`, and no change, when it is not at the revision that
 * was looked at.
 */
export async function changeProfile(
  db: Database,
  { id, revision }: Profile,
  change: Partial<Pick<Profile, 'visibility' | 'blind' | 'deprecation' | 'replacement'>>,
): Promise<boolean> {
  const changed = await db
    .update(profiles)
    .set({ ...change, revision: revision + 1 })
    .where(and(eq(profiles.id, id), eq(profiles.revision, revision)));
  return changed.rowsAffected > 0;
}

/** The statement that hands a profile on to a team; it fails when that has been done. */
export function transferProfile(
  db: Database,
  { id }: Profile,
  transfer: { movedTo: string; deprecation: string; replacement: string },
): Statement {
  const { movedTo, deprecation, replacement } = transfer;
  return db
    .update(profiles)
    .set({
      movedTo,
      deprecation,
      replacement,
      // Breaks NOT NULL for the second of two.
      revision: sql`CASE WHEN ${profiles.movedTo} IS NULL THEN ${profiles.revision} + 1 END`,
    })
    .where(eq(profiles.id, id));
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}

function matches(word: string): SQL | undefined {
  const pattern = `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return or(
    sql`${profiles.team} || '/' || ${profiles.name} LIKE ${pattern} ESCAPE '\\'`,
    sql`${profiles.description} LIKE ${pattern} ESCAPE '\\'`,
    sql`${profiles.images} LIKE ${pattern} ESCAPE '\\'`,
  );
}
