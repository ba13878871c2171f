import { encodeHex } from './hex.ts';

/** The digest of a profile's exact bytes: `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

const pattern = /^sha256:[0-9a-f]{64}$/;

/** Whether `text` is spelled as a {@link Digest}. */
export function isDigest(text: string): text is Digest {
  return pattern.test(text);
}

/**
 * The SHA-256 digest (FIPS 180-4) of `bytes`.
 *
 * @example
 * await sha256(new TextEncoder().encode('profile p {}\n')) // 'sha256:…'
 */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Digest> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return `sha256:${encodeHex(hash)}`;
}
