import { readFileAtMost } from '../bounded-file.ts';
import { Place, readText } from './tree.ts';

/** The most that a file of configuration below a system's root may hold, in bytes. */
const longestConfiguration = 1024 * 1024;

/**
 * A file's text; `undefined` when there is no such file. Throws for any other trouble. What is below a system's root is
 * read as tree.ts says; a path that somebody has named may be a pipe too. Neither is read beyond a limit.
 */
export async function readFileIfPresent(path: string | Place): Promise<string | undefined> {
  if (path instanceof Place) return readText(path, longestConfiguration);
  try {
    return (await readFileAtMost(path, longestConfiguration)).toString('utf8');
  } catch (error) {
    // ENOTDIR: where HOME is /dev/null, as for some users that are no people.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
