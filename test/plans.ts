import type { Client, InValue } from '@libsql/client';
import { watchClient } from './watch-client.ts';

/** The query plans of the statements that a client executed. */
export interface Plans {
  /** The plans that scan a whole table. */
  scans: () => Promise<string[]>;
}

/** The statements already explained in this process: their plans depend only on the schema. */
const seen = new Set<string>();

/** Records the statements of a client. */
export function watchPlans(client: Client): Plans {
  const statements = new Map<string, InValue[]>();
  const { execute } = client;
  watchClient(client, (executed) => {
    for (const { sql, args } of executed) if (!seen.has(sql)) statements.set(sql, args);
  });
  return {
    async scans() {
      const found: string[] = [];
      for (const [sql, args] of statements) {
        seen.add(sql);
        if (!/^\s*(?:select|insert|update|delete|with)\b/i.test(sql)) continue;
        const explained = { sql: `EXPLAIN QUERY PLAN ${sql}`, args } as never;
        const plan = await execute.call(client, explained).catch((error: Error) => {
          // Some tests drop a table.
          if (/no such table/.test(error.message)) return { rows: [] };
          throw error;
        });
        const details = plan.rows.map(({ detail }) => String(detail));
        for (const detail of details.filter((one) => isScan(one, details, sql))) {
          found.push(`${detail}: ${sql.replaceAll(/\s+/g, ' ').trim()}`);
        }
      }
      return found;
    },
  };
}

/**
 * Whether a line of a query plan (sqlite.org/eqp.html) scans a whole table. Scans of an index up to a LIMIT, of subqueries,
 * of table-valued functions and of an FTS5 index do not count.
 */
function isScan(detail: string, details: string[], sql: string): boolean {
  const [, what = '', index] =
    /^SCAN (\S+)(?:.*? USING (?:COVERING )?INDEX (\S+))?/.exec(detail) ?? [];
  if (what === '' || what.startsWith('(') || /VIRTUAL TABLE|CONSTANT ROW/.test(detail))
    return false;
  const made = details.some((one) => one === `CO-ROUTINE ${what}` || one === `MATERIALIZE ${what}`);
  return !made && (index === undefined || !/\blimit\b/i.test(sql));
}
