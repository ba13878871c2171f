import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';

export const userCreate = defineCommand({
  name: 'user create',
  summary: 'Add a user (administrators)',
  args: [{ name: 'USER' }],
  options: {
    format: formatOption,
    ...registryOptions,
    admin: { type: 'boolean', description: 'An administrator, with all rights in every team' },
  },
  details:
    'Users have no rights until "member add" adds them to a team and "token create" creates a ' +
    'token for them.',
  examples: ['aa-registry user create ada'],
  async run({ values, args: [name = ''], io }) {
    const client = await openSession(io, values);
    const user = await client.createUser({ name, admin: values.admin ?? false });
    printResult(io, values, user, `Added user ${name}.`);
    return exit.ok;
  },
});
