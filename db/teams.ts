import { eq, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { keysOfTeam, type RegisteredKey } from './keys.ts';
import { writeOrConfirm } from './outcome.ts';
import { executeTogether, prepared } from './prepared.ts';
import { teams } from './schema.ts';

export type Team = typeof teams.$inferSelect;

/** Creates a team; `false` when one of that name exists. */
export async function createTeam(
  db: Database,
  team: Pick<Team, 'name' | 'createdAt'>,
): Promise<boolean> {
  return writeOrConfirm(
    async () => {
      const made = await db.insert(teams).values(team).onConflictDoNothing();
      return made.rowsAffected > 0;
    },
    async () => (await findTeam(db, team.name))?.createdAt === team.createdAt || undefined,
  );
}

/** Changes a team's settings. */
export async function changeTeam(
  db: Database,
  name: string,
  change: Pick<Team, 'versionPolicy'>,
): Promise<void> {
  await writeOrConfirm(
    async () => {
      await db.update(teams).set(change).where(eq(teams.name, name));
      return true;
    },
    async () => (await findTeam(db, name))?.versionPolicy === change.versionPolicy || undefined,
  );
}

/** The query of {@link findTeam}. */
export const teamNamed = prepared((db) =>
  db
    .select()
    .from(teams)
    .where(eq(teams.name, sql.placeholder('team'))),
);

/** A team with its keys, including revoked ones, in one round trip. */
export async function findTeamWithKeys(
  db: Database,
  name: string,
): Promise<{ team: Team; keys: RegisteredKey[] } | undefined> {
  const [[team], keys] = await executeTogether(db, { team: name }, teamNamed(db), keysOfTeam(db));
  return team && { team, keys };
}

export async function findTeam(db: Database, name: string): Promise<Team | undefined> {
  return teamNamed(db).get({ team: name });
}
