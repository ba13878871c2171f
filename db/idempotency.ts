import { and, eq, lt, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { idempotencyKeys } from './schema.ts';

export type IdempotencyKey = typeof idempotencyKeys.$inferSelect;

/** Which request it is: a token's, under a key. */
export type RequestKey = Pick<IdempotencyKey, 'tokenId' | 'key'>;

const isThat = ({ tokenId, key }: RequestKey) =>
  and(eq(idempotencyKeys.tokenId, tokenId), eq(idempotencyKeys.key, key));

/**
 * Notes that a request has inserted, and returns `undefined`; or what is known of the one that came before it under the
 * same key. One that began before `abandoned` and never ended counts as none.
 */
export async function beginRequest(
  db: Database,
  request: RequestKey & Pick<IdempotencyKey, 'fingerprint' | 'createdAt'>,
  abandoned: string,
): Promise<IdempotencyKey | undefined> {
  const { fingerprint, createdAt } = request;
  const inserted = await db
    .insert(idempotencyKeys)
    .values(request)
    .onConflictDoUpdate({
      target: [idempotencyKeys.tokenId, idempotencyKeys.key],
      set: { fingerprint, createdAt },
      setWhere: sql`${idempotencyKeys.status} IS NULL AND ${idempotencyKeys.createdAt} < ${abandoned}`,
    });
  if (inserted.rowsAffected > 0) return undefined;
  const [before] = await db.select().from(idempotencyKeys).where(isThat(request));
  return before;
}

/** Keeps the answer to a request that has inserted. */
export async function endRequest(
  db: Database,
  request: RequestKey,
  answer: Pick<IdempotencyKey, 'status' | 'body'>,
): Promise<void> {
  await db.update(idempotencyKeys).set(answer).where(isThat(request));
}

/** Forgets a request that changed nothing. */
export async function forgetRequest(db: Database, request: RequestKey): Promise<void> {
  await db.delete(idempotencyKeys).where(isThat(request));
}

/** Forgets all requests from before a time. */
export async function forgetRequestsBefore(db: Database, time: string): Promise<void> {
  await db.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, time));
}
