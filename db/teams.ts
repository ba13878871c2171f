import { eq } from 'drizzle-orm';
import type { Database } from './database.ts';
import { teams } from './schema.ts';

export type Team = typeof teams.$inferSelect;

/** Makes a team; `false` when one of that name exists. */
export async function createTeam(db: Database, team: Team): Promise<boolean> {
  const made = await db.insert(teams).values(team).onConflictDoNothing();
  return made.rowsAffected > 0;
}

export async function findTeam(db: Database, name: string): Promise<Team | undefined> {
  const [team] = await db.select().from(teams).where(eq(teams.name, name));
  return team;
}
