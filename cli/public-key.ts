import { readBounded } from '../sdk/files.ts';
import { maxKey } from '../sdk/key-file.ts';
import { importPublicKey, type PublicKey } from '../trust/index.ts';
import { CliError, exit } from './framework/command.ts';

/** Reads a public key from a file. Throws if there is none. */
export async function requirePublicKey(file: string): Promise<PublicKey> {
  const text = (await readBounded(file, maxKey)).toString('utf8');
  const key = await importPublicKey(text);
  if (key) return key;
  const isPrivate = text.includes('PRIVATE KEY');
  throw new CliError(
    exit.failed,
    isPrivate
      ? `${file} is a private key, which must not be shared.`
      : `${file} is not an Ed25519 public key.`,
    isPrivate ? `"key generate" wrote the public key to ${file}.pub.` : undefined,
  );
}
