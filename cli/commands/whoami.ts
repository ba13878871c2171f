import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';

export const whoami = defineCommand({
  name: 'whoami',
  summary: 'Show the token’s identity and scopes',
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
    io.print(`Registry   ${client.registry}`);
    io.print(`User       ${user ?? (team === null ? 'administrator' : `token of team ${team}`)}`);
    io.print(`Token      ${label}`);
    io.print(`Scope      ${scope}${admin ? ', administrator of the registry' : ''}`);
    if (expiresAt !== null) io.print(`Expires    ${expiresAt}`);
    const where = profile === null ? '' : `/${profile} only`;
    for (const [name, role] of Object.entries(roles))
      io.print(`${role.padEnd(10)} ${name}${where}`);
    return exit.ok;
  },
});
