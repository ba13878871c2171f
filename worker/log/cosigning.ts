import type { Database } from '../../db/database.ts';
import {
  type CosignedCheckpoint,
  type LogHead,
  readCosignedLog,
  saveAskedSize,
  saveCosigned,
} from '../../db/log.ts';
import { formatSignatures, type NoteSignature, parseSignatures } from '../../trust/log/index.ts';
import { logError } from '../observability/text-log.ts';
import { type Cosigned, isSameKey, type Witness, type WitnessedTree } from './witness.ts';

/** How often witnesses are asked in one go while the log grows, and until when, in milliseconds. */
const maxRounds = 3;
const timeout = 5000;

/** How often it is tried to keep what they said while others keep something too. */
const maxAttempts = 5;

/** The most lines that are kept: with the log's own a note carries a hundred. */
const maxLines = 90;

/** The signature lines that are kept with a checkpoint. */
export function cosignaturesOf({ cosignatures }: CosignedCheckpoint): NoteSignature[] {
  return parseSignatures(cosignatures) ?? [];
}

export interface CosigningOptions {
  db: Database;
  witnesses: readonly Witness[];
  proveConsistency: WitnessedTree['proveConsistency'];
}

/**
 * Makes what has the witnesses cosign the log as it stands, as far as they are due, and keeps what they said. It is for
 * timers and for whoever has grown the log, never for readers: it takes at most a few seconds. It throws only where the
 * database fails.
 */
export function createCosigning({ db, witnesses, proveConsistency }: CosigningOptions) {
  const treeOf = ({ frontier, checkpoint }: LogHead) => ({
    size: frontier.size,
    signed: checkpoint,
  });
  const read = async () => treeOf((await readCosignedLog(db)).head);

  async function keep(answers: Cosigned[], asked: number): Promise<void> {
    const size = Math.max(0, ...answers.map(({ tree }) => tree.size));
    const newest = answers.filter(({ tree }) => tree.size === size);
    const checkpoint = newest[0]?.tree.signed ?? '';
    const added = newest.flatMap(({ signatures }) => signatures);
    if (added.length === 0) return saveAskedSize(db, asked);
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const { head, cosigned: before } = await readCosignedLog(db);
      // Somebody else has gone on; what is beyond the log itself is of another one.
      if (before && before.size > size && before.size <= head.frontier.size) return;
      const kept = before?.checkpoint === checkpoint ? cosignaturesOf(before) : [];
      const others = kept.filter((one) => !added.some((other) => isSameKey(one, other)));
      const hasKey = (one: NoteSignature) =>
        witnesses.some(({ key }) => key && isSameKey(one, key));
      const lines = [...added, ...others];
      const sorted = [...lines.filter(hasKey), ...lines.filter((one) => !hasKey(one))];
      const cosignatures = formatSignatures(sorted.slice(0, maxLines));
      const row = { size, checkpoint, cosignatures, askedSize: Math.max(size, asked) };
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
      const kept = cosigned?.checkpoint === tree.signed ? cosignaturesOf(cosigned) : [];
      const due = witnesses.filter((witness) => witness.isDue(tree, kept));
      if (due.length === 0) {
        if ((cosigned?.askedSize ?? 0) < tree.size) await saveAskedSize(db, tree.size);
        return;
      }
      const answers = await Promise.all(
        due.map((witness) => witness.ask(tree, { read, proveConsistency })),
      );
      const cosigning = answers.filter((answer) => answer !== undefined);
      await keep(cosigning, tree.size);
      if (cosigning.length === 0) return;
    }
  };
}
