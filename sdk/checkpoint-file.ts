import { type LogIdentity, type VerifiedCheckpoint, verifyCheckpoint } from '../trust/log/index.ts';
import { readTextIfPresent, writeFileAtomically } from './files.ts';

/**
 * Reads a file that contains a checkpoint's signed note (tlog-checkpoint) and verifies its signatures, whatever its
 * age; `undefined` if the file does not exist.
 */
export async function readCheckpointFile(
  path: string,
  log: LogIdentity,
): Promise<VerifiedCheckpoint | undefined> {
  const note = await readTextIfPresent(path);
  return note === undefined ? undefined : verifyCheckpoint(note, log);
}

/** Replaces a checkpoint's file atomically. */
export async function writeCheckpointFile(path: string, note: string): Promise<void> {
  await writeFileAtomically(path, note, 0o644);
}
