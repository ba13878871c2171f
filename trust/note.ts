import { decodeBase64, encodeBase64 } from './base64.ts';

/**
 * Keys of signed notes (C2SP signed-note): `name+hash+base64(type ‖ key)`, the hash being the first four
 * bytes of SHA-256(name ‖ "\n" ‖ type ‖ key).
 */
export interface NoteKey {
  /** The log's origin, such as `registry.example.org/log`: no spaces, no plus. */
  name: string;
  /** `PRIVATE+KEY+name+hash+base64`: kept secret. */
  signer: string;
  /** `name+hash+base64`: what hosts pin. */
  verifier: string;
}

/** The signature type of Ed25519 (signed-note, "Signature types"). */
const ed25519 = 0x01;

/** Whether `name` may stand in a signed note (signed-note, "Format"). */
export function isNoteName(name: string): boolean {
  return name.length > 0 && name.length <= 255 && !/[\s+]/u.test(name);
}

/** Makes a new Ed25519 note key for `name`, which must satisfy {@link isNoteName}. */
export async function generateNoteKey(name: string): Promise<NoteKey> {
  const pair = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  // The seed is the last 32 bytes of a PKCS#8 Ed25519 key without attributes (RFC 8410 section 7).
  return noteKey(name, publicKey, pkcs8.slice(-32));
}

async function noteKey(name: string, publicKey: Uint8Array, seed: Uint8Array): Promise<NoteKey> {
  const typed = Uint8Array.of(ed25519, ...publicKey);
  const hash = await keyHash(name, typed);
  return {
    name,
    signer: `PRIVATE+KEY+${name}+${hash}+${encodeBase64(Uint8Array.of(ed25519, ...seed))}`,
    verifier: `${name}+${hash}+${encodeBase64(typed)}`,
  };
}

/** Reads a signer back, with its verifier; `undefined` when it is malformed. */
export async function parseNoteSigner(signer: string): Promise<NoteKey | undefined> {
  const match = /^PRIVATE\+KEY\+([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(signer);
  const [, name, hash, encoded] = match ?? [];
  const bytes = encoded === undefined ? undefined : decodeBase64(encoded);
  if (name === undefined || bytes?.length !== 33 || bytes[0] !== ed25519) return undefined;
  const seed = bytes.slice(1);
  const key = await noteKey(name, await publicHalf(seed), seed);
  return key.verifier.startsWith(`${name}+${hash}+`) ? key : undefined;
}

async function publicHalf(seed: Uint8Array): Promise<Uint8Array> {
  // RFC 8410 section 7: the fixed head of a PKCS#8 Ed25519 key, then the seed.
  const head = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
  ];
  const key = await crypto.subtle.importKey(
    'pkcs8',
    Uint8Array.of(...head, ...seed),
    { name: 'Ed25519' },
    true,
    ['sign'],
  );
  const { x } = await crypto.subtle.exportKey('jwk', key);
  const text = (x as string).replaceAll('-', '+').replaceAll('_', '/');
  const raw = decodeBase64(text.padEnd(Math.ceil(text.length / 4) * 4, '='));
  if (!raw) throw new TypeError('WebCrypto returned a malformed key');
  return raw;
}

async function keyHash(name: string, typed: Uint8Array): Promise<string> {
  const head = new TextEncoder().encode(`${name}\n`);
  const hash = await crypto.subtle.digest('SHA-256', Uint8Array.of(...head, ...typed));
  return Array.from(new Uint8Array(hash).slice(0, 4), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
