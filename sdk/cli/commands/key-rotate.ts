import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { endorse, importPublicKey } from '../../../trust/index.ts';
import { CliError, defineCommand, exit } from '../command.ts';
import { openSession, registryOption } from '../session.ts';
import { loadSigningKey } from '../signing-key.ts';

export const keyRotate = defineCommand({
  name: 'key rotate',
  summary: "Register a team's next key, signed for by one it has",
  usage: 'TEAM NEW.pub',
  args: { min: 2, max: 2 },
  options: {
    key: {
      type: 'string',
      value: 'FILE',
      description: "The key that signs for it (default the user's own)",
    },
    label: {
      type: 'string',
      value: 'TEXT',
      description: "What to call it (default the file's name)",
    },
    registry: registryOption,
  },
  details:
    'Hosts that trust the old key accept the new one from then on. Revoke the old one once everything is\n' +
    'signed with the new one.',
  examples: ['aa-registry key rotate library new.pem.pub --key old.pem'],
  async run({ values, args: [team = '', file = ''], io }) {
    const next = await importPublicKey(await readFile(file, 'utf8'));
    if (!next) throw new CliError(exit.failed, `${file} holds no Ed25519 public key.`);
    const signer = await loadSigningKey(io, values.key);
    const client = await openSession(io, values.registry);
    await client.addKey(team, {
      publicKey: next.text,
      label: values.label ?? basename(file),
      endorsement: await endorse(team, next, signer),
    });
    io.print(
      `Team ${team} now publishes with ${next.keyId}, signed for by ${signer.publicKey.keyId}.`,
    );
    return exit.ok;
  },
});
