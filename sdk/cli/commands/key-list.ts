import { defineCommand, exit } from '../command.ts';
import { formatOption, toJson } from '../format.ts';
import { openSession, registryOptions } from '../session.ts';

export const keyList = defineCommand({
  name: 'key list',
  summary: "List a team's publisher keys",
  usage: 'TEAM',
  args: { min: 1, max: 1 },
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
    for (const { keyId, label, createdAt, revokedAt } of keys) {
      const revoked = revokedAt === null ? '' : `  (revoked ${revokedAt.slice(0, 10)})`;
      io.print(`${keyId}  ${createdAt.slice(0, 10)}  ${label}${revoked}`);
    }
    if (keys.length === 0) io.tell(`Team ${team} has no keys.`);
    return exit.ok;
  },
});
