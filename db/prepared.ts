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
      queries.set(db, query);
    }
    return query;
  };
}

/** A prepared query for several rows, as drizzle makes it. */
interface Prepared<Row> {
  all: (values?: Record<string, unknown>) => Promise<Row[]>;
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
