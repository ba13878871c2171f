import type { Client } from '@libsql/client';
import { watchClient } from './watch-client.ts';

/** The statements of each round trip to a database, without those that begin and end transactions. */
export type Traffic = string[][];

/** Records the round trips of a client. */
export function watchTraffic(client: Client): Traffic {
  const traffic: Traffic = [];
  watchClient(client, (statements) => traffic.push(statements.map(({ sql }) => sql)));
  return traffic;
}
