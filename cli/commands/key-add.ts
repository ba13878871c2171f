import { basename } from 'node:path';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { requirePublicKey } from '../public-key.ts';
import { openSession, registryOptions } from '../session.ts';

export const keyAdd = defineCommand({
  name: 'key add',
  summary: 'Register a team’s publisher key (administrators)',
  args: [{ name: 'TEAM' }, { name: 'FILE.pub' }],
  options: {
    format: formatOption,
    ...registryOptions,
    label: {
      type: 'string',
      value: 'TEXT',
      description: 'A name for the key (default: the file’s name)',
    },
  },
  examples: ['aa-registry key add library release.pem.pub --label "release key 2026"'],
  async run({ values, args: [team = '', file = ''], io }) {
    const key = await requirePublicKey(file);
    const client = await openSession(io, values);
    await client.addKey(team, { publicKey: key.text, label: values.label ?? basename(file) });
    printResult(
      io,
      values,
      { team, keyId: key.keyId },
      `Team ${team} now publishes with ${key.keyId}.`,
    );
    return exit.ok;
  },
});
