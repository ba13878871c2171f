import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../db/database.ts';
import { beginRequest, forgetRequest } from '../../db/idempotency.ts';
import { migrate } from '../../db/migrate.ts';
import { openFile } from '../../db/node.ts';
import { addToken } from '../../db/tokens.ts';
import { scratch } from '../cli/cli.ts';

let folder: Awaited<ReturnType<typeof scratch>>;
let db: Database;
let request: Parameters<typeof beginRequest>[1];

beforeEach(async () => {
  folder = await scratch();
  db = await openFile(`${folder.path}/registry.db`);
  await migrate(db);
  const createdAt = new Date().toISOString();
  const token = await addToken(db, { hash: 'hash', label: 'test', createdAt });
  request = { tokenId: token?.id ?? 0, key: 'key', fingerprint: 'one', createdAt };
});
afterEach(async () => {
  db.$client.close();
  await folder.clean();
});

/** Lets the earlier request fail, and be forgotten, between the two statements of the later one. */
function forgetBeforeRead(times: number) {
  const { $client: client } = db;
  const execute = client.execute.bind(client);
  const values = [request.tokenId, request.key];
  client.execute = async (...args: [never]) => {
    const { sql } = args[0] as { sql: string };
    if (!/^select .* from "idempotency_keys"/.test(sql) || times-- <= 0) return execute(...args);
    await execute({
      sql: 'DELETE FROM idempotency_keys WHERE token_id = ? AND key = ?',
      args: values,
    });
    const found = await execute(...args);
    // Another one takes its place.
    if (times > 0) {
      const sql =
        'INSERT INTO idempotency_keys (token_id, key, fingerprint, created_at) VALUES (?, ?, ?, ?)';
      await execute({ sql, args: [...values, 'other', request.createdAt] });
    }
    return found;
  };
}

test('a request is recorded even if the earlier one with its key is forgotten meanwhile', async () => {
  expect(await beginRequest(db, request, '')).toBeUndefined();
  forgetBeforeRead(1);
  expect(await beginRequest(db, { ...request, fingerprint: 'two' }, '')).toBeUndefined();
  // A third one must find it.
  expect(await beginRequest(db, { ...request, fingerprint: 'three' }, '')).toMatchObject({
    fingerprint: 'two',
    status: null,
  });
  await forgetRequest(db, request);
});

test('a request counts as in progress while others with its key come and go', async () => {
  expect(await beginRequest(db, request, '')).toBeUndefined();
  forgetBeforeRead(1000);
  expect(await beginRequest(db, request, '')).toMatchObject({ status: null });
});
