import { decodeBase64, encodeBase64 } from './base64.ts';
import { type Digest, sha256 } from './digest.ts';
import { ed25519KeyLength, importEd25519, type WebKey } from './ed25519.ts';

/**
 * An Ed25519 public key (RFC 8032) as the base64 of its SubjectPublicKeyInfo (RFC 8410) in one line: the body of an
 * OpenSSL PEM file.
 */
export type PublicKeyText = string;

/** An imported public key. */
export interface PublicKey {
  /** `sha256:` and the hexadecimal SHA-256 of the SubjectPublicKeyInfo. */
  keyId: Digest;
  text: PublicKeyText;
  key: WebKey;
}

/** A private key together with its public half. */
export interface KeyPair {
  privateKey: WebKey;
  publicKey: PublicKey;
}

const algorithm = { name: 'Ed25519' };

/** The bytes before the key in every Ed25519 SubjectPublicKeyInfo (RFC 8410 section 4). */
const spkiPrefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const spkiLength = spkiPrefix.length + ed25519KeyLength;

/** The maximum number of keys of a team, revoked ones included. Hosts check every key and refuse a team with more. */
export const maxKeys = 256;

/** Generates an Ed25519 key pair with an exportable private key. */
export async function generateKeyPair(): Promise<KeyPair> {
  const pair = (await crypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  return { privateKey: pair.privateKey, publicKey: await describe(pair.publicKey) };
}

/**
 * Imports a public key from its text or from PEM; `undefined` if it is not an Ed25519 public key, or
 * {@link importEd25519} refuses it.
 */
export async function importPublicKey(text: string): Promise<PublicKey | undefined> {
  const spki = decodeBase64(unwrapPem(text, 'PUBLIC KEY'));
  if (spki?.length !== spkiLength || spkiPrefix.some((byte, index) => spki[index] !== byte)) {
    return undefined;
  }
  const key = await importEd25519(spki.slice(spkiPrefix.length));
  return key && describe(key);
}

/** Exports a private key as PEM (PKCS#8, RFC 5958), readable by `openssl pkey`. */
export async function exportPrivateKey(privateKey: WebKey): Promise<string> {
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey));
  return `-----BEGIN PRIVATE KEY-----\n${encodeBase64(pkcs8)}\n-----END PRIVATE KEY-----\n`;
}

/** Imports a private key from PEM; `undefined` if it is not an Ed25519 PKCS#8 key. */
export async function importPrivateKey(pem: string): Promise<KeyPair | undefined> {
  const pkcs8 = decodeBase64(unwrapPem(pem, 'PRIVATE KEY'));
  if (!pkcs8) return undefined;
  try {
    const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign']);
    const { x } = await crypto.subtle.exportKey('jwk', privateKey);
    const publicKey = await crypto.subtle.importKey(
      'jwk',
      { kty: 'OKP', crv: 'Ed25519', x: x as string },
      algorithm,
      true,
      ['verify'],
    );
    return { privateKey, publicKey: await describe(publicKey) };
  } catch {
    return undefined;
  }
}

async function describe(key: WebKey): Promise<PublicKey> {
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', key));
  return { keyId: await sha256(spki), text: encodeBase64(spki), key };
}

function unwrapPem(text: string, label: string): string {
  return text
    .replace(`-----BEGIN ${label}-----`, '')
    .replace(`-----END ${label}-----`, '')
    .replaceAll(/\s/g, '');
}
