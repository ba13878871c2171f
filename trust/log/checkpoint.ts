import { decodeBase64, encodeBase64 } from '../base64.ts';
import { parseDecimal } from './decimal.ts';
import type { NoteKey, NoteVerifier } from './key.ts';
import { type Hash, isHash } from './merkle.ts';
import {
  findCosignatures,
  type NoteRefusalId,
  openNote,
  signNote,
  type VerifiedSignature,
} from './note.ts';

/** A log's tree at one size (tlog-checkpoint, "Note text"). */
export interface Checkpoint {
  /** Identifies the log. */
  origin: string;
  size: number;
  root: Hash;
  /** Extension lines, which are opaque and discouraged. */
  extensions?: readonly string[];
}

/** A log as its clients know it. */
export interface LogIdentity {
  origin: string;
  /** The keys that it may sign with; several during a key change. */
  keys: readonly NoteVerifier[];
  /** The key of the log's own cosignature. If set, that cosignature must verify like the signature. */
  cosigner?: NoteVerifier;
}

/** Why a checkpoint was refused; each id is stable. */
export type CheckpointRefusalId =
  | NoteRefusalId
  | 'checkpoint-malformed'
  | 'checkpoint-other-log'
  | 'checkpoint-not-by-log';

export type VerifiedCheckpoint =
  | { ok: true; checkpoint: Checkpoint; signatures: VerifiedSignature[] }
  | { ok: false; id: CheckpointRefusalId; reason: string };

/** The text of a checkpoint, over which signatures are made. Throws if it could not be parsed again. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root, extensions = [] } = checkpoint;
  const lines = [origin, String(size), encodeBase64(root), ...extensions];
  const text = `${lines.join('\n')}\n`;
  if (!parseCheckpoint(text) || lines.some((line) => line.includes('\n'))) {
    throw new RangeError('the checkpoint is invalid');
  }
  return text;
}

/** Parses the text of a checkpoint; `undefined` if malformed. Verify its signatures first. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [last, ...others] = text.split('\n').reverse();
  const [origin = '', decimal = '', encoded = '', ...extensions] = others.reverse();
  const size = parseDecimal(decimal);
  const root = decodeBase64(encoded);
  if (last !== '' || origin === '' || size === undefined || !isHash(root)) return undefined;
  if (extensions.includes('')) return undefined;
  return { origin, size, root, ...(extensions.length > 0 && { extensions }) };
}

/**
 * Signs a checkpoint with the log's keys. A log must never sign two checkpoints unless one extends the other
 * (tlog-checkpoint, "Signatures").
 */
export async function signCheckpoint(checkpoint: Checkpoint, ...keys: NoteKey[]): Promise<string> {
  return signNote(formatCheckpoint(checkpoint), keys);
}

/**
 * Verifies that a note is a checkpoint of `log` and signed by it. Returns it with the valid cosignatures of `cosigners`;
 * invalid ones are ignored. Whether these are enough and recent is for the caller to decide. Never throws.
 */
export async function verifyCheckpoint(
  note: string,
  log: LogIdentity,
  cosigners: readonly NoteVerifier[] = [],
): Promise<VerifiedCheckpoint> {
  const opened = await openNote(note, log.cosigner ? [...log.keys, log.cosigner] : log.keys);
  const cosignatures = await findCosignatures(note, cosigners);
  if (!opened.ok) {
    const others = opened.id === 'note-unknown-signers' && cosignatures.length > 0;
    return others ? notByLog(log) : opened;
  }
  const { text, signatures } = opened;
  const checkpoint = parseCheckpoint(text);
  if (!checkpoint) return refused('checkpoint-malformed', 'the signed text is not a checkpoint');
  if (checkpoint.origin !== log.origin) {
    return refused(
      'checkpoint-other-log',
      `it is a checkpoint of ${checkpoint.origin}, not of ${log.origin}`,
    );
  }
  if (!signatures.some(({ verifier }) => log.keys.includes(verifier))) {
    return notByLog(log);
  }
  return { ok: true, checkpoint, signatures: [...signatures, ...cosignatures] };
}

function notByLog({ origin }: LogIdentity): VerifiedCheckpoint {
  return refused('checkpoint-not-by-log', `no key of ${origin} has signed it`);
}

function refused(id: CheckpointRefusalId, reason: string): VerifiedCheckpoint {
  return { ok: false, id, reason };
}
