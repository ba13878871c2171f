import { drizzle } from 'drizzle-orm/libsql/sqlite3';
import type { Database } from './database.ts';
import { createEmbeddedClient } from './embedded-client.ts';
import { makePrivate } from './file.ts';
import * as schema from './schema.ts';

/** How long a write waits for one of another process, in milliseconds. */
const busyTimeout = 5_000;

/**
 * Opens an embedded libSQL file, creating it with access for its owner only. Write-ahead logging lets readers
 * continue during a write; `synchronous = FULL` makes an acknowledged write survive a power cut.
 */
export async function openFile(path: string): Promise<Database> {
  await makePrivate(path);
  const client = createEmbeddedClient(path, busyTimeout);
  await client.execute('PRAGMA journal_mode = WAL');
  return drizzle({ client, schema, casing: 'snake_case' });
}
