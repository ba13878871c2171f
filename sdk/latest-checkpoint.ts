import { type Checkpoint, type LogPolicy, verifyLog } from '../trust/index.ts';
import { parseCheckpoint, parseNote } from '../trust/log/index.ts';
import type { Client } from './client.ts';
import { readSeen, type SeenFolder, writeSeen } from './host/seen.ts';

/** The verified checkpoint of the log, or why it was refused. */
export type Latest =
  | { ok: true; checkpoint: Checkpoint }
  | { ok: false; id: string; reason: string };

/**
 * Fetches the checkpoint of a registry's log and verifies that the log extends the checkpoint seen before; remembers
 * the new one unless `keep` is false.
 */
export async function latestCheckpoint(
  client: Client,
  { log, folder, now, keep }: { log: LogPolicy; folder: SeenFolder; now: Date; keep: boolean },
): Promise<Latest> {
  const seen = await readSeen(folder);
  const note = await client.getCheckpoint();
  const size = parseCheckpoint(parseNote(note)?.text ?? '')?.size ?? 0;
  const consistency =
    seen && size > seen.size ? (await client.getEntryProof(0, size, seen.size)).consistency : [];
  const verified = await verifyLog({ checkpoint: note, consistency }, { log, seen, now });
  if (!verified.ok) return verified;
  if (keep) await writeSeen(folder, verified.checkpoint);
  return verified;
}
