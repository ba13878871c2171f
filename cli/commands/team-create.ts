import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';

export const teamCreate = defineCommand({
  name: 'team create',
  summary: 'Create a team (administrators)',
  args: [{ name: 'TEAM' }],
  options: { format: formatOption, ...registryOptions },
  examples: ['aa-registry team create platform'],
  async run({ values, args: [name = ''], io }) {
    const client = await openSession(io, values);
    printResult(io, values, await client.createTeam(name), `Created team ${name}.`);
    return exit.ok;
  },
});
