import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../db/migrate.ts';
import { openFile } from '../../db/node.ts';
import { migrations } from '../../migrations/index.ts';

const folder = join(import.meta.dirname, 'schemas');

/** The schemas that were released, by their last migration (scripts/schema-fixture.ts wrote their rows). */
export async function releasedSchemas(): Promise<string[]> {
  return (await readdir(folder)).map((file) => file.replace(/\.sql$/, '')).sort();
}

/**
 * Makes a database of a released schema at `path`: the migrations up to it, and the rows that a registry of that time
 * wrote. Returns the verifier of its log's key.
 */
export async function makeReleased(schema: string, path: string): Promise<string> {
  const text = await readFile(join(folder, `${schema}.sql`), 'utf8');
  const last = migrations.findIndex(({ name }) => name === schema);
  const db = new DatabaseSync(path, {
    enableForeignKeyConstraints: false,
    // What FTS5 keeps its own things in is filled too.
    defensive: false,
  });
  // As db/migrate.ts does it.
  db.exec('CREATE TABLE migrations (name TEXT PRIMARY KEY NOT NULL, applied_at TEXT NOT NULL)');
  for (const { name, sql } of migrations.slice(0, last + 1)) {
    db.exec(sql);
    db.prepare('INSERT INTO migrations VALUES (?, ?)').run(name, '2026-01-01T00:00:00.000Z');
  }
  db.exec(text);
  db.close();
  return /^-- log key: (\S+)$/m.exec(text)?.[1] ?? '';
}

/** As {@link makeReleased}, brought to the schema of the day. */
export async function makeCurrent(schema: string, path: string): Promise<string> {
  const verifier = await makeReleased(schema, path);
  const db = await openFile(path);
  await migrate(db);
  db.$client.close();
  return verifier;
}
