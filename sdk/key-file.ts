import { createPrivateKey } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { exportPrivateKey, importPrivateKey, type KeyPair } from '../trust/index.ts';
import { SdkError } from './error.ts';
import { readBounded, writeNew } from './files.ts';

/** Returns the passphrase of an encrypted key; called only for one. */
export type AskPassphrase = () => Promise<string>;

/**
 * Writes a private key as PKCS#8 PEM, readable by its owner only, and encrypted (PBES2, RFC 8018) if there is a
 * passphrase. Never overwrites a file.
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

/** Writes a public key as PEM. Never overwrites a file. */
export async function writePublicKey(path: string, key: KeyPair): Promise<void> {
  const pem = `-----BEGIN PUBLIC KEY-----\n${key.publicKey.text}\n-----END PUBLIC KEY-----\n`;
  await writeKeyFile(path, pem, 0o644);
}

/** Writes a key's file. Throws an {@link SdkError} if it exists. */
export async function writeKeyFile(path: string, text: string, mode: number): Promise<void> {
  await writeNew(path, text, mode).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new SdkError('key-file', `${path} already exists; not overwritten`, {
      next: 'Use the existing key, or name another file: --out FILE',
    });
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
  if (!found.isFile()) throw new SdkError('key-file', `${path} is not a regular file`);
  if (found.size > maxKey) throw new SdkError('key-file', `${path} is too large for a key`);
  const pem = (await readBounded(path, maxKey)).toString('utf8');
  // Checked before the mode, since a public key may be readable by others.
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
      `${source} is a public key; signing requires the private key, in the file that "key generate" wrote without ".pub"`,
    );
  }
  const plain = pem.includes('BEGIN ENCRYPTED PRIVATE KEY')
    ? decrypt(pem, source, await ask())
    : pem;
  const key = await importPrivateKey(plain);
  if (!key) throw new SdkError('key-file', `${source} is not an Ed25519 private key (PKCS#8 PEM)`);
  return key;
}

/** The maximum size of a key file, in bytes. */
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
      `${source} cannot be decrypted: the passphrase is wrong or the file is damaged`,
    );
  }
}
