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
import { idempotencyKeys, tokens, users } from './schema.ts';

export type Token = typeof tokens.$inferSelect;

/** A token to be kept: what is left out stands for no narrowing, and for the scope `admin`. */
export type NewToken = typeof tokens.$inferInsert;

/** How exactly it is known when a token was used last, in milliseconds: a use within that writes nothing. */
const useResolution = 10 * 60_000;

/** Keeps a token's hash. A hash that is there already is left as it is. */
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

/** How long a token that is revoked or has ended is listed, and what counts as new, in milliseconds. */
const memory = 30 * 24 * 60 * 60_000;
const day = 24 * 60 * 60_000;

const before = (now: Date, milliseconds: number) =>
  new Date(now.getTime() - milliseconds).toISOString();

/** Whose tokens are counted: a user's, or a team's own. */
export type CountedOwner = Exclude<TokenOwner, 'all'>;

/** How many tokens somebody has that are good still (those of CI jobs count until they are forgotten), and how many are new. */
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
 * As {@link addToken}, unless its owner has `limit` tokens already or has made as many within a day; those that have
 * been no good for thirty days are forgotten first.
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

/**
 * The token with this hash. Looking up by a hash of 256 random bits leaks nothing useful by its timing: an
 * attacker can't choose a hash's prefix.
 */
export async function findToken(db: Database, hash: string): Promise<Token | undefined> {
  const [token] = await db.select().from(tokens).where(eq(tokens.hash, hash));
  return token;
}

export async function findTokenById(db: Database, id: number): Promise<Token | undefined> {
  const [token] = await db.select().from(tokens).where(eq(tokens.id, id));
  return token;
}

/** Whose tokens to list: a user's, a team's own, or everybody's. */
export type TokenOwner = { user: string } | { team: string } | 'all';

/** Tokens in the order in which they were made, at most `limit` of those after the one with the id `after`. */
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

/** Forgets the tokens made for CI jobs that ended before this time. */
export async function removeExpiredOrigins(db: Database, before: string): Promise<void> {
  await db.delete(tokens).where(and(isNotNull(tokens.origin), lt(tokens.expiresAt, before)));
}

/** Revokes a token, for ever. */
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

/** Notes that a token was used, unless that was noted a short while ago. */
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

/** The tokens, good still, of those who run the registry: their own, whatever their scope, and those of its users. */
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

/** How many tokens of the administrator's own there are that may be used for everything. */
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
