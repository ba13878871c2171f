import { decodeHex } from './hex.ts';

/**
 * A key of WebCrypto. Derived, because runtimes' types disagree on the name: `CryptoKey` is no type in those of Node.js.
 */
export type WebKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** The lengths of a public key and of a signature, in bytes (RFC 8032 sections 5.1.5 and 5.1.6). */
export const ed25519KeyLength = 32;
export const ed25519Length = 64;

/** The prime of the field, 2^255 - 19, and the order of the base point (RFC 8032 section 5.1), little-endian. */
const prime = decodeHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
const order = decodeHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');

/** The y coordinates of the eight points whose order divides the cofactor. Anyone can forge signatures of such a key. */
const smallOrder = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(decodeHex);

/**
 * Imports an Ed25519 public key from its 32 bytes; `undefined` if they are not the canonical encoding of a point, or the
 * point has a small order. WebCrypto's implementations differ on both, so keys must come from here.
 */
export async function importEd25519(raw: Uint8Array<ArrayBuffer>): Promise<WebKey | undefined> {
  if (!isValidPoint(raw)) return undefined;
  try {
    return await crypto.subtle.importKey('raw', raw, 'Ed25519', true, ['verify']);
  } catch {
    return undefined;
  }
}

/**
 * Verifies an Ed25519 signature (RFC 8032 section 5.1.7) with the same result on every runtime: the key must come from
 * {@link importEd25519}, R must be the canonical encoding of a point that is not of small order, and S must be below the
 * order of the base point. Node and workerd check the equation without the cofactor. Never throws.
 */
export async function verifyEd25519(
  key: WebKey,
  signature: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  // workerd throws for any other length.
  if (signature.length !== ed25519Length) return false;
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
  if (!isValidPoint(r) || !isBelow(s, order)) return false;
  return crypto.subtle.verify('Ed25519', key, signature, message);
}

/** Whether the bytes are the canonical encoding of a y coordinate and not of a point of small order. */
function isValidPoint(bytes: Uint8Array): boolean {
  if (bytes.length !== ed25519KeyLength) return false;
  const y = Uint8Array.from(bytes);
  // The highest bit is the sign of x. Points with x = 0, which has no sign, have a small order.
  y[31] = (y[31] ?? 0) & 0x7f;
  return isBelow(y, prime) && !smallOrder.some((one) => one.every((byte, at) => byte === y[at]));
}

/** Compares little-endian numbers of equal length. Not constant-time: none of them is secret. */
function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = a.length - 1; at >= 0; at--) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
