import {
  and,
  asc,
  count,
  eq,
  gt,
  inArray,
  isNotNull,
  isNull,
  lt,
  or,
  type SQL,
  sql,
} from 'drizzle-orm';
import type { Database } from './database.ts';
import { writeOrConfirm } from './outcome.ts';
import { prepared } from './prepared.ts';
import { idempotencyKeys, memberships, type Role, tokens, users } from './schema.ts';

export type Token = typeof tokens.$inferSelect;
type Membership = typeof memberships.$inferSelect;

/** A token to store; without limits and with the scope `admin` by default. */
export type NewToken = typeof tokens.$inferInsert;

/** The accuracy of the last use, in milliseconds: uses within it are not recorded. */
const useResolution = 10 * 60_000;

/** Stores a token; an existing hash is left unchanged. */
export async function addToken(db: Database, token: NewToken): Promise<Token | undefined> {
  return writeOrConfirm(
    async () => {
      const [added] = await db.insert(tokens).values(token).onConflictDoNothing().returning();
      return added;
    },
    // Only the client that made the token knows its hash.
    () => findToken(db, token.hash),
  );
}

/** How long a revoked or expired token is listed, and how long a token counts as new, in milliseconds. */
const memory = 30 * 24 * 60 * 60_000;
const day = 24 * 60 * 60_000;

const before = (now: Date, milliseconds: number) =>
  new Date(now.getTime() - milliseconds).toISOString();

/** Whose tokens are counted: a user's, or a team's own. */
export type CountedOwner = Exclude<TokenOwner, 'all'>;

/** The number of an owner's valid tokens (those of CI jobs count until they are deleted), and of new ones. */
export async function countTokens(
  db: Database,
  owner: CountedOwner,
  now: Date,
): Promise<{ live: number; fresh: number }> {
  const [row] = await db
    .select({
      live: sql<number>`coalesce(sum(${isLive(now)}), 0)`,
      fresh: sql<number>`coalesce(sum(${tokens.createdAt} > ${before(now, day)}), 0)`,
    })
    .from(tokens)
    .where(ownedBy(owner));
  return row ?? { live: 0, fresh: 0 };
}

function isLive(now: Date): SQL {
  return sql`(${tokens.revokedAt} IS NULL AND (${tokens.expiresAt} IS NULL
    OR ${tokens.expiresAt} > ${now.toISOString()} OR ${tokens.origin} IS NOT NULL))`;
}

/**
 * As {@link addToken}, unless its owner has `limit` tokens or created as many within a day. Tokens that have been
 * invalid for thirty days are deleted first.
 */
export async function addTokenWithin(
  db: Database,
  token: NewToken,
  { owner, limit, now }: { owner: CountedOwner; limit: number; now: Date },
): Promise<Token | undefined> {
  const old = before(now, memory);
  const ended = db
    .select({ id: tokens.id })
    .from(tokens)
    .where(and(ownedBy(owner), or(lt(tokens.revokedAt, old), lt(tokens.expiresAt, old))))
    .orderBy(asc(tokens.id))
    .limit(100);
  const { hash, label, createdAt } = token;
  const { team = null, user = null, profile = null, expiresAt = null, origin = null } = token;
  const scope = token.scope ?? 'admin';
  const room = sql`(SELECT coalesce(sum(${isLive(now)}), 0) < ${limit}
      AND coalesce(sum(${tokens.createdAt} > ${before(now, day)}), 0) < ${limit}
    FROM ${tokens} WHERE ${ownedBy(owner)})`;
  const values = sql`SELECT NULL, ${hash}, ${label}, ${team}, ${createdAt}, ${user}, ${profile}, ${scope},
    ${expiresAt}, NULL, NULL, ${origin} WHERE ${room}`;
  return writeOrConfirm(
    async () => {
      const [, , [added]] = await db.batch([
        db.delete(idempotencyKeys).where(inArray(idempotencyKeys.tokenId, ended)),
        db.delete(tokens).where(inArray(tokens.id, ended)),
        db.insert(tokens).select(values).onConflictDoNothing().returning(),
      ]);
      return added;
    },
    () => findToken(db, hash),
  );
}

const byHash = prepared((db) =>
  db
    .select()
    .from(tokens)
    .where(eq(tokens.hash, sql.placeholder('hash'))),
);

/**
 * The token with this hash. Looking up by a hash of 256 random bits leaks nothing useful by its timing: an
 * attacker can't choose a hash's prefix.
 */
export async function findToken(db: Database, hash: string): Promise<Token | undefined> {
  return byHash(db).get({ hash });
}

/** A token's user: whether they are an administrator, and their roles by team. */
export interface UserRights {
  admin: boolean;
  roles: ReadonlyMap<string, Role>;
}

const withUser = prepared((db) =>
  db
    .select({ token: tokens, admin: users.admin, membership: memberships })
    .from(tokens)
    .leftJoin(users, eq(users.name, tokens.user))
    .leftJoin(memberships, eq(memberships.user, tokens.user))
    .where(eq(tokens.hash, sql.placeholder('hash'))),
);

/** As {@link findToken}, with the user of the token, if it has one. */
export async function findTokenWithUser(
  db: Database,
  hash: string,
): Promise<{ token: Token; rights: UserRights | undefined } | undefined> {
  return ownedToken(await withUser(db).all({ hash }));
}

/** A token with its user, of the rows for the user's memberships; `undefined` without rows. */
export function ownedToken(
  rows: readonly { token: Token; admin: boolean | null; membership: Membership | null }[],
): { token: Token; rights: UserRights | undefined } | undefined {
  const [first] = rows;
  if (!first) return undefined;
  const { token, admin } = first;
  const roles = new Map<string, Role>();
  for (const { membership } of rows) if (membership) roles.set(membership.team, membership.role);
  return { token, rights: token.user === null ? undefined : { admin: admin ?? false, roles } };
}

export async function findTokenById(db: Database, id: number): Promise<Token | undefined> {
  const [token] = await db.select().from(tokens).where(eq(tokens.id, id));
  return token;
}

/** Whose tokens to list: a user's, a team's own, or all. */
export type TokenOwner = { user: string } | { team: string } | 'all';

/** Tokens by id, at most `limit`, with ids above `after`. */
export async function listTokens(
  db: Database,
  owner: TokenOwner,
  { after = 0, limit }: { after?: number | undefined; limit: number },
): Promise<Token[]> {
  return db
    .select()
    .from(tokens)
    .where(and(ownedBy(owner), gt(tokens.id, after)))
    .orderBy(asc(tokens.id))
    .limit(limit);
}

function ownedBy(owner: TokenOwner): SQL | undefined {
  if (owner === 'all') return undefined;
  if ('user' in owner) return eq(tokens.user, owner.user);
  return and(eq(tokens.team, owner.team), isNull(tokens.user));
}

/** Deletes the tokens of CI jobs that expired before this time. */
export async function removeExpiredOrigins(db: Database, before: string): Promise<void> {
  await db.delete(tokens).where(and(isNotNull(tokens.origin), lt(tokens.expiresAt, before)));
}

/** Revokes a token permanently. */
export async function revokeToken(db: Database, id: number, revokedAt: string): Promise<void> {
  await writeOrConfirm(
    async () => {
      await db
        .update(tokens)
        .set({ revokedAt })
        .where(and(eq(tokens.id, id), isNull(tokens.revokedAt)));
      return true;
    },
    async () => typeof (await findTokenById(db, id))?.revokedAt === 'string' || undefined,
  );
}

/** Records the use of a token, unless a recent use is recorded. */
export async function recordUse(db: Database, token: Token, at: Date): Promise<void> {
  const before = new Date(at.getTime() - useResolution).toISOString();
  if (token.lastUsedAt !== null && token.lastUsedAt > before) return;
  await db
    .update(tokens)
    .set({ lastUsedAt: at.toISOString() })
    .where(
      and(eq(tokens.id, token.id), or(isNull(tokens.lastUsedAt), lt(tokens.lastUsedAt, before))),
    );
}

/** The valid tokens of administrators: those without a user, of any scope, and those of administrator users. */
export async function listAdminTokens(db: Database, now: Date): Promise<Token[]> {
  const byAdministrator = or(
    isNull(tokens.user),
    inArray(tokens.user, db.select({ name: users.name }).from(users).where(eq(users.admin, true))),
  );
  return db
    .select()
    .from(tokens)
    .where(and(isNull(tokens.team), byAdministrator, isLive(now)))
    .orderBy(asc(tokens.id));
}

/** The number of permanent administrator tokens with full rights. */
export async function countAdminTokens(db: Database): Promise<number> {
  const [row] = await db
    .select({ count: count() })
    .from(tokens)
    .where(
      and(
        isNull(tokens.team),
        isNull(tokens.user),
        eq(tokens.scope, 'admin'),
        isNull(tokens.revokedAt),
        isNull(tokens.expiresAt),
      ),
    );
  return row?.count ?? 0;
}
