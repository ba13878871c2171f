import { readFile } from 'node:fs/promises';

/** A file of this program's own does not hold what this program writes there. */
export class DamagedFileError extends Error {}

/** A file's text; `undefined` when there is no such file. Throws for any other trouble. */
export async function readFileIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // ENOTDIR: where HOME is /dev/null, as for some users that are no people.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
