import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../db/database.ts';
import { readLogEntries } from '../../db/log.ts';
import { migrate } from '../../db/migrate.ts';
import { openFile } from '../../db/node.ts';
import { generateNoteKey, type LogEntry } from '../../trust/log/index.ts';
import { createLog } from '../../worker/log/log.ts';
import { scratch } from '../cli/cli.ts';

let folder: Awaited<ReturnType<typeof scratch>>;
let path: string;
let primary: Database;

beforeAll(async () => {
  folder = await scratch();
  path = join(folder.path, 'primary.db');
  primary = await openFile(path);
  await migrate(primary);
});
afterAll(async () => {
  primary.$client.close();
  await folder.clean();
});

const entry = (name: string): LogEntry => ({
  kind: 'transfer',
  time: new Date().toISOString(),
  team: 'library',
  name,
  to: 'acme',
});

/** A database that reads from a snapshot of the primary and writes to the primary. */
async function openReplica(name: string): Promise<Database> {
  const copy = join(folder.path, name);
  await primary.$client.execute('PRAGMA wal_checkpoint(TRUNCATE)');
  await copyFile(path, copy);
  const replica = await openFile(copy);
  replica.$client.batch = (...args) => primary.$client.batch(...args);
  return replica;
}

test('a writer that reads from a stale replica can’t append and does no harm', async () => {
  const key = await generateNoteKey('registry.test/log');
  const open = (db: Database) => createLog({ db, key, now: () => new Date() });
  const append = (log: ReturnType<typeof open>, name: string) =>
    log.append(
      entry(name),
      () => [],
      async () => false,
    );
  const log = open(primary);
  await append(log, 'first');
  const behind = await openReplica('behind.db');
  await append(log, 'second');

  const late = open(behind);
  await expect(append(late, 'third')).rejects.toThrow();
  await expect(append(late, 'third')).rejects.toThrow();
  expect((await late.checkpoint()).size).toBe(1);
  expect((await log.checkpoint()).size).toBe(2);

  const caughtUp = await openReplica('caught-up.db');
  expect(await append(open(caughtUp), 'third')).toMatchObject({ index: 2 });
  // The other writer's cached head is stale, which costs it an attempt.
  expect(await append(log, 'fourth')).toMatchObject({ index: 3 });
  const names = (await readLogEntries(primary, 0, 9)).map((text) => JSON.parse(text).name);
  expect(names).toEqual(['first', 'second', 'third', 'fourth']);
  // The replica's entries are a prefix of the current ones.
  expect(await log.proveConsistency(1, 4)).not.toEqual([]);
  behind.$client.close();
  caughtUp.$client.close();
});
