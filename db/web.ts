import { createClient } from '@libsql/client/web';
import { drizzle } from 'drizzle-orm/libsql/web';
import type { Database } from './database.ts';
import { retryReads } from './retry-reads.ts';
import * as schema from './schema.ts';

/** Connects to a remote libSQL or Turso database over HTTP, as Cloudflare Workers do. */
export function openRemote(url: string, authToken?: string): Database {
  const client = createClient({
    url,
    fetch: retryReads(globalThis.fetch),
    // No limit: a request must not wait for another request's query, which may be cancelled and never end.
    concurrency: Number.MAX_SAFE_INTEGER,
    ...(authToken === undefined ? {} : { authToken }),
  });
  return drizzle({ client, schema, casing: 'snake_case' });
}
