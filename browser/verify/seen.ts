import * as z from 'zod';
import { decodeBase64, encodeBase64, isHash, type SeenCheckpoint } from '../../trust/index.ts';

/** The log as this browser has last verified it. */
export interface SeenLog {
  /** The verifier of its key, which is pinned when it is first seen. */
  verifier: string;
  checkpoint: SeenCheckpoint;
}

/** The name of the item in localStorage, which is the registry's own. */
const item = 'aa-registry-log';

const Stored = z.object({ verifier: z.string(), size: z.int().nonnegative(), root: z.string() });

/** Reads what this browser has seen of the log; `undefined` if nothing, or nothing readable. */
export function readSeen(storage: Pick<Storage, 'getItem'>): SeenLog | undefined {
  try {
    const { verifier, size, root } = Stored.parse(JSON.parse(storage.getItem(item) ?? ''));
    const hash = decodeBase64(root);
    return isHash(hash) ? { verifier, checkpoint: { size, root: hash } } : undefined;
  } catch {
    return undefined;
  }
}

/** Stores what this browser has seen; returns whether it could. */
export function writeSeen(
  storage: Pick<Storage, 'setItem'>,
  { verifier, checkpoint: { size, root } }: SeenLog,
): boolean {
  try {
    storage.setItem(item, JSON.stringify({ verifier, size, root: encodeBase64(root) }));
    return true;
  } catch {
    // Full, or the reader has turned it off.
    return false;
  }
}
