import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

const cache = path.resolve(import.meta.dirname, '../../../node_modules/.cache/test-kernel');

/**
 * The folder `kind-key` of the cache, filled by `fill` if it does not exist. It is created atomically, also by concurrent
 * test processes; outdated folders of the same kind are removed.
 */
export async function cached(
  kind: string,
  key: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const name = `${kind}-${key}`;
  const folder = path.join(cache, name);
  if (existsSync(folder)) return folder;

  const scratch = path.join(cache, `${name}.${randomUUID()}`);
  await mkdir(scratch, { recursive: true });
  try {
    await fill(scratch);
    await rename(scratch, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  for (const other of await readdir(cache)) {
    if (other.startsWith(`${kind}-`) && !other.startsWith(name)) {
      await rm(path.join(cache, other), { recursive: true, force: true });
    }
  }
  return folder;
}
