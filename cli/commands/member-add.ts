import { Role } from '../../contract/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';

export const memberAdd = defineCommand({
  name: 'member add',
  summary: 'Add a user to a team, or change their role (owners)',
  args: [{ name: 'TEAM' }, { name: 'USER' }],
  usage: '--role ROLE',
  options: {
    format: formatOption,
    ...registryOptions,
    role: {
      type: 'string',
      choices: Role.options,
      description: 'reader (private profiles too), publisher, or owner (members, keys, tokens)',
    },
  },
  examples: ['aa-registry member add platform ada --role publisher'],
  async run({ values, args: [team = '', user = ''], io }) {
    const { role } = values;
    if (role === undefined) {
      throw new CliError(exit.usage, `Name a role: --role ${Role.options.join(', --role ')}.`);
    }
    const client = await openSession(io, values);
    const member = await client.setMember(team, user, role);
    printResult(io, values, { team, ...member }, `${user} is ${role} in team ${team}.`);
    return exit.ok;
  },
});
