import { encodeBase64, sha256 } from '../../trust/index.ts';

/** The prefix of every token, for secret scanners and people. */
const prefix = 'aar_';

/** A new API token: the prefix and 256 random bits in base64url. */
export function generateToken(): string {
  const random = encodeBase64(crypto.getRandomValues(new Uint8Array(32)));
  return prefix + random.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * The stored hash of a token: hexadecimal SHA-256. With 256 random bits, a slow password hash would add nothing.
 */
export async function hashToken(token: string): Promise<string> {
  const digest = await sha256(new TextEncoder().encode(token));
  return digest.slice('sha256:'.length);
}
