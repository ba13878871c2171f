import { readBounded } from '../sdk/files.ts';
import { maxKey } from '../sdk/key-file.ts';
import { importPublicKey, type PublicKey } from '../trust/index.ts';
import { CliError, exit } from './framework/command.ts';

/** The public key in a file; the command ends where there is none. */
export async function requirePublicKey(file: string): Promise<PublicKey> {
  const text = (await readBounded(file, maxKey)).toString('utf8');
  const key = await importPublicKey(text);
  if (key) return key;
  const isPrivate = text.includes('PRIVATE KEY');
  throw new CliError(
    exit.failed,
    isPrivate
      ? `${file} holds a private key, which stays with you.`
      : `${file} holds no Ed25519 public key.`,
    isPrivate ? `The public one, which "key generate" wrote beside it, is ${file}.pub.` : undefined,
  );
}
