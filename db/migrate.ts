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
  await client.execute(
    'CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY NOT NULL, applied_at TEXT NOT NULL)',
  );
  const applied: string[] = [];
  for (const { name, sql } of to) {
    if (await isApplied(db, name)) continue;
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
      if (!(await isApplied(db, name))) throw error;
    }
  }
  return applied;
}

async function isApplied(db: Database, name: string): Promise<boolean> {
  const found = await db.$client.execute({
    sql: 'SELECT 1 FROM migrations WHERE name = ?',
    args: [name],
  });
  return found.rows.length > 0;
}
