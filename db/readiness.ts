import { migrations } from '../migrations/index.ts';
import type { Database } from './database.ts';
import { readLogHead } from './log.ts';

/**
 * Throws unless the database responds, has every migration of this program, and its log's head can be read.
 */
export async function requireReady(db: Database): Promise<void> {
  const { rows: missing } = await db.$client.execute({
    sql: `SELECT value AS name FROM json_each(?)
      WHERE NOT EXISTS (SELECT 1 FROM migrations WHERE migrations.name = value)`,
    args: [JSON.stringify(migrations.map(({ name }) => name))],
  });
  if (missing.length > 0) {
    throw new Error(
      `the migrations ${missing.map(({ name }) => name).join(', ')} have not been applied`,
    );
  }
  await readLogHead(db);
}
