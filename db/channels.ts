import { and, asc, eq, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import { channels } from './schema.ts';

export type Channel = typeof channels.$inferSelect;

/** A profile's channels, by name. */
export async function listChannels(db: Database, profileId: number): Promise<Channel[]> {
  return db
    .select()
    .from(channels)
    .where(eq(channels.profileId, profileId))
    .orderBy(asc(channels.name));
}

export async function findChannel(
  db: Database,
  profileId: number,
  name: string,
): Promise<Channel | undefined> {
  const [channel] = await db
    .select()
    .from(channels)
    .where(and(eq(channels.profileId, profileId), eq(channels.name, name)));
  return channel;
}

/** The maximum number of channels of a profile: every response about it lists them all. */
export const maxChannels = 100;

/**
 * The statement that points a channel at a version, creating the channel when `previous` is null. It violates an index
 * or a NOT NULL, and so fails, when the channel does not name `previous` or the profile has too many channels.
 */
export function moveChannel(db: Database, channel: Channel, previous: string | null): Statement {
  const { profileId, name, version, movedAt, logIndex } = channel;
  if (previous === null) {
    const had = sql`(SELECT count(*) FROM ${channels} WHERE ${channels.profileId} = ${profileId})`;
    const room = sql`CASE WHEN ${had} < ${maxChannels} THEN ${version} END`;
    return db.insert(channels).values({ ...channel, version: room });
  }
  return db
    .update(channels)
    .set({
      version: sql`CASE WHEN ${channels.version} = ${previous} THEN ${version} END`,
      movedAt,
      logIndex,
    })
    .where(and(eq(channels.profileId, profileId), eq(channels.name, name)));
}
