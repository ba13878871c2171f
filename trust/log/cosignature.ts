import { ed25519Length, verifyEd25519 } from '../ed25519.ts';
import type { NoteKey, NoteVerifier } from './key.ts';

/** The length of a `timestamped_signature`: a uint64 before the signature (tlog-cosignature, "Format"). */
const timestampedLength = 8 + ed25519Length;

/** The message that a cosignature signs; `time` in seconds (tlog-cosignature, "Ed25519 signed message"). */
function cosignedMessage(checkpoint: string, time: number): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`cosignature/v1\ntime ${time}\n${checkpoint}`);
}

/**
 * Cosigns a checkpoint's text: it states that as of `now` the signer has seen no larger consistent tree of the log.
 * Returns the `timestamped_signature` (tlog-cosignature, "Format").
 */
export async function makeTimestampedSignature(
  checkpoint: string,
  key: NoteKey,
  now: Date,
): Promise<Uint8Array<ArrayBuffer>> {
  const time = Math.floor(now.getTime() / 1000);
  const message = cosignedMessage(checkpoint, time);
  const signature = await crypto.subtle.sign('Ed25519', key.privateKey, message);
  const timestamped = new Uint8Array(timestampedLength);
  new DataView(timestamped.buffer).setBigUint64(0, BigInt(time));
  timestamped.set(new Uint8Array(signature), 8);
  return timestamped;
}

/** The unverified time of a `timestamped_signature`, in seconds since 1970; `undefined` if malformed. */
export function statedTime(timestamped: Uint8Array<ArrayBuffer>): number | undefined {
  if (timestamped.length !== timestampedLength) return undefined;
  const time = Number(new DataView(timestamped.buffer, timestamped.byteOffset).getBigUint64(0));
  return Number.isSafeInteger(time) ? time : undefined;
}

/**
 * Verifies a `timestamped_signature`. Returns its time in seconds since 1970; `undefined` if it is invalid. A time above
 * 2^53 - 1, millions of years away, is refused.
 */
export async function verifyTimestampedSignature(
  checkpoint: string,
  verifier: NoteVerifier,
  timestamped: Uint8Array<ArrayBuffer>,
): Promise<number | undefined> {
  const time = statedTime(timestamped);
  if (time === undefined) return undefined;
  const message = cosignedMessage(checkpoint, time);
  const verified = await verifyEd25519(verifier.publicKey, timestamped.subarray(8), message);
  return verified ? time : undefined;
}
