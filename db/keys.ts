import { asc, eq } from 'drizzle-orm';
import type { Database } from './database.ts';
import { keys } from './schema.ts';

export type RegisteredKey = typeof keys.$inferSelect;

/** Registers a publisher key; `false` when the team has it already. */
export async function addKey(db: Database, key: RegisteredKey): Promise<boolean> {
  const made = await db.insert(keys).values(key).onConflictDoNothing();
  return made.rowsAffected > 0;
}

/** A team's keys, oldest first. */
export async function listKeys(db: Database, team: string): Promise<RegisteredKey[]> {
  return db
    .select()
    .from(keys)
    .where(eq(keys.team, team))
    .orderBy(asc(keys.createdAt), asc(keys.keyId));
}
