import { defineCommand, exit } from '../command.ts';
import { openSession, registryOption } from '../session.ts';

export const teamCreate = defineCommand({
  name: 'team create',
  summary: 'Make a team (administrators)',
  usage: 'TEAM',
  args: { min: 1, max: 1 },
  options: { registry: registryOption },
  examples: ['aa-registry team create platform'],
  async run({ values, args: [name = ''], io }) {
    const client = await openSession(io, values.registry);
    await client.createTeam(name);
    io.print(`Made team ${name}.`);
    return exit.ok;
  },
});
