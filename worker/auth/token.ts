import { encodeBase64, sha256 } from '../../trust/index.ts';

/** What every token begins with, so that secret scanners and people recognise one. */
const prefix = 'aar_';

/** A new API token: the prefix and 256 random bits in base64url. */
export function generateToken(): string {
  const random = encodeBase64(crypto.getRandomValues(new Uint8Array(32)));
  return prefix + random.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * What is kept of a token: the hexadecimal SHA-256. A slow password hash would add nothing to 256 random
 * bits.
 */
export async function hashToken(token: string): Promise<string> {
  const digest = await sha256(new TextEncoder().encode(token));
  return digest.slice('sha256:'.length);
}
