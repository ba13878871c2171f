import { and, eq, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import type { Grade } from '../policy/index.ts';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import { prepared } from './prepared.ts';
import { channels, profiles, versions } from './schema.ts';
import { type Viewer, viewerValues, visibleToViewer } from './viewer.ts';

export type Profile = typeof profiles.$inferSelect;

/** The condition that selects one profile, if the viewer may see it; for a prepared query. */
export const isNamed = and(
  eq(profiles.team, sql.placeholder('team')),
  eq(profiles.name, sql.placeholder('name')),
  visibleToViewer(),
);

/** The query of {@link findProfile}. */
export const profileNamed = prepared((db) => db.select().from(profiles).where(isNamed));

/** A profile, if the viewer may see it. */
export async function findProfile(
  db: Database,
  viewer: Viewer,
  team: string,
  name: string,
): Promise<Profile | undefined> {
  return profileNamed(db).get({ team, name, ...viewerValues(viewer) });
}

/** The join of a profile with its latest version. */
export const isLatest = and(
  eq(versions.profileId, profiles.id),
  eq(versions.version, profiles.latest),
);

const other = alias(profiles, 'other');

/**
 * A profile's replacement, or null if the viewer may not see it. The replacement of a transferred profile reveals
 * nothing beyond the transfer.
 */
export const visibleReplacement = sql<string | null>`CASE
  WHEN ${profiles.replacement} = ${profiles.movedTo} || '/' || ${profiles.name} OR EXISTS (
    SELECT 1 FROM ${profiles} AS other
    WHERE ${other.team} = substr(${profiles.replacement}, 1, instr(${profiles.replacement}, '/') - 1)
      AND ${other.name} = substr(${profiles.replacement}, instr(${profiles.replacement}, '/') + 1)
      AND ${visibleToViewer(other)}) THEN ${profiles.replacement} END`;

/** The channels of a profile, as a JSON object. */
export const channelsOf = sql<string>`(SELECT json_group_object(name, version) FROM (
  SELECT ${channels.name} AS name, ${channels.version} AS version FROM ${channels}
  WHERE ${channels.profileId} = ${profiles.id} ORDER BY ${channels.name}))`;

const shown = prepared((db) => {
  const { createdAt, visibility, deprecation, movedTo } = profiles;
  const { version, digest, size, publishedAt, signers, logIndex, yankReason, manifest, variants } =
    versions;
  return db
    .select({
      profile: { createdAt, visibility, deprecation, movedTo, replacement: visibleReplacement },
      latest: {
        version,
        digest,
        size,
        publishedAt,
        signers,
        logIndex,
        yankReason,
        manifest,
        variants,
      },
      channels: channelsOf,
    })
    .from(profiles)
    .innerJoin(versions, isLatest)
    .where(isNamed);
});

/** A profile with its latest version and its channels, as readers are shown them; if the viewer may see it. */
export async function findShownProfile(db: Database, viewer: Viewer, team: string, name: string) {
  const row = await shown(db).get({ team, name, ...viewerValues(viewer) });
  return row && { ...row, channels: parseChannels(row.channels) };
}

/** Versions by channel, from {@link channelsOf}. */
export function parseChannels(json: string): Record<string, string> {
  return JSON.parse(json);
}

/**
 * A profile as lists show it, with the date and the lint grade of its latest version, and how many findings comments in
 * it suppress.
 */
export type ProfileSummary = Pick<
  Profile,
  | 'id'
  | 'team'
  | 'name'
  | 'latest'
  | 'published'
  | 'description'
  | 'images'
  | 'visibility'
  | 'deprecation'
> & {
  /** As JSON; null without tags. */
  tags: string | null;
  publishedAt: string;
  grade: Grade | null;
  suppressed: number | null;
};

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
