import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';
import { day, printList } from '../terminal/table.ts';

export const memberList = defineCommand({
  name: 'member list',
  summary: 'List a team’s members',
  args: [{ name: 'TEAM' }],
  options: { format: formatOption, ...registryOptions },
  examples: ['aa-registry member list platform'],
  async run({ values, args: [team = ''], io }) {
    const json = values.format === 'json';
    const client = await openSession(io, values);
    const members = await client.listMembers(team);
    if (json) {
      io.print(toJson({ items: members }));
      return exit.ok;
    }
    printList(
      io,
      ['USER', 'ROLE', 'ADDED'],
      members.map(({ user, role, createdAt }) => [user, role, day(createdAt)]),
    );
    if (members.length === 0) io.note(`Team ${team} has no members.`);
    return exit.ok;
  },
});
