import { createClient } from '@libsql/client/sqlite3';
import { drizzle } from 'drizzle-orm/libsql/sqlite3';
import { migrations } from '../../migrations/index.ts';
import { migrate } from '../migrate.ts';
import * as schema from '../schema.ts';

/** What is asked of a database for its schema: a client, or a transaction. */
type Asked = Pick<ReturnType<typeof createClient>, 'execute'>;

/** What a database has: tables, indices, triggers, views; by kind and name. */
type Entries = Map<string, string>;

/** What SQLite itself makes where its statistics were asked for: they decide how rows are found, not which. */
const statistics = new Map([
  ['table sqlite_stat1', 'CREATE TABLE sqlite_stat1(tbl,idx,stat)'],
  ['table sqlite_stat4', 'CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)'],
]);

/** What of a database's header says how all else is read. */
const pragmas = ['encoding', 'user_version', 'application_id'] as const;

/**
 * Holds a database's schema against the one that its migrations make, word by word: a trigger, a view, a column or a
 * check that they do not make could change what is read and written. A database that is some migrations behind is
 * held against what those made that it has. What differs, in words; nothing but the schema and the list of migrations
 * is read.
 *
 * @param besides what it may, and must, have besides: the statements that made it
 */
export async function schemaDifferences(
  database: Asked,
  besides: readonly string[] = [],
): Promise<string[]> {
  const found = await readEntries(database);
  const first = await readEntries(await makeSchema(0, besides));
  const list = 'table migrations';
  if (found.get(list) !== first.get(list)) return ['it has no list of migrations'];

  // What a program reads of a name may end at a NUL.
  const { rows: odd } = await database.execute(
    "SELECT 1 FROM migrations WHERE typeof(name) <> 'text' OR instr(name, char(0)) > 0",
  );
  if (odd.length > 0) return ['its list of migrations has names that no registry writes'];
  const { rows } = await database.execute('SELECT name FROM migrations ORDER BY name');
  const applied = rows.map(({ name }) => String(name));
  const unknown = applied.filter((name) => !migrations.some((one) => one.name === name));
  if (unknown.length > 0) {
    return [`this program does not know its migrations ${unknown.join(', ')}: a newer one made it`];
  }
  const missing = migrations.slice(0, applied.length).filter(({ name }) => !applied.includes(name));
  if (missing.length > 0) {
    return [`the migrations ${missing.map(({ name }) => name).join(', ')} are left out`];
  }

  const made = await makeSchema(applied.length, besides);
  const expected = await readEntries(made);
  const differences: string[] = [];
  for (const [what, sql] of found) {
    if (expected.get(what) === sql || statistics.get(what) === sql) continue;
    differences.push(
      expected.has(what) ? `the ${what} is not as it was made` : `no migration makes the ${what}`,
    );
  }
  for (const what of expected.keys()) {
    if (!found.has(what)) differences.push(`the ${what} is missing`);
  }
  for (const name of pragmas) {
    const [is, should] = await Promise.all([readPragma(database, name), readPragma(made, name)]);
    if (is !== should) differences.push(`its ${name} is ${is}, not ${should}`);
  }
  made.close();
  return differences;
}

async function readPragma(database: Asked, name: (typeof pragmas)[number]): Promise<string> {
  const { rows } = await database.execute(`PRAGMA ${name}`);
  return String(rows[0]?.[name]);
}

async function readEntries(database: Asked): Promise<Entries> {
  const { rows } = await database.execute('SELECT type, name, tbl_name, sql FROM sqlite_schema');
  const entries: Entries = new Map();
  for (const { type, name, tbl_name: table, sql } of rows) {
    const what = `${type} ${name}${table === name ? '' : ` on ${table}`}`;
    // White space says nothing: what migrations make has no comment in it.
    const text = String(sql).replaceAll(/\s+/g, ' ');
    // Twice the same name is possible in a file that was written by hand.
    entries.set(what, entries.has(what) ? `${entries.get(what)}; ${text}` : text);
  }
  return entries;
}

/** A database in memory with the first so many migrations, and what is there besides. */
async function makeSchema(count: number, besides: readonly string[]) {
  const client = createClient({ url: ':memory:' });
  await migrate(drizzle({ client, schema, casing: 'snake_case' }), migrations.slice(0, count));
  for (const statement of besides) await client.execute(statement);
  return client;
}
