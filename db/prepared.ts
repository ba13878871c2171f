import type { InValue } from '@libsql/client';
import { fillPlaceholders, type Query } from 'drizzle-orm';
import type { Database } from './database.ts';

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
      if (isShort(db.$client)) readFirst(query as Prepared<unknown>, db.$client);
      queries.set(db, query);
    }
    return query;
  };
}

const isShort = (client: object): client is FirstRow => 'first' in client;

/** Lets `get` use the client's shorter way to a single row. */
function readFirst(query: Prepared<unknown>, client: FirstRow): void {
  const get = query.get.bind(query);
  query.get = async (values = {}) => {
    const { sql, params } = query.getQuery();
    let row: unknown[] | undefined;
    try {
      row = await client.first({ sql, args: fillPlaceholders(params, values) as never });
    } catch {
      // Executed again the usual way, for an error that names the query.
      return get(values);
    }
    return row && (query.mapResult([row]) as unknown[])[0];
  };
}

/** A client that reads a single row with less work than `execute`. */
interface FirstRow {
  /** The columns of a query's first row; `undefined` if it has none. */
  first: (statement: { sql: string; args: InValue[] }) => Promise<unknown[] | undefined>;
}

/** A prepared query, as drizzle makes it. */
interface Prepared<Row> {
  all: (values?: Record<string, unknown>) => Promise<Row[]>;
  get: (values?: Record<string, unknown>) => Promise<Row | undefined>;
  getQuery: () => Query;
  mapResult: (response: unknown, isFromBatch?: boolean) => unknown;
}

/** Executes prepared queries in one round trip to the database, on one snapshot of it. */
export async function executeTogether<Rows extends unknown[]>(
  db: Database,
  values: Record<string, unknown>,
  ...queries: { [At in keyof Rows]: Prepared<Rows[At]> }
): Promise<{ [At in keyof Rows]: Rows[At][] }> {
  const statements = queries.map((query: Prepared<unknown>) => {
    const { sql, params } = query.getQuery();
    return { sql, args: fillPlaceholders(params, values) as never };
  });
  const results = await db.$client.batch(statements, 'read');
  return results.map((result, at) => queries[at]?.mapResult(result, true)) as never;
}
