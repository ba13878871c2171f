import { and, eq, sql } from 'drizzle-orm';
import type { Grade } from '../policy/index.ts';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import { profiles } from './schema.ts';
import { type Viewer, visibleTo } from './viewer.ts';

export type Profile = typeof profiles.$inferSelect;

/** A profile, if the viewer may see it. */
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
 * A profile's replacement, or null if the viewer may not see it. The replacement of a transferred profile reveals
 * nothing beyond the transfer.
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

/** A profile as lists show it, with the date and the lint grade of its latest version. */
export type ProfileSummary = Pick<
  Profile,
  'id' | 'team' | 'name' | 'latest' | 'description' | 'images' | 'visibility' | 'deprecation'
> & { publishedAt: string; grade: Grade | null };

/**
 * The statement that changes a profile's own columns; it changes no row when the profile has another revision.
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

/** Whether a change of a profile was committed although its response was lost. */
export async function hasBeenChanged(
  db: Database,
  { id, revision }: Profile,
  change: Parameters<typeof changeProfile>[2],
): Promise<boolean> {
  const [now] = await db.select().from(profiles).where(eq(profiles.id, id));
  const fields = Object.entries(change) as [keyof typeof change, unknown][];
  return now?.revision === revision + 1 && fields.every(([field, value]) => now[field] === value);
}

/** The statement that transfers a profile to a team; it fails for a transferred profile. */
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
      // Violates NOT NULL for the second of two.
      revision: sql`CASE WHEN ${profiles.movedTo} IS NULL THEN ${profiles.revision} + 1 END`,
    })
    .where(eq(profiles.id, id));
}
