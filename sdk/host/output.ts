import { realpath, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomically } from './atomic.ts';

/**
 * Writes what a user wants to have at `path`: a file whole or not at all, where a link leads when it is one. A
 * device or a pipe, such as /dev/stdout, is written to and never replaced. A folder that is not there is an error: it
 * is more likely a slip than a wish.
 */
export async function writeOutput(
  path: string,
  data: Uint8Array | string,
  mode = 0o644,
): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found && !found.isFile()) return writeFile(path, data);
  if (!found) await stat(dirname(path));
  await writeFileAtomically(found ? await realpath(path) : path, data, mode);
}
