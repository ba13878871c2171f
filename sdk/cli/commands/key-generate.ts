import { mkdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { generateKeyPair } from '../../../trust/index.ts';
import { writePrivateKey, writePublicKey } from '../../key-file.ts';
import { defineCommand, exit } from '../command.ts';
import { choosePassphrase, signingKeyPath } from '../signing-key.ts';

export const keyGenerate = defineCommand({
  name: 'key generate',
  summary: 'Make a publisher key',
  usage: '[--out FILE]',
  args: { min: 0, max: 0 },
  options: {
    out: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: 'Where to keep it (default ~/.config/aa-registry/signing-key.pem)',
    },
  },
  details:
    'Writes an Ed25519 private key (PKCS#8 PEM, readable by you only, encrypted when you give a passphrase\n' +
    'or set AA_KEY_PASSPHRASE) and beside it FILE.pub, the public half, to be registered with the team. An\n' +
    'existing key is never overwritten.',
  examples: ['aa-registry key generate', 'aa-registry key generate --out release.pem'],
  async run({ values, io }) {
    const path = values.out ?? signingKeyPath(io);
    const passphrase = await choosePassphrase(io);
    const key = await generateKeyPair();
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writePrivateKey(path, key, passphrase);
    await writePublicKey(`${path}.pub`, key).catch(async (error: unknown) => {
      await unlink(path);
      throw error;
    });
    io.print(`Private key  ${path}${passphrase === '' ? ' (not encrypted)' : ' (encrypted)'}`);
    io.print(`Public key   ${path}.pub`);
    io.print(`Key id       ${key.publicKey.keyId}`);
    io.tell(`Have an administrator register it: aa-registry key add TEAM ${path}.pub`);
    return exit.ok;
  },
});
