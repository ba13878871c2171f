import { readFile } from 'node:fs/promises';
import { type Digest, sha256 } from '../../trust/index.ts';

/** The digest of a file's bytes; `undefined` when there is no such file. */
export async function digestOf(path: string): Promise<Digest | undefined> {
  try {
    return await sha256(new Uint8Array(await readFile(path)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
