import { CliError, defineCommand, exit } from '../framework/command.ts';
import { answer, formatOption } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';

export const keyRevoke = defineCommand({
  name: 'key revoke',
  summary: "Revoke a team's publisher key",
  args: [{ name: 'TEAM' }, { name: 'KEY-ID' }],
  usage: '--reason TEXT',
  options: {
    reason: { type: 'string', value: 'TEXT', description: 'The reason, for the log' },
    format: formatOption,
    ...registryOptions,
  },
  details:
    'Hosts then refuse all versions that depend on its signature, including versions that they ' +
    'have installed before. Publish them again with another key first.',
  examples: ['aa-registry key revoke library sha256:0a1b… --reason "laptop stolen"'],
  async run({ values, args: [team = '', keyId = ''], io }) {
    const { reason } = values;
    if (!reason) throw new CliError(exit.usage, 'Say why with --reason TEXT.');
    const client = await openSession(io, values);
    await client.revokeKey(team, keyId, reason);
    answer(io, values, { team, keyId, reason }, `Revoked ${keyId} of team ${team}.`);
    return exit.ok;
  },
});
