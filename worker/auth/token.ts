import { encodeBase64, sha256 } from '../../trust/index.ts';

/**
 * The prefixes of tokens, for secret scanners and people: of API tokens, of those with which hosts join a team, and of
 * the sessions of signed-in readers.
 */
const prefixes = { api: 'aar_', join: 'aaj_', session: 'aas_' };

/** A new token: its prefix and 256 random bits in base64url. */
export function generateToken(kind: keyof typeof prefixes = 'api'): string {
  const random = encodeBase64(crypto.getRandomValues(new Uint8Array(32)));
  return prefixes[kind] + random.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * The stored hash of a token: hexadecimal SHA-256. With 256 random bits, a slow password hash would add nothing.
 */
export async function hashToken(token: string): Promise<string> {
  const digest = await sha256(new TextEncoder().encode(token));
  return digest.slice('sha256:'.length);
}
