import { join } from 'node:path';
import { configFolder } from '../sdk/config.ts';
import { type AskPassphrase, parsePrivateKey, readPrivateKey } from '../sdk/key-file.ts';
import type { KeyPair } from '../trust/index.ts';
import { CliError, exit } from './framework/command.ts';
import type { Io } from './terminal/io.ts';
import { readSecret } from './terminal/prompt.ts';

/** The default path of a user's signing key. */
export function signingKeyPath(io: Io): string {
  return join(configFolder(io.env), 'signing-key.pem');
}

/** Loads the signing key: from the given file, else from AA_SIGNING_KEY (PEM), else from the default path. */
export async function loadSigningKey(io: Io, file: string | undefined): Promise<KeyPair> {
  const pem = io.env.AA_SIGNING_KEY;
  const path = file ?? signingKeyPath(io);
  if (file === undefined && pem)
    return parsePrivateKey(pem, 'AA_SIGNING_KEY', promptPassphrase(io, 'AA_SIGNING_KEY'));
  return readPrivateKey(path, promptPassphrase(io, path));
}

/** Loads the signing keys: each given file, else the one of {@link loadSigningKey}. */
export async function loadSigningKeys(io: Io, files: string[] | undefined): Promise<KeyPair[]> {
  const keys: KeyPair[] = [];
  // Sequential, because each may prompt for a passphrase.
  for (const file of files ?? [undefined]) keys.push(await loadSigningKey(io, file));
  return keys;
}

/** AA_KEY_PASSPHRASE, or a prompt. */
function promptPassphrase(io: Io, source: string): AskPassphrase {
  return async () => {
    const given = io.env.AA_KEY_PASSPHRASE;
    if (given !== undefined) return given;
    if (io.stdin.isTTY) return readSecret(io, `Passphrase of ${source}: `);
    throw new CliError(
      exit.usage,
      `${source} is encrypted, and there is no terminal to ask for its passphrase.`,
      'Set AA_KEY_PASSPHRASE.',
    );
  };
}

/** The passphrase for a new key: AA_KEY_PASSPHRASE, or a prompt with confirmation; empty for none. */
export async function choosePassphrase(io: Io): Promise<string> {
  const given = io.env.AA_KEY_PASSPHRASE;
  if (given !== undefined) return given;
  if (!io.stdin.isTTY) {
    io.note(
      'Warning: the private key is not encrypted, because there is no terminal to ask for a passphrase. ' +
        'Set AA_KEY_PASSPHRASE, or use --no-passphrase to silence this warning.',
    );
    return '';
  }
  const passphrase = await readSecret(io, 'Passphrase (empty for none): ');
  if (passphrase !== '' && (await readSecret(io, 'Repeat the passphrase: ')) !== passphrase) {
    throw new CliError(exit.usage, 'The two passphrases differ; nothing was written.');
  }
  return passphrase;
}
