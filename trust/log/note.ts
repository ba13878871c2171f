import { decodeBase64, encodeBase64 } from '../base64.ts';
import { verifyEd25519 } from '../ed25519.ts';
import { makeTimestampedSignature, verifyTimestampedSignature } from './cosignature.ts';
import {
  cosignerOf,
  formatKeyId,
  isNoteName,
  isNoteText,
  keyIdLength,
  type NoteKey,
  type NoteVerifier,
  parseKeyId,
} from './key.ts';

/** The maximum number of signatures of a note; the specification requires at least 16. */
export const maxSignatures = 100;

/** The maximum length of a note, in characters; enough for `maxSignatures` of the longest type. */
export const maxNoteLength = 1024 * 1024;

/** A signature line of a note. */
export interface NoteSignature {
  name: string;
  /** The key ID, eight hexadecimal digits. */
  id: string;
  /** The signature, in the format of its key's type. */
  signature: Uint8Array<ArrayBuffer>;
}

/** The parts of an unverified note. */
export interface Note {
  /** The signed text, which ends in a newline. */
  text: string;
  signatures: NoteSignature[];
}

/** A verified signature by a known key. */
export interface VerifiedSignature {
  verifier: NoteVerifier;
  /** Its time, in seconds since 1970; cosignatures only. */
  time?: number;
}

/** Why a note was refused; each id is stable. */
export type NoteRefusalId = 'note-malformed' | 'note-bad-signature' | 'note-unknown-signers';

export type OpenedNote =
  | { ok: true; text: string; signatures: VerifiedSignature[] }
  | { ok: false; id: NoteRefusalId; reason: string };

/** Parses a signed note (signed-note, "Format"); `undefined` if malformed. Never throws. */
export function parseNote(note: string): Note | undefined {
  // The text may contain empty lines; the last one ends it.
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || note.length > maxNoteLength || !isNoteText(note)) return undefined;
  const signatures = parseSignatures(note.slice(end + 2));
  return signatures && { text: note.slice(0, end + 1), signatures };
}

/** Formats a note. Throws if it could not be parsed again. */
export function formatNote({ text, signatures }: Note): string {
  const note = `${text}\n${formatSignatures(signatures)}`;
  if (parseNote(note)?.text !== text) throw new RangeError('the text can’t be signed as a note');
  return note;
}

/** Parses signature lines, such as a witness's response; `undefined` unless there are 1 to 100 valid ones. */
export function parseSignatures(lines: string): NoteSignature[] | undefined {
  const [last, ...others] = lines.split('\n').reverse();
  if (last !== '' || others.length < 1 || others.length > maxSignatures) return undefined;
  const signatures = others.reverse().map(parseSignature);
  return signatures.every((signature) => signature !== undefined) ? signatures : undefined;
}

function parseSignature(line: string): NoteSignature | undefined {
  const [dash, name = '', encoded = '', ...rest] = line.split(' ');
  const bytes = decodeBase64(encoded);
  if (dash !== '—' || rest.length > 0 || !isNoteName(name) || !bytes) return undefined;
  if (bytes.length <= keyIdLength) return undefined;
  const id = formatKeyId(bytes.subarray(0, keyIdLength));
  return { name, id, signature: bytes.slice(keyIdLength) };
}

/** Formats signature lines, each with a newline (signed-note, "Signatures"). */
export function formatSignatures(signatures: readonly NoteSignature[]): string {
  return signatures
    .map(({ name, id, signature }) => {
      const bytes = Uint8Array.of(...parseKeyId(id), ...signature);
      return `— ${name} ${encodeBase64(bytes)}\n`;
    })
    .join('');
}

/**
 * Signs a text with each of `keys`, of type `ed25519`, in their order (signed-note, "Ed25519 signatures"). Throws if it is
 * not a valid text of a note.
 */
export async function signNote(text: string, keys: readonly NoteKey[]): Promise<string> {
  const message = new TextEncoder().encode(text);
  const signatures = await Promise.all(
    keys.map(async ({ name, id, type, privateKey }) => {
      if (type !== 'ed25519') throw new TypeError(`${name}+${id} is a key for cosignatures`);
      const signature = await crypto.subtle.sign('Ed25519', privateKey, message);
      return { name, id, signature: new Uint8Array(signature) };
    }),
  );
  return formatNote({ text, signatures });
}

/**
 * Cosigns a checkpoint's text: it states that as of `now` the signer has seen no larger tree of the log. A key of type
 * `ed25519` cosigns with its {@link cosignerOf}.
 */
export async function cosignText(text: string, key: NoteKey, now: Date): Promise<NoteSignature> {
  const cosigner = await cosignerOf(key);
  const signature = await makeTimestampedSignature(text, cosigner, now);
  return { name: cosigner.name, id: cosigner.id, signature };
}

/** Adds the cosignature of {@link cosignText} to a signed checkpoint. Throws if the note is malformed. */
export async function cosign(note: string, key: NoteKey, now: Date): Promise<string> {
  return addSignatures(note, [await cosignText(parseNote(note)?.text ?? '', key, now)]);
}

/**
 * Adds signatures to a note; each replaces an earlier one by the same key. Throws if the note is malformed or would have
 * too many signatures.
 */
export function addSignatures(note: string, added: readonly NoteSignature[]): string {
  const parsed = parseNote(note);
  if (!parsed) throw new TypeError('this is not a signed note');
  const others = parsed.signatures.filter(
    ({ name, id }) => !added.some((each) => each.name === name && each.id === id),
  );
  return formatNote({ text: parsed.text, signatures: [...others, ...added] });
}

/**
 * Opens a note: returns its text and the verified signatures of `verifiers`, one for each key. Signatures by other keys
 * are ignored. The note is refused if a known key's signature is invalid or none of these keys has signed it
 * (signed-note, "Signatures"). Ed25519 signatures are deterministic, so a second, different one by a key is invalid.
 * Never throws.
 */
export async function openNote(
  note: string,
  verifiers: readonly NoteVerifier[],
): Promise<OpenedNote> {
  const parsed = parseNote(note);
  if (!parsed) return refused('note-malformed', 'it is not a signed note');
  const verified = new Map<NoteVerifier, VerifiedSignature>();
  for (const signature of distinct(parsed.signatures)) {
    const verifier = verifierOf(signature, verifiers);
    if (!verifier) continue;
    const isSecond = verifier.type === 'ed25519' && verified.has(verifier);
    const result = isSecond ? undefined : await verifySignature(parsed.text, verifier, signature);
    if (!result) {
      return refused(
        'note-bad-signature',
        `the signature of ${fullName(verifier)} does not verify`,
      );
    }
    // A key may have cosigned more than once; the latest time counts.
    const before = verified.get(verifier);
    if ((before?.time ?? 0) <= (result.time ?? 0)) verified.set(verifier, result);
  }
  if (verified.size === 0) {
    const signers = parsed.signatures.map(fullName).join(', ');
    return refused('note-unknown-signers', `no known key has signed it, only ${signers}`);
  }
  return { ok: true, text: parsed.text, signatures: [...verified.values()] };
}

/**
 * Returns the valid cosignatures of a note by `cosigners`; none if the note is malformed. Invalid ones are ignored, so that
 * one witness can't spoil the signatures of the others. Never throws.
 */
export async function findCosignatures(
  note: string,
  cosigners: readonly NoteVerifier[],
): Promise<VerifiedSignature[]> {
  const { text, signatures } = parseNote(note) ?? { text: '', signatures: [] };
  const found: VerifiedSignature[] = [];
  for (const signature of distinct(signatures)) {
    const verifier = verifierOf(signature, cosigners);
    const result = verifier && (await verifySignature(text, verifier, signature));
    if (result) found.push(result);
  }
  return found;
}

/** Removes repeated lines. */
function distinct(signatures: readonly NoteSignature[]): NoteSignature[] {
  return [...new Map(signatures.map((one) => [formatSignatures([one]), one])).values()];
}

function verifierOf(
  signature: NoteSignature,
  verifiers: readonly NoteVerifier[],
): NoteVerifier | undefined {
  return verifiers.find(({ name, id }) => name === signature.name && id === signature.id);
}

async function verifySignature(
  text: string,
  verifier: NoteVerifier,
  { signature }: NoteSignature,
): Promise<VerifiedSignature | undefined> {
  if (verifier.type === 'cosignature') {
    const time = await verifyTimestampedSignature(text, verifier, signature);
    return time === undefined ? undefined : { verifier, time };
  }
  const message = new TextEncoder().encode(text);
  const verified = await verifyEd25519(verifier.publicKey, signature, message);
  return verified ? { verifier } : undefined;
}

function fullName({ name, id }: { name: string; id: string }): string {
  return `${name}+${id}`;
}

function refused(id: NoteRefusalId, reason: string): OpenedNote {
  return { ok: false, id, reason };
}
