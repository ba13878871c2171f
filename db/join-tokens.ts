import { and, asc, eq, gt, isNull, lt, or, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { writeOrConfirm } from './outcome.ts';
import { hosts, joinTokens, teams } from './schema.ts';

export type JoinToken = typeof joinTokens.$inferSelect;

/**
 * The statement that adds a join token, unless the team has `limit` valid ones; it returns the token, if it was added.
 */
export function addJoinToken(
  db: Database,
  { team, hash, label, createdAt, expiresAt }: Omit<JoinToken, 'id' | 'revokedAt'>,
  limit: number,
) {
  const room = sql`(SELECT count(*) FROM ${joinTokens} WHERE ${joinTokens.team} = ${team}
    AND ${joinTokens.revokedAt} IS NULL AND ${joinTokens.expiresAt} > ${createdAt}) < ${limit}`;
  return db
    .insert(joinTokens)
    .select(
      sql`SELECT NULL, ${team}, ${hash}, ${label}, ${createdAt}, ${expiresAt}, NULL WHERE ${room}`,
    )
    .returning();
}

/** Deletes a team's tokens that became invalid before this time, except those that a host joined with. */
export function removeEndedJoinTokens(db: Database, team: string, before: string) {
  return db
    .delete(joinTokens)
    .where(
      and(
        eq(joinTokens.team, team),
        or(lt(joinTokens.expiresAt, before), lt(joinTokens.revokedAt, before)),
        sql`NOT EXISTS (SELECT 1 FROM ${hosts} WHERE ${hosts.team} = ${team} AND ${hosts.joinTokenId} = ${joinTokens.id})`,
      ),
    );
}

/** A team's join tokens by id; `undefined` if there is no such team. */
export async function listJoinTokens(db: Database, team: string): Promise<JoinToken[] | undefined> {
  const [[found], tokens] = await db.batch([
    db.select({ name: teams.name }).from(teams).where(eq(teams.name, team)),
    db.select().from(joinTokens).where(eq(joinTokens.team, team)).orderBy(asc(joinTokens.id)),
  ]);
  return found && tokens;
}

export async function findJoinTokenByHash(
  db: Database,
  hash: string,
): Promise<JoinToken | undefined> {
  const [token] = await db.select().from(joinTokens).where(eq(joinTokens.hash, hash));
  return token;
}

async function findJoinToken(
  db: Database,
  team: string,
  id: number,
): Promise<JoinToken | undefined> {
  const [token] = await db
    .select()
    .from(joinTokens)
    .where(and(eq(joinTokens.id, id), eq(joinTokens.team, team)));
  return token;
}

/** Revokes a team's join token permanently; `false` if there is none of this id. */
export async function revokeJoinToken(
  db: Database,
  team: string,
  id: number,
  revokedAt: string,
): Promise<boolean> {
  if (!(await findJoinToken(db, team, id))) return false;
  return writeOrConfirm(
    async () => {
      await db
        .update(joinTokens)
        .set({ revokedAt })
        .where(and(eq(joinTokens.id, id), isNull(joinTokens.revokedAt)));
      return true;
    },
    async () => typeof (await findJoinToken(db, team, id))?.revokedAt === 'string' || undefined,
  );
}

/** The condition that a token is valid at this time. */
export function isValidJoinToken(id: number, now: string) {
  return sql`EXISTS (SELECT 1 FROM ${joinTokens} WHERE ${and(
    eq(joinTokens.id, id),
    isNull(joinTokens.revokedAt),
    gt(joinTokens.expiresAt, now),
  )})`;
}
