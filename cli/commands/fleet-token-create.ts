import { defineCommand, exit } from '../framework/command.ts';
import { requireEnd } from '../framework/end.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';

export const fleetTokenCreate = defineCommand({
  name: 'fleet token create',
  summary: 'Create a token with which hosts join a team',
  args: [{ name: 'TEAM' }, { name: 'LABEL' }],
  usage: '[--expires WHEN]',
  options: {
    expires: {
      type: 'string',
      value: 'WHEN',
      description: 'When it expires: days such as 30d, or a time (default 7d)',
    },
    format: formatOption,
    ...registryOptions,
  },
  details:
    'The token is printed once; the registry stores only its hash. Any number of hosts may join with it until it ' +
    'expires, up to the team’s quota. It allows nothing else. Requires the role owner.',
  examples: ['aa-registry fleet token create platform "edge hosts" --expires 1d > join-token'],
  async run({ values, args: [team = '', label = ''], io }) {
    const expiresAt = requireEnd(values.expires ?? '7d');
    const client = await openSession(io, values);
    const made = await client.createJoinToken(team, { label, expiresAt });
    printResult(io, values, made, made.token);
    io.note(`Join token ${made.id} of team ${team}, valid until ${made.expiresAt}`);
    return exit.ok;
  },
});
