import { is, type SQL, sql } from 'drizzle-orm';
import { getTableConfig, type SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Database } from '../database.ts';
import * as schema from '../schema.ts';

/**
 * Checks that every value has the type of its column; returns the differences, for people. SQLite stores any type in any
 * column, and programs read such values differently: a text with a NUL could hide an administrator from the list.
 */
export async function valueDifferences(db: Database): Promise<string[]> {
  const differences: string[] = [];
  for (const table of Object.values(schema)) {
    if (!is(table, SQLiteTable)) continue;
    const { name, columns } = getTableConfig(table);
    const counts = columns.map((column) => sql`coalesce(sum(NOT (${isSound(column)})), 0)`);
    const [row] = await db.all<Record<string, number>>(
      sql`SELECT ${sql.join(
        counts.map((count, at) => sql`${count} AS ${sql.identifier(`c${at}`)}`),
        sql`, `,
      )} FROM ${table}`,
    );
    for (const [at, column] of columns.entries()) {
      const count = Number(row?.[`c${at}`] ?? 0);
      if (count === 0) continue;
      const values = count === 1 ? 'a value' : `${count} values`;
      differences.push(`${name}: ${values} of ${column.name} with a wrong type or out of range`);
    }
  }
  const sequences = await db.all<{ name: string }>(sql`SELECT CAST(name AS text) AS name
    FROM sqlite_sequence GROUP BY name HAVING count(*) > 1 OR NOT (${isSafe(sql`max(seq)`)})`);
  for (const { name } of sequences) differences.push(`the sequence of ${name} is malformed`);
  return differences;
}

/**
 * Whether a value is an integer that JavaScript represents exactly: the database's client fails at others, and SQLite
 * inserts no rows after the largest.
 */
function isSafe(value: SQL | SQLiteColumn): SQL {
  const max = Number.MAX_SAFE_INTEGER;
  return sql`(typeof(${value}) = 'integer' AND ${value} BETWEEN ${-max} AND ${max})`;
}

function isSound(column: SQLiteColumn): SQL {
  const kind = sql`typeof(${column})`;
  const sound = column.dataType.startsWith('boolean')
    ? sql`(${kind} = 'integer' AND ${column} IN (0, 1))`
    : column.getSQLType() === 'integer'
      ? isSafe(column)
      : column.enumValues
        ? sql`(${kind} = 'text' AND ${column} IN ${column.enumValues})`
        : sql`(${kind} = 'text' AND instr(${column}, char(0)) = 0)`;
  return column.notNull ? sound : sql`(${column} IS NULL OR ${sound})`;
}
