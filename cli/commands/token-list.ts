import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';
import { printTable } from '../terminal/table.ts';

export const tokenList = defineCommand({
  name: 'token list',
  summary: 'List API tokens: yours, a team’s or a user’s',
  usage: '[--team TEAM | --user USER]',
  args: { min: 0, max: 0 },
  options: {
    format: formatOption,
    ...registryOptions,
    team: { type: 'string', value: 'TEAM', description: 'The team’s own (owners)' },
    user: { type: 'string', value: 'USER', description: 'That user’s (administrators)' },
  },
  examples: ['aa-registry token list --team platform'],
  async run({ values, io }) {
    const { team, user } = values;
    const json = values.format === 'json';
    const client = await openSession(io, values);
    const tokens = client.listTokens({
      ...(team === undefined ? {} : { team }),
      ...(user === undefined ? {} : { user }),
    });
    if (json) {
      io.print(toJson({ items: await Array.fromAsync(tokens) }));
      return exit.ok;
    }
    const rows: string[][] = [];
    for await (const token of tokens) {
      const { id, scope, label, lastUsedAt, expiresAt, revokedAt, profile } = token;
      const whose = token.user ?? token.team ?? 'administrator';
      const where = profile === null ? '' : `/${profile}`;
      const used = lastUsedAt === null ? 'never used' : `used ${lastUsedAt.slice(0, 10)}`;
      const ends = expiresAt === null ? '' : `, until ${expiresAt.slice(0, 10)}`;
      const gone = revokedAt === null ? '' : `, revoked ${revokedAt.slice(0, 10)}`;
      rows.push([String(id), scope, `${whose}${where}`, `${label}  (${used}${ends}${gone})`]);
    }
    printTable(io, rows);
    return exit.ok;
  },
});
