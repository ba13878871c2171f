import type { Client, InStatement } from '@libsql/client';

/** The statements of each round trip to a database, without those that begin and end transactions. */
export type Traffic = string[][];

/** Records the round trips of a client. */
export function watchTraffic(client: Client): Traffic {
  const traffic: Traffic = [];
  const textOf = (statement: InStatement | [string, unknown?]) =>
    typeof statement === 'string'
      ? statement
      : Array.isArray(statement)
        ? statement[0]
        : statement.sql;
  const { execute, batch } = client;
  Object.assign(client, {
    execute: (...args: Parameters<typeof execute>) => {
      traffic.push([textOf(args[0])]);
      return execute.apply(client, args);
    },
    batch: (...args: Parameters<typeof batch>) => {
      traffic.push(args[0].map(textOf));
      return batch.apply(client, args);
    },
  });
  return traffic;
}
