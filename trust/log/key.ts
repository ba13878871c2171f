import { decodeBase64, encodeBase64 } from '../base64.ts';
import { importEd25519, type WebKey } from '../ed25519.ts';
import { encodeHex } from '../hex.ts';

/** The type of a note's signature (signed-note, "Signature types"). */
export type SignatureType = 'ed25519' | 'cosignature';

/** The byte of each type in key IDs and encoded keys. */
const typeBytes: Record<SignatureType, number> = { ed25519: 0x01, cosignature: 0x04 };

/** The prefix of an encoded private key, which tells it from a public one. */
const signerPrefix = 'PRIVATE+KEY+';

/** The public half of a note key, which verifies signatures. */
export interface NoteVerifier {
  /** The signer's name, such as the log's origin `registry.example.org/log`. */
  name: string;
  /** The key ID: eight hexadecimal digits. */
  id: string;
  type: SignatureType;
  publicKey: WebKey;
  /** `name+id+base64(type ‖ public key)`, which hosts pin. */
  verifier: string;
}

/** A note key with its private half, which signs. */
export interface NoteKey extends NoteVerifier {
  privateKey: WebKey;
  /** `PRIVATE+KEY+name+id+base64(type ‖ private key)`: secret. */
  signer: string;
}

/** Whether `name` is a valid key name: not empty, no Unicode spaces, no plus (signed-note, "Format"). */
export function isNoteName(name: string): boolean {
  return /^[^\p{White_Space}+]+$/u.test(name) && isNoteText(name);
}

/** Whether a note may contain `text`: valid Unicode without control characters except newline (signed-note, "Format"). */
export function isNoteText(text: string): boolean {
  if (!text.isWellFormed()) return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 && code !== 0x0a) return false;
  }
  return true;
}

/** Generates a key with the name `name`, which must satisfy {@link isNoteName}. */
export async function generateNoteKey(
  name: string,
  type: SignatureType = 'ed25519',
): Promise<NoteKey> {
  if (!isNoteName(name)) throw new RangeError(`"${name}" is not a valid name of a note key`);
  const seed = crypto.getRandomValues(new Uint8Array(32));
  return makeKey(name, type, seed);
}

/** Parses a key's `signer`; `undefined` if malformed. */
export async function parseNoteSigner(signer: string): Promise<NoteKey | undefined> {
  if (!signer.startsWith(signerPrefix)) return undefined;
  const parts = parseKey(signer.slice(signerPrefix.length));
  if (!parts) return undefined;
  const key = await makeKey(parts.name, parts.type, parts.key);
  return key.id === parts.id ? key : undefined;
}

/**
 * Parses a `verifier` (a "vkey"); `undefined` if it is malformed, has another type, or {@link importEd25519} refuses its
 * key.
 */
export async function parseNoteVerifier(verifier: string): Promise<NoteVerifier | undefined> {
  const parts = parseKey(verifier);
  if (!parts) return undefined;
  const parsed = await makeVerifier(parts.name, parts.type, parts.key);
  return parsed?.id === parts.id ? parsed : undefined;
}

/**
 * The cosignature key with the same name and private key. Its key ID and the signed message differ, so that neither
 * signature can pass for the other (signed-note, "Signatures"; tlog-cosignature, "Format").
 */
export async function cosignerOf(key: NoteKey): Promise<NoteKey> {
  if (key.type === 'cosignature') return key;
  const parts = parseKey(key.signer.slice(signerPrefix.length));
  if (!parts) throw new TypeError('the note key is malformed');
  return makeKey(parts.name, 'cosignature', parts.key);
}

/** The verifier of {@link cosignerOf}'s signatures. */
export async function cosignatureVerifierOf(verifier: NoteVerifier): Promise<NoteVerifier> {
  if (verifier.type === 'cosignature') return verifier;
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', verifier.publicKey));
  return requireVerifier(await makeVerifier(verifier.name, 'cosignature', raw));
}

/** The public key in base64, without a vkey's name and type, to recognize one key under two names. */
export function noteKeyBytes({ verifier }: Pick<NoteVerifier, 'verifier'>): string {
  const { key } = parseKey(verifier) ?? {};
  return encodeBase64(key ?? new Uint8Array());
}

/** The length of a key ID in bytes. */
export const keyIdLength = 4;

/** A key ID in an encoded key: eight hexadecimal digits. */
export function formatKeyId(bytes: Uint8Array): string {
  return encodeHex(bytes);
}

/** The bytes of a key ID. */
export function parseKeyId(id: string): number[] {
  return (id.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16));
}

interface EncodedKey {
  name: string;
  id: string;
  type: SignatureType;
  key: Uint8Array<ArrayBuffer>;
}

function parseKey(text: string): EncodedKey | undefined {
  const [, name = '', id = '', encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const bytes = decodeBase64(encoded);
  if (!isNoteName(name) || bytes?.length !== 33) return undefined;
  const type = (['ed25519', 'cosignature'] as const).find((each) => typeBytes[each] === bytes[0]);
  return type && { name, id, type, key: bytes.slice(1) };
}

async function makeKey(
  name: string,
  type: SignatureType,
  seed: Uint8Array<ArrayBuffer>,
): Promise<NoteKey> {
  // A PKCS#8 Ed25519 key is a fixed prefix and the seed (RFC 8410 section 7).
  const head = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
  ];
  const pkcs8 = Uint8Array.of(...head, ...seed);
  const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign']);
  const { x } = await crypto.subtle.exportKey('jwk', privateKey);
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: x as string };
  const publicKey = await crypto.subtle.importKey('jwk', jwk, 'Ed25519', true, ['verify']);
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey));
  const verifier = requireVerifier(await makeVerifier(name, type, raw));
  const encoded = encodeBase64(Uint8Array.of(typeBytes[type], ...seed));
  return { ...verifier, privateKey, signer: `${signerPrefix}${name}+${verifier.id}+${encoded}` };
}

async function makeVerifier(
  name: string,
  type: SignatureType,
  raw: Uint8Array<ArrayBuffer>,
): Promise<NoteVerifier | undefined> {
  const publicKey = await importEd25519(raw);
  if (!publicKey) return undefined;
  const typed = Uint8Array.of(typeBytes[type], ...raw);
  const id = await makeKeyId(name, typed);
  return { name, id, type, publicKey, verifier: `${name}+${id}+${encodeBase64(typed)}` };
}

/** Narrows the verifier of a key that is known to be valid. */
function requireVerifier(verifier: NoteVerifier | undefined): NoteVerifier {
  if (verifier) return verifier;
  throw new TypeError('not an Ed25519 key');
}

/** SHA-256(name ‖ "\n" ‖ type ‖ public key)[:4] (signed-note, "Signatures"). */
async function makeKeyId(name: string, typed: Uint8Array): Promise<string> {
  const head = new TextEncoder().encode(`${name}\n`);
  const hash = await crypto.subtle.digest('SHA-256', Uint8Array.of(...head, ...typed));
  return formatKeyId(new Uint8Array(hash, 0, keyIdLength));
}
