import { count, eq, isNull } from 'drizzle-orm';
import type { Database } from './database.ts';
import { tokens } from './schema.ts';

export type Token = typeof tokens.$inferSelect;
export type NewToken = Omit<Token, 'id'>;

/** Keeps a token's hash. A hash that is there already is left as it is. */
export async function addToken(db: Database, token: NewToken): Promise<void> {
  await db.insert(tokens).values(token).onConflictDoNothing();
}

/**
 * The token with this hash. Looking up by a hash of 256 random bits leaks nothing useful by its timing: an
 * attacker can't choose a hash's prefix.
 */
export async function findToken(db: Database, hash: string): Promise<Token | undefined> {
  const [token] = await db.select().from(tokens).where(eq(tokens.hash, hash));
  return token;
}

/** How many administrator tokens there are. */
export async function countAdminTokens(db: Database): Promise<number> {
  const [row] = await db.select({ count: count() }).from(tokens).where(isNull(tokens.team));
  return row?.count ?? 0;
}
