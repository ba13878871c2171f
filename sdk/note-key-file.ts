import { open, readFile, stat } from 'node:fs/promises';
import { type NoteKey, parseNoteSigner } from '../trust/log/index.ts';
import { SdkError } from './error.ts';

/** Writes a note key's signer, readable by its owner only. An existing file is never overwritten. */
export async function writeNoteKey(path: string, { signer }: NoteKey): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new SdkError('key-file', `${path} exists already; nothing was written`);
  });
  try {
    await file.writeFile(`${signer}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Reads a note key's file; refuses one that others can read, as ssh does. */
export async function readNoteKey(path: string): Promise<NoteKey> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new SdkError('key-file', `there is no key at ${path}`);
  if ((found.mode & 0o077) !== 0) {
    throw new SdkError('key-file', `${path} can be read by others; run: chmod 600 ${path}`);
  }
  const key = await parseNoteSigner((await readFile(path, 'utf8')).trim());
  if (!key)
    throw new SdkError('key-file', `${path} holds no note key, as "aa-registry log key" makes one`);
  return key;
}
