import type { Client, InStatement, InValue } from '@libsql/client';
import type { EmbeddedClient } from '../db/embedded-client.ts';

/** A statement that a client executes. */
export interface Executed {
  sql: string;
  args: InValue[];
}

/** Calls `observe` before each request of a client to its database, with the statements that it sends together. */
export function watchClient(client: Client, observe: (statements: Executed[]) => void): void {
  const { execute, batch, transaction } = client;
  // The client of a file also returns rows as arrays.
  if ('rows' in client) {
    const { first, rows } = client as EmbeddedClient;
    Object.assign(client, {
      first: (statement: Executed) => {
        observe([statement]);
        return first.call(client as EmbeddedClient, statement);
      },
      rows: (statements: Executed[]) => {
        observe(statements);
        return rows.call(client as EmbeddedClient, statements);
      },
    });
  }
  Object.assign(client, {
    execute: (...args: Parameters<typeof execute>) => {
      observe([toExecuted(args[0])]);
      return execute.apply(client, args);
    },
    batch: (...args: Parameters<typeof batch>) => {
      observe(args[0].map(toExecuted));
      return batch.apply(client, args);
    },
    transaction: async (...args: Parameters<typeof transaction>) => {
      const opened = await transaction.apply(client, args);
      const original = opened.execute;
      return Object.assign(opened, {
        execute: (statement: InStatement) => {
          observe([toExecuted(statement)]);
          return original.call(opened, statement);
        },
      });
    },
  });
}

function toExecuted(statement: InStatement | [string, unknown?]): Executed {
  const [sql, args] =
    typeof statement === 'string'
      ? [statement, []]
      : Array.isArray(statement)
        ? statement
        : [statement.sql, statement.args];
  return { sql, args: Array.isArray(args) ? (args as InValue[]) : [] };
}
