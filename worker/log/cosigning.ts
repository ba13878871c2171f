import type { Database } from '../../db/database.ts';
import {
  type CosignedCheckpoint,
  type LogHead,
  readCosignedLog,
  saveCompletedSize,
  saveCosigned,
} from '../../db/log.ts';
import { formatSignatures, type NoteSignature, parseSignatures } from '../../trust/log/index.ts';
import { logError } from '../observability/text-log.ts';
import { isSameKey, type SignedTree, type Witness, type WitnessedTree } from './witness.ts';

/** The maximum number of rounds of requests in a run while the log grows, and their total time, in milliseconds. */
const maxRounds = 3;
const timeout = 5000;

/**
 * How long a run may take until it repeats a round, about a later tree, because a witness has already cosigned that one,
 * in milliseconds. With another round, it still ends before publishers stop waiting.
 */
const maxRepeatTime = 2000;

/** The maximum number of attempts to store cosignatures against concurrent writers. */
const maxAttempts = 5;

/** The maximum number of stored signature lines: a note has at most a hundred, with the log's own. */
const maxLines = 90;

/** The maximum number of stored lines that name one unknown key. */
const maxLinesPerKey = 8;

/** The signature lines stored with a checkpoint. */
export function cosignaturesOf({ cosignatures }: CosignedCheckpoint): NoteSignature[] {
  return parseSignatures(cosignatures) ?? [];
}

export interface CosigningOptions {
  db: Database;
  witnesses: readonly Witness[];
  proveConsistency: WitnessedTree['proveConsistency'];
}

/**
 * Creates a function that requests cosignatures of the current log from the witnesses that are due and stores them. It
 * is called by timers and after appends, never by reads, takes a few seconds at most, and throws only if the database
 * fails.
 */
export function createCosigning({ db, witnesses, proveConsistency }: CosigningOptions) {
  const treeOf = ({ frontier, checkpoint }: LogHead) => ({
    size: frontier.size,
    signed: checkpoint,
  });
  const read = async () => treeOf((await readCosignedLog(db)).head);

  /**
   * Merges new signature lines with the stored ones of the same tree: verified ones first, the latest of each key. A line
   * under a key that is not configured replaces no other, since any witness without a configured key may have sent it.
   */
  function merge(added: NoteSignature[], stored: NoteSignature[]): NoteSignature[] {
    const isKnown = (one: NoteSignature) => witnesses.some(({ key }) => key && isSameKey(one, key));
    const verified: NoteSignature[] = [];
    const others = new Map<string, NoteSignature>();
    for (const one of [...added, ...stored]) {
      if (!isKnown(one)) others.set(formatSignatures([one]), one);
      else if (!verified.some((other) => isSameKey(one, other))) verified.push(one);
    }
    const unverified = [...others.values()].filter((one, at, all) => {
      const earlier = all.slice(0, at).filter((other) => isSameKey(one, other));
      return earlier.length < maxLinesPerKey;
    });
    return [...verified, ...unverified];
  }

  async function store({ size, signed }: SignedTree, added: NoteSignature[]): Promise<void> {
    if (added.length === 0) return saveCompletedSize(db, size);
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const { head, cosigned: before } = await readCosignedLog(db);
      // Another process was faster. A size beyond the log's belongs to another log.
      if (before && before.size > size && before.size <= head.frontier.size) return;
      const stored = before?.checkpoint === signed ? cosignaturesOf(before) : [];
      const cosignatures = formatSignatures(merge(added, stored).slice(0, maxLines));
      const row = { size, checkpoint: signed, cosignatures, completedSize: size };
      if (await saveCosigned(db, row, before)) return;
    }
    logError('The cosignatures of the witnesses could not be stored: other processes wrote first.');
  }

  return async (): Promise<void> => {
    const start = performance.now();
    for (let time = 1; time <= maxRounds && performance.now() - start < timeout; time++) {
      const { head, cosigned } = await readCosignedLog(db);
      const tree = treeOf(head);
      if (tree.size === 0) return;
      const stored = cosigned?.checkpoint === tree.signed ? cosignaturesOf(cosigned) : [];
      const due = witnesses.filter((witness) => witness.isDue(tree, stored));
      if (due.length === 0) {
        if ((cosigned?.completedSize ?? 0) < tree.size) await saveCompletedSize(db, tree.size);
        return;
      }
      const responses = await Promise.all(
        due.map((witness) => witness.cosign(tree, { read, proveConsistency })),
      );
      // All cosign the same tree: a checkpoint that only some have cosigned must not replace one of all.
      const isLate = time === maxRounds || performance.now() - start >= maxRepeatTime;
      if (responses.includes('ahead') && !isLate) continue;
      const added = responses.flatMap((one) => (Array.isArray(one) ? one : []));
      await store(tree, added);
      if (added.length === 0) return;
    }
  };
}
