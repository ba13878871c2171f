import { lstat, mkdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ifPresent } from '../../sdk/files.ts';
import { writePrivateKey, writePublicKey } from '../../sdk/key-file.ts';
import { shellWord } from '../../sdk/shell-word.ts';
import { generateKeyPair } from '../../trust/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { choosePassphrase, signingKeyPath } from '../signing-key.ts';

export const keyGenerate = defineCommand({
  name: 'key generate',
  summary: 'Generate a signing key',
  args: [],
  usage: '[--out FILE] [--no-passphrase]',
  options: {
    format: formatOption,
    'no-passphrase': {
      type: 'boolean',
      description: 'Do not encrypt the key or ask for a passphrase',
    },
    out: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: 'Where to write it (default ~/.config/aa-registry/signing-key.pem)',
    },
    output: { type: 'string', value: 'FILE', description: 'The same as --out' },
  },
  details:
    'Writes an Ed25519 private key (PKCS#8 PEM, readable only by you) and the public key beside ' +
    'it as FILE.pub, to register with the team. The key is encrypted if you give a passphrase ' +
    'or set AA_KEY_PASSPHRASE. An existing key is never overwritten.',
  examples: ['aa-registry key generate', 'aa-registry key generate --out release.pem'],
  async run({ values, io }) {
    const path = values.out ?? values.output ?? signingKeyPath(io);
    // Before the question for a passphrase.
    if (await ifPresent(lstat(path))) {
      throw new CliError(
        exit.failed,
        `${path} already exists; not overwritten.`,
        `To publish with that key: aa-registry key add TEAM ${shellWord(`${path}.pub`)}\nTo generate another: aa-registry key generate --out FILE`,
        'key-file',
      );
    }
    const passphrase = values['no-passphrase'] ? '' : await choosePassphrase(io);
    const key = await generateKeyPair();
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writePrivateKey(path, key, passphrase);
    await writePublicKey(`${path}.pub`, key).catch(async (error: unknown) => {
      await unlink(path);
      throw error;
    });
    const { keyId } = key.publicKey;
    const publicKey = shellWord(`${path}.pub`);
    const encrypted = passphrase !== '';
    printResult(
      io,
      values,
      { keyId, privateKey: path, publicKey: `${path}.pub`, encrypted },
      `Private key  ${path} (${encrypted ? 'encrypted' : 'not encrypted'})`,
      `Public key   ${path}.pub`,
      `Key id       ${keyId}`,
    );
    io.note(
      `An owner of the team or an administrator registers it: aa-registry key add TEAM ${publicKey}`,
    );
    if (path !== signingKeyPath(io) && (await ifPresent(lstat(signingKeyPath(io))))) {
      io.note(`To replace a key of the team with it: aa-registry key rotate TEAM ${publicKey}`);
    }
    return exit.ok;
  },
});
