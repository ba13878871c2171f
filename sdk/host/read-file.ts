import { readFile } from 'node:fs/promises';

/** A file's text; `undefined` when there is no such file. Throws for any other trouble. */
export async function readFileIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
