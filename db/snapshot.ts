import type { Client } from '@libsql/client';
import { drizzle } from 'drizzle-orm/libsql/web';
import type { Database } from './database.ts';
import * as schema from './schema.ts';

/** Runs `work` on a read-only snapshot of the database. */
export async function withSnapshot<Result>(
  db: Database,
  work: (snapshot: Database) => Promise<Result>,
): Promise<Result> {
  const transaction = await db.$client.transaction('read');
  try {
    const client: Client = Object.create(db.$client, {
      execute: { value: transaction.execute.bind(transaction) },
      batch: { value: transaction.batch.bind(transaction) },
    });
    return await work(drizzle({ client, schema, casing: 'snake_case' }));
  } finally {
    transaction.close();
  }
}
