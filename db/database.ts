import type { Client } from '@libsql/client';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type * as schema from './schema.ts';

/** An open registry database. `$client` is the libSQL client below it. */
export type Database = LibSQLDatabase<typeof schema> & { $client: Client };
