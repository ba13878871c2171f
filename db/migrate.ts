import { migrations } from '../migrations/index.ts';
import type { Database } from './database.ts';

/**
 * Brings the database to the current schema and returns the names of the migrations that were applied. Each
 * is one transaction with its own record, so two processes that start together apply it once: the loser's
 * record breaks the primary key, and it looks again.
 *
 * @param to all migrations, or the first ones
 */
export async function migrate(db: Database, to = migrations): Promise<string[]> {
  const client = db.$client;
  // One query if the database is current, since every start of a Worker checks.
  const before = await readApplied(db).catch(async () => {
    await client.execute(
      'CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY NOT NULL, applied_at TEXT NOT NULL)',
    );
    return readApplied(db);
  });
  const applied: string[] = [];
  for (const { name, sql } of to) {
    if (before.has(name)) continue;
    try {
      await client.batch(
        [
          {
            sql: "INSERT INTO migrations (name, applied_at) VALUES (?, strftime('%Y-%m-%dT%H:%M:%fZ'))",
            args: [name],
          },
          ...sql.split('--> statement-breakpoint'),
        ],
        'write',
      );
      applied.push(name);
    } catch (error) {
      if (!(await readApplied(db)).has(name)) throw error;
    }
  }
  return applied;
}

/** The names of the migrations that were applied. */
async function readApplied(db: Database): Promise<Set<string>> {
  const { rows } = await db.$client.execute('SELECT name FROM migrations');
  return new Set(rows.map(({ name }) => String(name)));
}
