import { and, eq, sql } from 'drizzle-orm';
import type { Grade } from '../policy/index.ts';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import { profiles } from './schema.ts';
import { type Viewer, visibleTo } from './viewer.ts';

export type Profile = typeof profiles.$inferSelect;

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

/**
 * What of a profile's replacement the viewer is told: nothing, where that is a profile that they may not know of. The
 * one that a transfer names tells nobody anything: it is made of what they see.
 */
export async function visibleReplacement(
  db: Database,
  viewer: Viewer,
  { name, replacement, movedTo }: Pick<Profile, 'name' | 'replacement' | 'movedTo'>,
): Promise<string | null> {
  if (replacement === null || replacement === `${movedTo}/${name}`) return replacement;
  const [otherTeam = '', otherName = ''] = replacement.split('/');
  return (await findProfile(db, viewer, otherTeam, otherName)) ? replacement : null;
}

/** A profile as lists show it: with when its latest version was published, and how lint grades that. */
export type ProfileSummary = Pick<
  Profile,
  'id' | 'team' | 'name' | 'latest' | 'description' | 'images' | 'visibility' | 'deprecation'
> & { publishedAt: string; grade: Grade | null };

/**
 * The statement that changes what of a profile is none of its versions; it changes no row when the profile is not at
 * the revision that was looked at.
 */
export function changeProfile(
  db: Database,
  { id, revision }: Profile,
  change: Partial<Pick<Profile, 'visibility' | 'blind' | 'deprecation' | 'replacement'>>,
) {
  return db
    .update(profiles)
    .set({ ...change, revision: revision + 1 })
    .where(and(eq(profiles.id, id), eq(profiles.revision, revision)));
}

/** Whether a change of a profile that was such and such has been made: its answer may have been lost. */
export async function hasBeenChanged(
  db: Database,
  { id, revision }: Profile,
  change: Parameters<typeof changeProfile>[2],
): Promise<boolean> {
  const [now] = await db.select().from(profiles).where(eq(profiles.id, id));
  const fields = Object.entries(change) as [keyof typeof change, unknown][];
  return now?.revision === revision + 1 && fields.every(([field, value]) => now[field] === value);
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
