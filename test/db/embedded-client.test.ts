import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEmbeddedClient, type EmbeddedClient } from '../../db/embedded-client.ts';

let folder: string;
let client: EmbeddedClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  client = createEmbeddedClient(join(folder, 'numbers.db'), 1000);
  await client.execute('CREATE TABLE numbers (number INTEGER PRIMARY KEY, name TEXT) STRICT');
  await client.execute("INSERT INTO numbers VALUES (1, 'one'), (2, 'two'), (3, NULL)");
});

afterAll(async () => {
  client.close();
  await rm(folder, { recursive: true });
});

// Fails if a row is found and the text is not JSON.
const sql =
  "SELECT number, name, json('[' || ?2 || ']') FROM numbers WHERE number >= ?1 ORDER BY number";
const names = ['one', 'two', null];

/** The rows for these arguments; undefined if the query fails, as with rows and a text that is not JSON. */
const expected = (from: number, text: string) =>
  text === '{' && from <= 3
    ? undefined
    : [1, 2, 3].filter((one) => one >= from).map((one) => [one, names[one - 1], `[${text}]`]);

const statementsBefore: Record<string, (args: [number, string]) => Promise<unknown>> = {
  first: async (args) => client.first({ sql, args }),
  rows: async (args) => client.rows([{ sql, args }])[0],
  'rows of two': async (args) =>
    (
      await client.rows([
        { sql: 'SELECT 1', args: [] },
        { sql, args },
      ])
    )[1],
  execute: async (args) =>
    (await client.execute({ sql, args })).rows.map((row) => Array.from(row as ArrayLike<unknown>)),
};

test('a reused statement returns the rows for its arguments, also after a failure', async () => {
  const step = fc.tuple(
    fc.constantFrom(...Object.keys(statementsBefore)),
    fc.integer({ min: 0, max: 4 }),
    fc.constantFrom('7', '8', '{'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      for (const [way, from, text] of steps) {
        const rows = expected(from, text);
        const found = statementsBefore[way]?.([from, text]);
        if (!rows) await expect(found).rejects.toThrow(/malformed JSON/);
        else expect(await found).toEqual(way === 'first' ? rows[0] : rows);
      }
    }),
  );
});

test('a read leaves no transaction open', async () => {
  await client.execute('PRAGMA journal_mode = WAL');
  for (const way of Object.values(statementsBefore)) {
    for (const args of [
      [1, '7'],
      [9, '7'],
      [1, '{'],
    ] as [number, string][]) {
      await way(args).catch(() => {});
      await client.execute("UPDATE numbers SET name = 'one' WHERE number = 1");
      const { rows } = await client.execute('PRAGMA wal_checkpoint(TRUNCATE)');
      expect(rows[0]?.busy).toBe(0);
    }
  }
});

test('an integer beyond 2^53 is refused', async () => {
  const statement = { sql: 'SELECT 9007199254740993', args: [] };
  expect(() => client.first(statement)).toThrow(RangeError);
  expect(() => client.rows([statement])).toThrow(RangeError);
});
