import { and, asc, eq, isNull, or, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { writeOrConfirm } from './outcome.ts';
import { trustedPublishers } from './schema.ts';

export type TrustedPublisher = typeof trustedPublishers.$inferSelect;
export type NewTrustedPublisher = Omit<TrustedPublisher, 'id' | 'repositoryId'>;

/** A team's trusted publishers, oldest first. */
export async function listTrustedPublishers(
  db: Database,
  team: string,
): Promise<TrustedPublisher[]> {
  return db
    .select()
    .from(trustedPublishers)
    .where(eq(trustedPublishers.team, team))
    .orderBy(asc(trustedPublishers.id));
}

/**
 * The statement that adds a trusted publisher, unless the team has `limit` of them; it returns the publisher, if it
 * was added.
 */
export function addTrustedPublisher(db: Database, publisher: NewTrustedPublisher, limit: number) {
  const { team, profile, issuer, repository, branch, environment, createdAt } = publisher;
  const room = sql`(SELECT count(*) FROM ${trustedPublishers} WHERE ${trustedPublishers.team} = ${team}) < ${limit}`;
  const values = sql`SELECT NULL, ${team}, ${profile}, ${issuer}, ${repository}, NULL, ${branch}, ${environment},
    ${createdAt} WHERE ${room}`;
  return db.insert(trustedPublishers).select(values).returning();
}

/** Removes a trusted publisher; `false` when the team has none with that id. */
export async function removeTrustedPublisher(
  db: Database,
  team: string,
  id: number,
): Promise<boolean> {
  return writeOrConfirm(
    async () => {
      const removed = await db
        .delete(trustedPublishers)
        .where(and(eq(trustedPublishers.team, team), eq(trustedPublishers.id, id)));
      return removed.rowsAffected > 0;
    },
    async () => (await listTrustedPublishers(db, team)).every((one) => one.id !== id) || undefined,
  );
}

/**
 * Binds a publisher to the provider's id of the repository, unless it is bound; `false` when it is bound to another id.
 */
export async function bindRepository(
  db: Database,
  { id }: TrustedPublisher,
  repositoryId: string,
): Promise<boolean> {
  const bound = await db
    .update(trustedPublishers)
    .set({ repositoryId })
    .where(
      and(
        eq(trustedPublishers.id, id),
        or(
          isNull(trustedPublishers.repositoryId),
          eq(trustedPublishers.repositoryId, repositoryId),
        ),
      ),
    );
  return bound.rowsAffected > 0;
}
