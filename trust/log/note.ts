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

/** How many signatures a note may carry; the specification demands at least 16. */
export const maxSignatures = 100;

/** How long a note may be, in characters: `maxSignatures` of the longest kind fit. */
export const maxNoteLength = 1024 * 1024;

/** One signature line of a note. */
export interface NoteSignature {
  name: string;
  /** The key ID, eight hexadecimal digits. */
  id: string;
  /** The signature itself, in the form that its key's type has. */
  signature: Uint8Array<ArrayBuffer>;
}

/** The parts of a note, not verified. */
export interface Note {
  /** What is signed; ends in a newline. */
  text: string;
  signatures: NoteSignature[];
}

/** A signature that a known key has made. */
export interface VerifiedSignature {
  verifier: NoteVerifier;
  /** When it was made, in seconds since 1970; only cosignatures have it. */
  time?: number;
}

/** Why a note was refused; each id is stable. */
export type NoteRefusalId = 'note-malformed' | 'note-bad-signature' | 'note-unknown-signers';

export type OpenedNote =
  | { ok: true; text: string; signatures: VerifiedSignature[] }
  | { ok: false; id: NoteRefusalId; reason: string };

/** Takes a signed note apart (signed-note, "Format"); `undefined` when it is none. Never throws. */
export function parseNote(note: string): Note | undefined {
  // The text may hold empty lines: the last one ends it.
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || note.length > maxNoteLength || !isNoteText(note)) return undefined;
  const signatures = parseSignatures(note.slice(end + 2));
  return signatures && { text: note.slice(0, end + 1), signatures };
}

/** The note as text. Throws when it could not be parsed again. */
export function formatNote({ text, signatures }: Note): string {
  const note = `${text}\n${formatSignatures(signatures)}`;
  if (parseNote(note)?.text !== text) throw new RangeError('the text can not be signed as a note');
  return note;
}

/** Reads signature lines alone, as a witness answers; `undefined` unless there are 1 to 100 of them. */
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

/** Signature lines, each ended by a newline (signed-note, "Signatures"). */
export function formatSignatures(signatures: readonly NoteSignature[]): string {
  return signatures
    .map(({ name, id, signature }) => {
      const bytes = Uint8Array.of(...parseKeyId(id), ...signature);
      return `— ${name} ${encodeBase64(bytes)}\n`;
    })
    .join('');
}

/**
 * Signs a text with every one of `keys`, which are of type `ed25519`, in that order (signed-note, "Ed25519
 * signatures"). Throws when it can not be a note's text.
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
 * The cosignature of a checkpoint's text: as of `now`, its signer has seen no larger tree of that log. A key
 * of another type cosigns as {@link cosignerOf} it.
 */
export async function cosignText(text: string, key: NoteKey, now: Date): Promise<NoteSignature> {
  const cosigner = await cosignerOf(key);
  const signature = await makeTimestampedSignature(text, cosigner, now);
  return { name: cosigner.name, id: cosigner.id, signature };
}

/** The signed checkpoint with {@link cosignText} added. Throws when `note` is no note. */
export async function cosign(note: string, key: NoteKey, now: Date): Promise<string> {
  return addSignatures(note, [await cosignText(parseNote(note)?.text ?? '', key, now)]);
}

/**
 * The note with more signatures, each instead of the one that the same key had made before. Throws when
 * `note` is none or would carry too many.
 */
export function addSignatures(note: string, added: readonly NoteSignature[]): string {
  const parsed = parseNote(note);
  if (!parsed) throw new TypeError('this is no signed note');
  const others = parsed.signatures.filter(
    ({ name, id }) => !added.some((each) => each.name === name && each.id === id),
  );
  return formatNote({ text: parsed.text, signatures: [...others, ...added] });
}

/**
 * Opens a note: its text, and which of `verifiers` have signed it, each once. Signatures of other keys are
 * ignored; one bad signature of these refuses the note, and so does none at all (signed-note, "Signatures").
 * A key that signs without a time does so in one way only: the same line again is not verified again, and another
 * line is a bad one. Never throws.
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
    // A key may have cosigned twice: what it said last counts.
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
 * The cosignatures of a note that verify, by whom and when: of those of `cosigners`, all that do; the others are
 * ignored, as one of several witnesses must not spoil what the rest have signed. Empty when it is no note. Never
 * throws.
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

/** Each line once, however often a note repeats it. */
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
