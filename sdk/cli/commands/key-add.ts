import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { importPublicKey } from '../../../trust/index.ts';
import { CliError, defineCommand, exit } from '../command.ts';
import { answer, formatOption } from '../format.ts';
import { openSession, registryOptions } from '../session.ts';

export const keyAdd = defineCommand({
  name: 'key add',
  summary: "Register a team's publisher key (administrators)",
  usage: 'TEAM FILE.pub',
  args: { min: 2, max: 2 },
  options: {
    format: formatOption,
    ...registryOptions,
    label: {
      type: 'string',
      value: 'TEXT',
      description: "What to call it (default the file's name)",
    },
  },
  examples: ['aa-registry key add library release.pem.pub --label "release key 2026"'],
  async run({ values, args: [team = '', file = ''], io }) {
    const text = await readFile(file, 'utf8');
    const key = await importPublicKey(text);
    if (!key) throw new CliError(exit.failed, `${file} holds no Ed25519 public key.`);
    const client = await openSession(io, values);
    await client.addKey(team, { publicKey: key.text, label: values.label ?? basename(file) });
    answer(io, values, { team, keyId: key.keyId }, `Team ${team} now publishes with ${key.keyId}.`);
    return exit.ok;
  },
});
