import { and, asc, eq, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import { prepared } from './prepared.ts';
import { keys } from './schema.ts';

export type RegisteredKey = typeof keys.$inferSelect;

/** A key to register. */
export type NewKey = Pick<
  RegisteredKey,
  'team' | 'keyId' | 'publicKey' | 'label' | 'endorsement' | 'createdAt'
>;

/** The statement that registers a publisher key; it fails when the team has that key already, or `limit` others. */
export function insertKey(
  db: Database,
  key: NewKey,
  { logIndex, limit }: { logIndex: number; limit: number },
): Statement {
  const had = sql`(SELECT count(*) FROM ${keys} WHERE ${keys.team} = ${key.team})`;
  // Violates NOT NULL at the limit.
  const label = sql`CASE WHEN ${had} < ${limit} THEN ${key.label} END`;
  return db.insert(keys).values({ ...key, label, logIndex });
}

/** The statement that revokes a key. */
export function revokeKey(
  db: Database,
  { team, keyId }: RegisteredKey,
  revokedAt: string,
  revocationLogIndex: number,
): Statement {
  return db
    .update(keys)
    .set({ revokedAt, revocationLogIndex })
    .where(and(eq(keys.team, team), eq(keys.keyId, keyId)));
}

/** A team's keys, including revoked ones, oldest first. */
export const keysOfTeam = prepared((db) =>
  db
    .select()
    .from(keys)
    .where(eq(keys.team, sql.placeholder('team')))
    .orderBy(asc(keys.createdAt), asc(keys.keyId)),
);

/** A team's keys, including revoked ones, oldest first. */
export async function listKeys(db: Database, team: string): Promise<RegisteredKey[]> {
  return keysOfTeam(db).all({ team });
}
