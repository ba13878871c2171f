import { open, readFile, stat } from 'node:fs/promises';
import { exportPrivateKey, importPrivateKey, type KeyPair } from '../trust/index.ts';

/** A key file can't be read or may not be used. */
export class KeyFileError extends Error {}

/** Writes a private key, readable by its owner only. An existing file is never overwritten. */
export async function writePrivateKey(path: string, key: KeyPair): Promise<void> {
  await writeNew(path, await exportPrivateKey(key.privateKey), 0o600);
}

/** Writes a public key as PEM. An existing file is never overwritten. */
export async function writePublicKey(path: string, key: KeyPair): Promise<void> {
  const pem = `-----BEGIN PUBLIC KEY-----\n${key.publicKey.text}\n-----END PUBLIC KEY-----\n`;
  await writeNew(path, pem, 0o644);
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST')
      throw new KeyFileError(`${path} exists already; nothing was written`);
    throw error;
  });
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Reads a private key's file; refuses one that others can read, as ssh does. */
export async function readPrivateKey(path: string): Promise<KeyPair> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new KeyFileError(`there is no signing key at ${path}`);
  if ((found.mode & 0o077) !== 0) {
    throw new KeyFileError(`${path} can be read by others; run: chmod 600 ${path}`);
  }
  return parsePrivateKey(await readFile(path, 'utf8'), path);
}

/** Reads a private key's PEM, from `source` as messages name it. */
export async function parsePrivateKey(pem: string, source: string): Promise<KeyPair> {
  const key = await importPrivateKey(pem);
  if (!key) throw new KeyFileError(`${source} holds no Ed25519 private key (PKCS#8 PEM)`);
  return key;
}
