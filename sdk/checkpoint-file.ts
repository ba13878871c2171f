import { readFile } from 'node:fs/promises';
import { type LogIdentity, type VerifiedCheckpoint, verifyCheckpoint } from '../trust/log/index.ts';
import { writeFileAtomically } from './host/atomic.ts';

/**
 * Reads a file that holds a checkpoint's signed note (tlog-checkpoint) and verifies who signed it, however
 * long ago; `undefined` when there is no such file.
 */
export async function readCheckpointFile(
  path: string,
  log: LogIdentity,
): Promise<VerifiedCheckpoint | undefined> {
  const note = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return note === undefined ? undefined : verifyCheckpoint(note, log);
}

/** Replaces a checkpoint's file, whole or not at all. */
export async function writeCheckpointFile(path: string, note: string): Promise<void> {
  await writeFileAtomically(path, note, 0o644);
}
