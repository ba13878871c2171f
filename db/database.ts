import type { Client, InStatement } from '@libsql/client';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type * as schema from './schema.ts';

/** An open registry database. `$client` is the libSQL client below it. */
export type Database = LibSQLDatabase<typeof schema> & { $client: Client };

const revisions = new WeakMap<Client, number>();

/**
 * How often this process has changed what references mean (profiles, their versions and channels). What was
 * read at one revision is out of date at the next; what others write in the same database does not count.
 */
export function revisionOf({ $client }: Database): number {
  // Of a client that nobody counts for, no revision equals another.
  return revisions.get($client) ?? Number.NaN;
}

/** Lets {@link revisionOf} count what a client writes: all that is ever written goes through these methods. */
export function countRevisions(client: Client): Client {
  revisions.set(client, 0);
  const counted = async <Result>(changes: boolean, work: () => Promise<Result>) => {
    try {
      return await work();
    } finally {
      if (changes) revisions.set(client, (revisions.get(client) ?? 0) + 1);
    }
  };
  const { execute, batch, executeMultiple, transaction } = client;
  return Object.assign(client, {
    execute: (...args: Parameters<typeof execute>) =>
      counted(changesReferences(args[0]), () => execute.apply(client, args)),
    batch: (...args: Parameters<Client['batch']>) =>
      counted(args[0].some(changesReferences), () => batch.apply(client, args)),
    executeMultiple: (text: string) => counted(true, () => executeMultiple.call(client, text)),
    transaction: async (...args: Parameters<Client['transaction']>) => {
      const begun = await transaction.apply(client, args);
      const { commit } = begun;
      return Object.assign(begun, { commit: () => counted(true, () => commit.call(begun)) });
    },
  });
}

function changesReferences(statement: InStatement | [string, unknown?]): boolean {
  const text =
    typeof statement === 'string'
      ? statement
      : Array.isArray(statement)
        ? statement[0]
        : statement.sql;
  return !/^\s*select\b/i.test(text) && /\b(?:profiles|versions|channels)\b/i.test(text);
}
