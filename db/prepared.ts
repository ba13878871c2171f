import type { InValue } from '@libsql/client';
import { fillPlaceholders, type Query } from 'drizzle-orm';
import type { Database } from './database.ts';
import { type MappedQuery, rowMapping } from './row-mapping.ts';

/** A query that drizzle prepared. */
export interface Prepared<Row> {
  all: (values?: Values) => Promise<Row[]>;
  get: (values?: Values) => Promise<Row | undefined>;
  getQuery: () => Query;
}

/** The values of a query's placeholders. */
export type Values = Record<string, unknown>;

interface Statement {
  sql: string;
  args: InValue[];
}

/**
 * A client that returns rows as arrays of their columns, as EmbeddedClient does: to name the columns of a row takes longer
 * than SQLite takes to read it.
 */
interface ArrayClient {
  /** The first row of a query; `undefined` if it has none. */
  first: (statement: Statement) => unknown[] | undefined;
  /** The rows of each query, all from one snapshot of the database. */
  rows: (statements: Statement[]) => unknown[][][];
}

const returnsArrays = (client: object): client is ArrayClient => 'rows' in client;

/**
 * A query that is built once for each database and executed with values for its placeholders: building a query takes
 * longer than SQLite takes to run it.
 */
export function prepared<Query>(
  build: (db: Database) => { prepare: () => Query },
): (db: Database) => Query {
  const queries = new WeakMap<Database, Query>();
  return (db) => {
    let query = queries.get(db);
    if (!query) {
      query = build(db).prepare();
      if (returnsArrays(db.$client)) readArrays(query as Prepared<unknown>, db.$client);
      queries.set(db, query);
    }
    return query;
  };
}

/** Lets a query read arrays. What fails is executed again drizzle's way, for an error that names the query. */
function readArrays(query: Prepared<unknown>, client: ArrayClient): void {
  const get = query.get.bind(query);
  const all = query.all.bind(query);
  query.get = async (values = {}) => {
    let row: unknown[] | undefined;
    try {
      row = client.first(toStatement(query, values));
    } catch {
      return get(values);
    }
    return row && mapRows(query, [row])[0];
  };
  query.all = async (values = {}) => {
    let rows: unknown[][] | undefined;
    try {
      [rows] = client.rows([toStatement(query, values)]);
    } catch {
      return all(values);
    }
    return mapRows(query, rows ?? []);
  };
}

function toStatement(query: Prepared<unknown>, values: Values): Statement {
  const { sql, params } = query.getQuery();
  return { sql, args: fillPlaceholders(params, values) as InValue[] };
}

const mappings = new WeakMap<Prepared<unknown>, (row: unknown[]) => unknown>();

function mapRows(query: Prepared<unknown>, rows: unknown[][]): unknown[] {
  let mapping = mappings.get(query);
  if (!mapping) {
    mapping = rowMapping(query as unknown as MappedQuery);
    mappings.set(query, mapping);
  }
  return rows.map(mapping);
}

/** Executes prepared queries in one round trip to the database, on one snapshot of it. */
export async function executeTogether<Rows extends unknown[]>(
  db: Database,
  values: Values,
  ...queries: { [At in keyof Rows]: Prepared<Rows[At]> }
): Promise<{ [At in keyof Rows]: Rows[At][] }> {
  const all = queries as Prepared<unknown>[];
  const statements = all.map((query) => toStatement(query, values));
  const { $client } = db;
  const results = returnsArrays($client)
    ? $client.rows(statements)
    : (await $client.batch(statements, 'read')).map(({ rows }) => rows as never);
  return all.map((query, at) => mapRows(query, results[at] ?? [])) as never;
}
