import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';

export const whoami = defineCommand({
  name: 'whoami',
  summary: 'Tell whose token this is and what it is good for',
  args: [],
  options: { format: formatOption, ...registryOptions },
  examples: ['aa-registry whoami'],
  async run({ values, io }) {
    const json = values.format === 'json';
    const client = await openSession(io, values);
    const identity = await client.whoami();
    if (json) {
      io.print(toJson({ registry: client.registry, ...identity }));
      return exit.ok;
    }
    const { label, user, team, profile, scope, admin, roles, expiresAt } = identity;
    io.print(user ?? (team === null ? 'administrator' : `team ${team}`));
    io.print(
      `Token      ${label}, scope ${scope}${expiresAt === null ? '' : `, until ${expiresAt}`}`,
    );
    io.print(`Registry   ${client.registry}${admin ? ', which it may run' : ''}`);
    const where = profile === null ? '' : `/${profile} only`;
    for (const [name, role] of Object.entries(roles))
      io.print(`${role.padEnd(10)} ${name}${where}`);
    return exit.ok;
  },
});
