import { asc, eq, gt } from 'drizzle-orm';
import type { Database } from './database.ts';
import { writeOrConfirm } from './outcome.ts';
import { users } from './schema.ts';

export type User = typeof users.$inferSelect;

/** Adds a user; `false` when one of that name exists. */
export async function createUser(db: Database, user: User): Promise<boolean> {
  return writeOrConfirm(
    async () => {
      const made = await db.insert(users).values(user).onConflictDoNothing();
      return made.rowsAffected > 0;
    },
    async () => (await findUser(db, user.name))?.createdAt === user.createdAt || undefined,
  );
}

export async function findUser(db: Database, name: string): Promise<User | undefined> {
  const [user] = await db.select().from(users).where(eq(users.name, name));
  return user;
}

/** Users by name, at most `limit` of those after `after`. */
export async function listUsers(db: Database, limit: number, after = ''): Promise<User[]> {
  return db.select().from(users).where(gt(users.name, after)).orderBy(asc(users.name)).limit(limit);
}

/** The names of administrators. */
export async function listAdministrators(db: Database): Promise<string[]> {
  const found = await db
    .select({ name: users.name })
    .from(users)
    .where(eq(users.admin, true))
    .orderBy(asc(users.name));
  return found.map(({ name }) => name);
}

/** Sets whether a user is an administrator. */
export async function setAdmin(db: Database, name: string, admin: boolean): Promise<void> {
  await writeOrConfirm(
    async () => {
      await db.update(users).set({ admin }).where(eq(users.name, name));
      return true;
    },
    async () => (await findUser(db, name))?.admin === admin || undefined,
  );
}
