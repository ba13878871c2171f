import { defineCommand, exit } from '../framework/command.ts';
import { answer, formatOption } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';

export const memberRemove = defineCommand({
  name: 'member remove',
  summary: 'Remove a user from a team (owners)',
  args: [{ name: 'TEAM' }, { name: 'USER' }],
  options: { format: formatOption, ...registryOptions },
  details: 'Their tokens lose access to the team.',
  examples: ['aa-registry member remove platform ada'],
  async run({ values, args: [team = '', user = ''], io }) {
    const client = await openSession(io, values);
    await client.removeMember(team, user);
    answer(io, values, { team, user }, `${user} is not in team ${team}.`);
    return exit.ok;
  },
});
