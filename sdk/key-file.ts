import { createPrivateKey } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { exportPrivateKey, importPrivateKey, type KeyPair } from '../trust/index.ts';
import { SdkError } from './error.ts';
import { readBounded, writeNew } from './files.ts';

/** Gives the passphrase of an encrypted key, when one turns out to be needed. */
export type AskPassphrase = () => Promise<string>;

/**
 * Writes a private key as PKCS#8 PEM, readable by its owner only: encrypted (PBES2, RFC 8018) when there is a
 * passphrase. An existing file is never overwritten.
 */
export async function writePrivateKey(path: string, key: KeyPair, passphrase = ''): Promise<void> {
  const pem = await exportPrivateKey(key.privateKey);
  const encryption = { cipher: 'aes-256-cbc', passphrase };
  const text =
    passphrase === ''
      ? pem
      : createPrivateKey(pem)
          .export({ type: 'pkcs8', format: 'pem', ...encryption })
          .toString();
  await writeKeyFile(path, text, 0o600);
}

/** Writes a public key as PEM. An existing file is never overwritten. */
export async function writePublicKey(path: string, key: KeyPair): Promise<void> {
  const pem = `-----BEGIN PUBLIC KEY-----\n${key.publicKey.text}\n-----END PUBLIC KEY-----\n`;
  await writeKeyFile(path, pem, 0o644);
}

/** Writes a key's file. Throws an {@link SdkError} when there is one already. */
export async function writeKeyFile(path: string, text: string, mode: number): Promise<void> {
  await writeNew(path, text, mode).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new SdkError('key-file', `${path} exists already; nothing was written`);
  });
}

/** Reads a private key's file; refuses one that others can read, as ssh does. */
export async function readPrivateKey(path: string, ask: AskPassphrase): Promise<KeyPair> {
  const found = await stat(path).catch(() => undefined);
  if (!found) {
    throw new SdkError(
      'key-file',
      `no signing key at ${path}; create one with "aa-registry key generate", or name one with --key`,
    );
  }
  if (!found.isFile()) throw new SdkError('key-file', `${path} is no regular file`);
  if (found.size > maxKey) throw new SdkError('key-file', `${path} is too large for a key`);
  const pem = (await readBounded(path, maxKey)).toString('utf8');
  // Said before its mode: that is as it should be of a public key.
  if (!isPublic(pem) && (found.mode & 0o077) !== 0) {
    throw new SdkError('key-file', `${path} can be read by others; run: chmod 600 ${path}`);
  }
  return parsePrivateKey(pem, path, ask);
}

/** Reads a private key's PEM, from `source` as messages name it. */
export async function parsePrivateKey(
  pem: string,
  source: string,
  ask: AskPassphrase,
): Promise<KeyPair> {
  if (isPublic(pem)) {
    throw new SdkError(
      'key-file',
      `${source} is a public key, and signing needs the private one, which "key generate" wrote without ".pub"`,
    );
  }
  const plain = pem.includes('BEGIN ENCRYPTED PRIVATE KEY')
    ? decrypt(pem, source, await ask())
    : pem;
  const key = await importPrivateKey(plain);
  if (!key) throw new SdkError('key-file', `${source} holds no Ed25519 private key (PKCS#8 PEM)`);
  return key;
}

/** The largest key file that is read, in bytes. */
export const maxKey = 64 * 1024;

function isPublic(pem: string): boolean {
  return pem.includes('BEGIN PUBLIC KEY') && !pem.includes('PRIVATE KEY');
}

function decrypt(pem: string, source: string, passphrase: string): string {
  try {
    const key = createPrivateKey({ key: pem, passphrase });
    return key.export({ type: 'pkcs8', format: 'pem' }).toString();
  } catch {
    throw new SdkError(
      'key-file',
      `${source} can't be decrypted: the passphrase is wrong or the file damaged`,
    );
  }
}
