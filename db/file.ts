import { type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The URL of a file for libsql, with `%`, `?` and `#` escaped. */
export function fileUrl(path: string): string {
  return pathToFileURL(resolve(path)).href;
}

/**
 * Creates a database's file if absent, with access for its owner only, before SQLite opens it: SQLite gives the files
 * beside it (-wal, -shm, -journal) the same permissions, regardless of the umask.
 */
export async function makePrivate(path: string): Promise<void> {
  const file = await open(path, 'a', 0o600);
  await restrict(file);
  for (const suffix of ['-wal', '-shm', '-journal']) {
    const beside = await openIfFile(`${path}${suffix}`);
    if (beside) await restrict(beside);
  }
}

async function restrict(file: FileHandle): Promise<void> {
  try {
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0) await file.chmod(0o600);
  } catch (error) {
    // The file belongs to another user, who granted write access.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  } finally {
    await file.close();
  }
}

/** Opens a regular file; `undefined` if it is missing, also if SQLite removes it during the call, as the last connection does. */
async function openIfFile(path: string): Promise<FileHandle | undefined> {
  if (!(await isFile(path))) return undefined;
  return open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
