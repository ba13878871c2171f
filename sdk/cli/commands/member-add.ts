import { Role } from '../../../worker/api/schema/index.ts';
import { CliError, defineCommand, exit } from '../command.ts';
import { openSession, registryOption } from '../session.ts';

export const memberAdd = defineCommand({
  name: 'member add',
  summary: 'Put a user in a team, or change their role (owners)',
  usage: 'TEAM USER --role ROLE',
  args: { min: 2, max: 2 },
  options: {
    registry: registryOption,
    role: {
      type: 'string',
      value: 'ROLE',
      description: 'reader (private profiles too), publisher, or owner (members, keys, tokens)',
    },
  },
  examples: ['aa-registry member add platform ada --role publisher'],
  async run({ values, args: [team = '', user = ''], io }) {
    const role = Role.safeParse(values.role);
    if (!role.success) {
      throw new CliError(exit.usage, `Say which role: --role ${Role.options.join(', --role ')}.`);
    }
    const client = await openSession(io, values.registry);
    await client.setMember(team, user, role.data);
    io.print(`${user} is ${role.data} in team ${team}.`);
    return exit.ok;
  },
});
