import { createClient } from '@libsql/client/sqlite3';
import { drizzle } from 'drizzle-orm/libsql/sqlite3';
import { migrations } from '../../migrations/index.ts';
import { migrate } from '../migrate.ts';
import * as schema from '../schema.ts';

/** A client or a transaction. */
type Executor = Pick<ReturnType<typeof createClient>, 'execute'>;

/** The schema's entries (tables, indices, triggers, views) by kind and name. */
type Entries = Map<string, string>;

/** SQLite's statistics tables, which affect query plans only. */
const statistics = new Map([
  ['table sqlite_stat1', 'CREATE TABLE sqlite_stat1(tbl,idx,stat)'],
  ['table sqlite_stat4', 'CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)'],
]);

/** The pragmas of the database's header that affect how it is read. */
const pragmas = ['encoding', 'user_version', 'application_id'] as const;

/**
 * Compares a database's schema literally with the one that its applied migrations make: any other trigger, view, column
 * or check could change what is read and written. Returns the differences, for people. It only reads the schema and the
 * list of migrations.
 *
 * @param besides statements that made additional, required entries
 */
export async function schemaDifferences(
  database: Executor,
  besides: readonly string[] = [],
): Promise<string[]> {
  const found = await readEntries(database);
  const first = await readEntries(await makeSchema(0, besides));
  const list = 'table migrations';
  if (found.get(list) !== first.get(list)) return ['it has no list of migrations'];

  // Some programs read a text only up to a NUL.
  const { rows: odd } = await database.execute(
    "SELECT 1 FROM migrations WHERE typeof(name) <> 'text' OR instr(name, char(0)) > 0",
  );
  if (odd.length > 0) return ['its list of migrations has malformed names'];
  const { rows: cut } = await database.execute(
    `SELECT 1 FROM sqlite_schema
      WHERE instr(type || name || tbl_name || coalesce(sql, ''), char(0)) > 0`,
  );
  if (cut.length > 0) return ['a definition in it contains a NUL'];
  const { rows } = await database.execute('SELECT name FROM migrations ORDER BY name');
  const applied = rows.map(({ name }) => String(name));
  const unknown = applied.filter((name) => !migrations.some((one) => one.name === name));
  if (unknown.length > 0) {
    return [
      `it has migrations that this program does not know: ${unknown.join(', ')}; it is from a newer release`,
    ];
  }
  const missing = migrations.slice(0, applied.length).filter(({ name }) => !applied.includes(name));
  if (missing.length > 0) {
    return [`the migrations ${missing.map(({ name }) => name).join(', ')} were skipped`];
  }

  const made = await makeSchema(applied.length, besides);
  const expected = await readEntries(made);
  const differences: string[] = [];
  for (const [what, sql] of found) {
    if (expected.get(what) === sql || statistics.get(what) === sql) continue;
    differences.push(
      expected.has(what)
        ? `the ${what} differs from its migration`
        : `no migration makes the ${what}`,
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

async function readPragma(database: Executor, name: (typeof pragmas)[number]): Promise<string> {
  const { rows } = await database.execute(`PRAGMA ${name}`);
  return String(rows[0]?.[name]);
}

async function readEntries(database: Executor): Promise<Entries> {
  const { rows } = await database.execute('SELECT type, name, tbl_name, sql FROM sqlite_schema');
  const entries: Entries = new Map();
  for (const { type, name, tbl_name: table, sql } of rows) {
    const what = `${type} ${name}${table === name ? '' : ` on ${table}`}`;
    // White space is insignificant, since migrations contain no comments: SQLite's, which is ASCII only. It reads other
    // white space as part of a name, which can turn the NOT of NOT NULL into one.
    const text = String(sql).replaceAll(/[\t\n\f\r ]+/g, ' ');
    // A forged file may contain the same name twice.
    entries.set(what, entries.has(what) ? `${entries.get(what)}; ${text}` : text);
  }
  return entries;
}

/** A database in memory with the first `count` migrations and the additional statements. */
async function makeSchema(count: number, besides: readonly string[]) {
  const client = createClient({ url: ':memory:' });
  await migrate(drizzle({ client, schema, casing: 'snake_case' }), migrations.slice(0, count));
  for (const statement of besides) await client.execute(statement);
  return client;
}
