import type { Client } from '@libsql/client';

/** What a registry has sent to its database. */
export interface Traffic {
  /** The requests that it waits for: a statement, or several in one batch. */
  roundTrips: number;
  /** The statements in them, without those that begin and end transactions. */
  statements: number;
}

/** Counts the traffic of a client. */
export function watchTraffic(client: Client): Traffic {
  const traffic: Traffic = { roundTrips: 0, statements: 0 };
  const count = (statements: number) => {
    traffic.roundTrips++;
    traffic.statements += statements;
  };
  const { execute, batch } = client;
  Object.assign(client, {
    execute: (...args: Parameters<typeof execute>) => {
      count(1);
      return execute.apply(client, args);
    },
    batch: (...args: Parameters<typeof batch>) => {
      count(args[0].length);
      return batch.apply(client, args);
    },
  });
  return traffic;
}
