import { createClient } from '@libsql/client/sqlite3';
import { drizzle } from 'drizzle-orm/libsql/sqlite3';
import { countRevisions, type Database } from './database.ts';
import * as schema from './schema.ts';

/** How long a write waits for another process's, in milliseconds. */
const busyTimeout = 5_000;

/**
 * Opens an embedded libSQL file, making it when it is absent. Write-ahead logging lets readers go on while
 * someone writes; `synchronous = FULL` makes an acknowledged write survive a power cut.
 */
export async function openFile(path: string): Promise<Database> {
  const client = createClient({ url: `file:${path}`, timeout: busyTimeout });
  await client.execute('PRAGMA journal_mode = WAL');
  return drizzle({ client: countRevisions(client), schema, casing: 'snake_case' });
}
