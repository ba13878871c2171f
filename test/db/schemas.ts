import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../db/migrate.ts';
import { openFile } from '../../db/node.ts';

const folder = join(import.meta.dirname, 'schemas');

/** The schemas that were released, by their last migration (scripts/schema-fixture.ts made them). */
export async function releasedSchemas(): Promise<string[]> {
  return (await readdir(folder)).map((file) => file.replace(/\.sql$/, '')).sort();
}

/** Makes a database of a released schema at `path`, as it was then; the verifier of its log's key. */
export async function makeReleased(schema: string, path: string): Promise<string> {
  const text = await readFile(join(folder, `${schema}.sql`), 'utf8');
  const db = new DatabaseSync(path, {
    enableForeignKeyConstraints: false,
    // What FTS5 keeps its own things in is filled too.
    defensive: false,
  });
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
