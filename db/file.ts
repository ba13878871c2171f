import { type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The URL by which libsql takes a file: whatever the path has of `%`, `?` and `#` is a part of its name. */
export function fileUrl(path: string): string {
  return pathToFileURL(resolve(path)).href;
}

/**
 * Makes a database's file when it is absent, and its owner's only, before SQLite opens it: what SQLite makes beside it (-wal,
 * -shm, -journal) gets the same permissions, whatever the umask and the folder's are.
 */
export async function makePrivate(path: string): Promise<void> {
  const file = await open(path, 'a', 0o600);
  await restrict(file);
  for (const suffix of ['-wal', '-shm', '-journal']) {
    if (await isFile(`${path}${suffix}`)) await restrict(await open(`${path}${suffix}`, 'r+'));
  }
}

async function restrict(file: FileHandle): Promise<void> {
  try {
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0) await file.chmod(0o600);
  } catch (error) {
    // It is somebody else's, who has let this user write to it.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  } finally {
    await file.close();
  }
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
