import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { requireId } from '../framework/whole-number.ts';
import { openSession, registryOptions } from '../session.ts';

export const fleetTokenRevoke = defineCommand({
  name: 'fleet token revoke',
  summary: 'Revoke a join token; hosts that joined with it stay',
  args: [{ name: 'TEAM' }, { name: 'ID' }],
  options: { format: formatOption, ...registryOptions },
  examples: ['aa-registry fleet token revoke platform 3'],
  async run({ values, args: [team = '', id = ''], io }) {
    const token = requireId(id);
    const client = await openSession(io, values);
    await client.revokeJoinToken(team, token);
    printResult(io, values, { team, id: token }, `Revoked join token ${token} of team ${team}.`);
    return exit.ok;
  },
});
