import type { Proof } from '../../contract/index.ts';
import { readLogEntries } from '../../db/log.ts';
import { encodeBase64 } from '../../trust/index.ts';
import type { AppendedEntry, Deps } from '../ports.ts';
import { ProblemError } from '../problem.ts';

/** Proves that the log contains an entry that was just appended. */
export async function proveAppendedEntry(
  deps: Deps,
  { index, prove }: AppendedEntry,
): Promise<Proof> {
  if (!prove) return proveEntry(deps, index);
  const { entry, inclusion, checkpoint } = await prove();
  return { index, entry, inclusion: inclusion.map(encodeBase64), checkpoint, consistency: [] };
}

/**
 * Proves that the log of `size`, or the current one, contains the entry at `index`, and that it extends the log of size
 * `since`.
 */
export async function proveEntry(
  { db, log }: Deps,
  index: number,
  { size, since = 0 }: { size?: number | undefined; since?: number | undefined } = {},
): Promise<Proof> {
  const checkpoint = await log.checkpoint(Math.max(index + 1, size ?? 0, since));
  const at = size ?? checkpoint.size;
  if (at > checkpoint.size) {
    throw new ProblemError('not-found', `The log has only ${checkpoint.size} entries.`);
  }
  if (index >= at) {
    throw new ProblemError('not-found', `A log of ${at} entries has no entry ${index}.`);
  }
  const [[entry], inclusion, consistency] = await Promise.all([
    readLogEntries(db, index, index + 1),
    log.proveInclusion(index, at),
    // A client that knows a larger log gets no consistency proof and detects the rollback itself.
    since < at ? log.proveConsistency(since, at) : [],
  ]);
  if (entry === undefined) throw new Error(`entry ${index} of the log is missing`);
  return {
    index,
    entry,
    inclusion: inclusion.map(encodeBase64),
    checkpoint: checkpoint.note,
    consistency: consistency.map(encodeBase64),
  };
}
