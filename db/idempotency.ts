import { and, eq, lt, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { idempotencyKeys } from './schema.ts';

export type IdempotencyKey = typeof idempotencyKeys.$inferSelect;

/** Identifies a request by its token and key. */
export type RequestKey = Pick<IdempotencyKey, 'tokenId' | 'key'>;

const isThat = ({ tokenId, key }: RequestKey) =>
  and(eq(idempotencyKeys.tokenId, tokenId), eq(idempotencyKeys.key, key));

/** The maximum number of attempts to record a request while others with its key fail and are forgotten. */
const maxAttempts = 5;

/**
 * Records the start of a request and returns `undefined`, or the earlier request with the same key. One that began before
 * `abandoned` and never ended is replaced.
 */
export async function beginRequest(
  db: Database,
  request: RequestKey & Pick<IdempotencyKey, 'fingerprint' | 'createdAt'>,
  abandoned: string,
): Promise<IdempotencyKey | undefined> {
  const { fingerprint, createdAt } = request;
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
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
    // Without one, it has failed and was forgotten in the meantime: this request must still be recorded.
    if (before) return before;
  }
  return { ...request, status: null, body: null };
}

/** Stores the response of a request. */
export async function endRequest(
  db: Database,
  request: RequestKey,
  response: Pick<IdempotencyKey, 'status' | 'body'>,
): Promise<void> {
  await db.update(idempotencyKeys).set(response).where(isThat(request));
}

/** Deletes the record of a request that changed nothing. */
export async function forgetRequest(db: Database, request: RequestKey): Promise<void> {
  await db.delete(idempotencyKeys).where(isThat(request));
}

/** Deletes the records of requests before a time. */
export async function forgetRequestsBefore(db: Database, time: string): Promise<void> {
  await db.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, time));
}
