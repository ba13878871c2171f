import { and, asc, eq, isNull, or } from 'drizzle-orm';
import type { Database } from './database.ts';
import { orFindDone } from './outcome.ts';
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

export async function addTrustedPublisher(
  db: Database,
  publisher: NewTrustedPublisher,
): Promise<TrustedPublisher> {
  return orFindDone(
    async () => {
      const [added] = await db.insert(trustedPublishers).values(publisher).returning();
      if (!added) throw new Error('a trusted publisher was added and is not there');
      return added;
    },
    async () => {
      const fields = Object.entries(publisher) as [keyof NewTrustedPublisher, unknown][];
      return (await listTrustedPublishers(db, publisher.team)).find((one) =>
        fields.every(([field, value]) => one[field] === value),
      );
    },
  );
}

/** Trusts a publisher no longer; `false` when the team has none with that id. */
export async function removeTrustedPublisher(
  db: Database,
  team: string,
  id: number,
): Promise<boolean> {
  return orFindDone(
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
 * Binds a publisher to the number that its provider has for the repository, unless it is bound; `false` when it
 * is bound to another.
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
