import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../db/migrate.ts';
import { openFile } from '../../db/node.ts';
import { migrations } from '../../migrations/index.ts';

const folder = join(import.meta.dirname, 'schemas');

/** The released schemas, by their last migration; scripts/schema-fixture.ts wrote their rows. */
export async function releasedSchemas(): Promise<string[]> {
  return (await readdir(folder)).map((file) => file.replace(/\.sql$/, '')).sort();
}

/**
 * Creates a database with a released schema at `path`, with its migrations and the rows of a registry of that release.
 * Returns the verifier of its log's key.
 */
export async function makeReleased(schema: string, path: string): Promise<string> {
  const text = await readFile(join(folder, `${schema}.sql`), 'utf8');
  const last = migrations.findIndex(({ name }) => name === schema);
  const db = new DatabaseSync(path, {
    enableForeignKeyConstraints: false,
    // Includes the shadow tables of FTS5.
    defensive: false,
  });
  // Like db/migrate.ts.
  db.exec('CREATE TABLE migrations (name TEXT PRIMARY KEY NOT NULL, applied_at TEXT NOT NULL)');
  for (const { name, sql } of migrations.slice(0, last + 1)) {
    db.exec(sql);
    db.prepare('INSERT INTO migrations VALUES (?, ?)').run(name, '2026-01-01T00:00:00.000Z');
  }
  db.exec(text);
  db.close();
  return /^-- log key: (\S+)$/m.exec(text)?.[1] ?? '';
}

/** As {@link makeReleased}, migrated to the current schema. */
export async function makeCurrent(schema: string, path: string): Promise<string> {
  const verifier = await makeReleased(schema, path);
  const db = await openFile(path);
  await migrate(db);
  db.$client.close();
  return verifier;
}
