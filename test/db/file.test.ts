import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePrivate } from '../../db/file.ts';

test('a database is made private while another connection closes and removes its files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  const path = join(folder, 'registry.db');
  let done = false;
  const close = async () => {
    while (!done) {
      await writeFile(`${path}-wal`, '');
      await rm(`${path}-wal`, { force: true });
    }
  };
  const closing = close();
  try {
    for (let i = 0; i < 500; i++) await expect(makePrivate(path)).resolves.toBeUndefined();
  } finally {
    done = true;
    await closing;
    await rm(folder, { recursive: true });
  }
});
