import type { Client, InStatement, InValue } from '@libsql/client';

/** The statements that a client was given, to be asked how SQLite finds their rows. */
export interface Plans {
  /** Which of them go through a whole table, and how. */
  scans: () => Promise<string[]>;
}

/** Statements that were looked at in this process already: their plans depend on the schema alone. */
const seen = new Set<string>();

/** Notes whatever goes through a client from now on. */
export function watchPlans(client: Client): Plans {
  const statements = new Map<string, InValue[]>();
  const note = (statement: InStatement | [string, unknown?]) => {
    const [text, args] =
      typeof statement === 'string'
        ? [statement, []]
        : Array.isArray(statement)
          ? [statement[0], statement[1]]
          : [statement.sql, statement.args];
    if (seen.has(text)) return;
    statements.set(text, Array.isArray(args) ? (args as InValue[]) : []);
  };
  const { execute, batch, transaction } = client;
  Object.assign(client, {
    execute: (...args: Parameters<typeof execute>) => {
      note(args[0]);
      return execute.apply(client, args);
    },
    batch: (...args: Parameters<typeof batch>) => {
      args[0].forEach(note);
      return batch.apply(client, args);
    },
    transaction: async (...args: Parameters<typeof transaction>) => {
      const begun = await transaction.apply(client, args);
      const inside = begun.execute;
      return Object.assign(begun, {
        execute: (statement: InStatement) => {
          note(statement);
          return inside.call(begun, statement);
        },
      });
    },
  });
  return {
    async scans() {
      const found: string[] = [];
      for (const [sql, args] of statements) {
        seen.add(sql);
        if (!/^\s*(?:select|insert|update|delete|with)\b/i.test(sql)) continue;
        const explained = { sql: `EXPLAIN QUERY PLAN ${sql}`, args } as never;
        const plan = await execute.call(client, explained).catch((error: Error) => {
          // Some tests take a table away, to see what happens.
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
 * Whether a line of a query plan (sqlite.org/eqp.html) goes through a whole table. A walk along an index up to a
 * LIMIT does not, nor does one through what the query itself has made, a table-valued function or an FTS5 index.
 */
function isScan(detail: string, details: string[], sql: string): boolean {
  const [, what = '', index] =
    /^SCAN (\S+)(?:.*? USING (?:COVERING )?INDEX (\S+))?/.exec(detail) ?? [];
  if (what === '' || what.startsWith('(') || /VIRTUAL TABLE|CONSTANT ROW/.test(detail))
    return false;
  const made = details.some((one) => one === `CO-ROUTINE ${what}` || one === `MATERIALIZE ${what}`);
  return !made && (index === undefined || !/\blimit\b/i.test(sql));
}
