import { defineCommand, exit } from '../command.ts';
import { openSession, registryOption } from '../session.ts';

export const userList = defineCommand({
  name: 'user list',
  summary: 'List users (administrators)',
  usage: '',
  args: { min: 0, max: 0 },
  options: { registry: registryOption },
  examples: ['aa-registry user list'],
  async run({ values, io }) {
    const client = await openSession(io, values.registry);
    for await (const { name, admin, createdAt } of client.listUsers()) {
      io.print(`${createdAt.slice(0, 10)}  ${name}${admin ? '  (administrator)' : ''}`);
    }
    return exit.ok;
  },
});
