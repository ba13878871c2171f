import { stat } from 'node:fs/promises';
import { type NoteKey, parseNoteSigner } from '../trust/log/index.ts';
import { SdkError } from './error.ts';
import { readBounded } from './files.ts';
import { maxKey, writeKeyFile } from './key-file.ts';

/** Writes a note key's signer, readable by its owner only. Never overwrites a file. */
export async function writeNoteKey(path: string, { signer }: NoteKey): Promise<void> {
  await writeKeyFile(path, `${signer}\n`, 0o600);
}

/** Reads a note key's file; refuses one that others can read, as ssh does. */
export async function readNoteKey(path: string): Promise<NoteKey> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new SdkError('key-file', `no key at ${path}`);
  if ((found.mode & 0o077) !== 0) {
    throw new SdkError('key-file', `${path} can be read by others; run: chmod 600 ${path}`);
  }
  const key = await parseNoteSigner((await readBounded(path, maxKey)).toString('utf8').trim());
  if (!key)
    throw new SdkError('key-file', `${path} is not a note key; "aa-registry log key" creates one`);
  return key;
}
