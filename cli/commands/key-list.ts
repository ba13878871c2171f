import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';
import { day, printList } from '../terminal/table.ts';

export const keyList = defineCommand({
  name: 'key list',
  summary: "List a team's publisher keys",
  args: [{ name: 'TEAM' }],
  options: { format: formatOption, ...registryOptions },
  examples: ['aa-registry key list library'],
  async run({ values, args: [team = ''], io }) {
    const json = values.format === 'json';
    const client = await openSession(io, values);
    const { keys } = await client.getTeam(team);
    if (json) {
      io.print(toJson({ items: keys }));
      return exit.ok;
    }
    printList(
      io,
      ['KEY ID', 'ADDED', 'REVOKED', 'LABEL'],
      keys.map(({ keyId, label, createdAt, revokedAt }) => [
        keyId,
        day(createdAt),
        day(revokedAt),
        label,
      ]),
    );
    if (keys.length === 0) io.note(`Team ${team} has no keys.`);
    return exit.ok;
  },
});
