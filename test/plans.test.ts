import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { openFile } from '../db/node.ts';
import { watchPlans } from './plans.ts';

// Every API test on Node fails if a query of the service scans a whole table (runtimes.ts). This tests that
// detection.

let folder: string;
let db: Database;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  db = await openFile(join(folder, 'registry.db'));
  await migrate(db);
});
afterAll(async () => {
  db.$client.close();
  await rm(folder, { recursive: true });
});

test.each([
  ['SELECT * FROM profiles WHERE description = ?'],
  ['SELECT * FROM profiles WHERE description = ? LIMIT 1'],
  ['SELECT count(*) FROM versions'],
  ['SELECT name FROM profiles ORDER BY team, name'],
  ['SELECT p.id FROM json_each(?) AS j CROSS JOIN profiles AS p ON p.description = j.value'],
  ["UPDATE profiles SET visibility = 'private' WHERE name = ?"],
  ['DELETE FROM tokens WHERE label = ?'],
  [
    'SELECT (SELECT count(*) FROM versions AS v WHERE v.digest = profiles.name) FROM profiles WHERE id = ?',
  ],
])('a scan is detected: %s', async (sql) => {
  const plans = watchPlans(db.$client);
  await db.$client.execute({ sql, args: sql.includes('?') ? ['[]'] : [] });
  expect(await plans.scans()).toMatchObject([expect.stringContaining(sql)]);
});

test.each([
  ['SELECT * FROM profiles WHERE team = ? AND name = ?'],
  ['SELECT * FROM profiles ORDER BY team, name LIMIT ?'],
  ['SELECT value FROM json_each(?)'],
  ['SELECT rowid FROM search WHERE search MATCH ? AND rowid > ? ORDER BY rowid LIMIT 5'],
  ['SELECT * FROM (SELECT 1 AS a UNION ALL SELECT id FROM profiles WHERE id = ?) AS made'],
  ['INSERT INTO teams (name, created_at) VALUES (?, ?)'],
  ['PRAGMA user_version'],
])('other plans pass: %s', async (sql) => {
  const plans = watchPlans(db.$client);
  const args = [...sql.matchAll(/\?/g)].map((_, at) => (sql.includes('LIMIT ?') ? 1 : `"${at}"`));
  await db.$client.execute({ sql, args });
  expect(await plans.scans()).toEqual([]);
});
