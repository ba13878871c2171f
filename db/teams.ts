import { eq } from 'drizzle-orm';
import type { Database } from './database.ts';
import { writeOrConfirm } from './outcome.ts';
import { teams } from './schema.ts';

export type Team = typeof teams.$inferSelect;

/** Creates a team; `false` when one of that name exists. */
export async function createTeam(db: Database, team: Team): Promise<boolean> {
  return writeOrConfirm(
    async () => {
      const made = await db.insert(teams).values(team).onConflictDoNothing();
      return made.rowsAffected > 0;
    },
    async () => (await findTeam(db, team.name))?.createdAt === team.createdAt || undefined,
  );
}

export async function findTeam(db: Database, name: string): Promise<Team | undefined> {
  const [team] = await db.select().from(teams).where(eq(teams.name, name));
  return team;
}
