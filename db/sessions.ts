import { and, desc, eq, gt, inArray, lt, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { prepared } from './prepared.ts';
import { memberships, sessions, tokens, users } from './schema.ts';
import { ownedToken, type Token, type UserRights } from './tokens.ts';

/** A session to store: the hash of its secret, the token that it was opened with, and when it ends. */
export type Session = typeof sessions.$inferInsert;

/**
 * Stores a session. Expired sessions are deleted first, and so are the oldest of the same token, of which `limit` remain
 * with the new one.
 */
export async function addSession(db: Database, session: Session, limit: number): Promise<void> {
  const surplus = db
    .select({ hash: sessions.hash })
    .from(sessions)
    .where(eq(sessions.tokenId, session.tokenId))
    .orderBy(desc(sessions.createdAt))
    .limit(1_000)
    .offset(limit - 1);
  await db.batch([
    db.delete(sessions).where(lt(sessions.expiresAt, session.createdAt)),
    db.delete(sessions).where(inArray(sessions.hash, surplus)),
    db.insert(sessions).values(session),
  ]);
}

const byHash = prepared((db) =>
  db
    .select({ token: tokens, admin: users.admin, membership: memberships })
    .from(sessions)
    .innerJoin(tokens, eq(tokens.id, sessions.tokenId))
    .leftJoin(users, eq(users.name, tokens.user))
    .leftJoin(memberships, eq(memberships.user, tokens.user))
    .where(
      and(
        eq(sessions.hash, sql.placeholder('hash')),
        gt(sessions.expiresAt, sql.placeholder('now')),
      ),
    ),
);

/** The token of a session that has not expired, with the token's user, by the hash of the session's secret. */
export async function findSessionToken(
  db: Database,
  hash: string,
  now: Date,
): Promise<{ token: Token; rights: UserRights | undefined } | undefined> {
  return ownedToken(await byHash(db).all({ hash, now: now.toISOString() }));
}

/** Ends a session. */
export async function removeSession(db: Database, hash: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.hash, hash));
}
