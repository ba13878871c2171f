import { defineCommand, exit } from '../command.ts';
import { openSession, registryOption } from '../session.ts';

export const memberList = defineCommand({
  name: 'member list',
  summary: "List a team's members",
  usage: 'TEAM',
  args: { min: 1, max: 1 },
  options: { registry: registryOption },
  examples: ['aa-registry member list platform'],
  async run({ values, args: [team = ''], io }) {
    const client = await openSession(io, values.registry);
    const members = await client.listMembers(team);
    for (const { user, role, createdAt } of members) {
      io.print(`${role.padEnd(9)}  ${createdAt.slice(0, 10)}  ${user}`);
    }
    if (members.length === 0) io.tell(`Team ${team} has no members.`);
    return exit.ok;
  },
});
