import { decodeBase64, encodeBase64 } from '../base64.ts';
import {
  type Checkpoint,
  type LogIdentity,
  parseCheckpoint,
  verifyCheckpoint,
} from './checkpoint.ts';
import { parseDecimal } from './decimal.ts';
import type { NoteKey } from './key.ts';
import { emptyRoot, type Hash, isHash, sameHash } from './merkle.ts';
import { cosignText, formatSignatures, parseNote } from './note.ts';
import { verifyConsistency } from './proof.ts';

/** The maximum number of hashes in a request (tlog-witness, "add-checkpoint"). */
const maxProofHashes = 63;

/** A request to a witness to cosign a checkpoint that extends the last one it cosigned. */
export interface AddCheckpoint {
  oldSize: number;
  proof: readonly Hash[];
  /** The checkpoint as a signed note. */
  checkpoint: string;
}

/** A log that a witness knows. */
export interface WitnessedLog extends LogIdentity {
  /** The latest checkpoint that it cosigned, if any. */
  latest: Pick<Checkpoint, 'size' | 'root'> | undefined;
}

/** The state of a witness: the logs it knows, its keys and the time. */
export interface Witness {
  /** Returns the log of an origin; `undefined` if the witness does not know it. */
  find: (origin: string) => WitnessedLog | undefined;
  keys: readonly NoteKey[];
  now: Date;
}

/**
 * A witness's HTTP response. With status 200, the new latest checkpoint must be stored before the response is sent, and
 * only if the stored one is unchanged, in one transaction (tlog-witness).
 */
export type WitnessResponse =
  | { status: 200; contentType: 'text/plain'; body: string; latest: Checkpoint }
  | { status: 409; contentType: 'text/x.tlog.size'; body: string }
  | { status: 400 | 403 | 404 | 422; contentType: 'text/plain'; body: string };

/** Formats the body of a request to cosign (tlog-witness, "add-checkpoint"). */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  return [`old ${oldSize}`, ...proof.map(encodeBase64), '', checkpoint].join('\n');
}

/** Parses a body of {@link formatAddCheckpoint}; `undefined` if malformed. Never throws. */
export function parseAddCheckpoint(body: string): AddCheckpoint | undefined {
  // The first empty line ends the proof; the checkpoint contains another.
  const end = body.indexOf('\n\n');
  const [old = '', ...lines] = body.slice(0, Math.max(end, 0)).split('\n');
  const oldSize = old.startsWith('old ') ? parseDecimal(old.slice('old '.length)) : undefined;
  if (oldSize === undefined || lines.length > maxProofHashes) return undefined;
  const proof = lines.map(decodeBase64);
  return proof.every(isHash) ? { oldSize, proof, checkpoint: body.slice(end + 2) } : undefined;
}

/**
 * The response of a witness to the body of an `add-checkpoint` request (tlog-witness, "add-checkpoint"), without storing
 * it. Never throws.
 */
export async function decide(witness: Witness, body: string): Promise<WitnessResponse> {
  const request = parseAddCheckpoint(body);
  if (!request) return refused(400, 'this is not an add-checkpoint request');
  const note = parseNote(request.checkpoint);
  const claimed = note && parseCheckpoint(note.text);
  if (!claimed) return refused(400, 'the request contains no checkpoint');
  const log = witness.find(claimed.origin);
  if (!log) return refused(404, `this witness does not know the log ${claimed.origin}`);
  const verified = await verifyCheckpoint(request.checkpoint, log);
  if (!verified.ok) return refused(403, verified.reason);

  const { checkpoint } = verified;
  const { oldSize, proof } = request;
  if (oldSize > checkpoint.size) {
    return refused(400, `the old size ${oldSize} exceeds the new one, ${checkpoint.size}`);
  }
  const latest = log.latest ?? { size: 0, root: emptyRoot() };
  const conflict = {
    status: 409,
    contentType: 'text/x.tlog.size',
    body: `${latest.size}\n`,
  } as const;
  if (oldSize !== latest.size) return conflict;
  if (checkpoint.size === latest.size && !sameHash(checkpoint.root, latest.root)) return conflict;
  const consistent = verifyConsistency({
    first: latest.size,
    firstRoot: latest.root,
    second: checkpoint.size,
    secondRoot: checkpoint.root,
    proof,
  });
  if (!consistent) return refused(422, `the proof does not show that it extends ${oldSize}`);

  const signatures = await Promise.all(
    witness.keys.map((key) => cosignText(note.text, key, witness.now)),
  );
  return {
    status: 200,
    contentType: 'text/plain',
    body: formatSignatures(signatures),
    latest: checkpoint,
  };
}

function refused(status: 400 | 403 | 404 | 422, reason: string): WitnessResponse {
  return { status, contentType: 'text/plain', body: `${reason}\n` };
}
