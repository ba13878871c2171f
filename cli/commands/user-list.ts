import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';
import { day, printList } from '../terminal/table.ts';

export const userList = defineCommand({
  name: 'user list',
  summary: 'List users (administrators)',
  args: [],
  options: { format: formatOption, ...registryOptions },
  examples: ['aa-registry user list'],
  async run({ values, io }) {
    const json = values.format === 'json';
    const client = await openSession(io, values);
    const users = client.listUsers();
    if (json) {
      io.print(toJson({ items: await Array.fromAsync(users) }));
      return exit.ok;
    }
    const rows: string[][] = [];
    for await (const { name, admin, createdAt } of users) {
      rows.push([name, admin ? 'administrator' : 'user', day(createdAt)]);
    }
    printList(io, ['USER', 'ROLE', 'CREATED'], rows);
    if (rows.length === 0) io.note('No users.');
    return exit.ok;
  },
});
