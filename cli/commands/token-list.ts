import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';
import { day, printList } from '../terminal/table.ts';

export const tokenList = defineCommand({
  name: 'token list',
  summary: 'List API tokens: yours, a team’s or a user’s',
  args: [],
  usage: '[--team TEAM | --user USER]',
  options: {
    format: formatOption,
    ...registryOptions,
    team: { type: 'string', value: 'TEAM', description: 'The tokens of this team (owners)' },
    user: {
      type: 'string',
      value: 'USER',
      description: 'The tokens of this user (administrators)',
    },
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
      const { id, scope, label, createdAt, lastUsedAt, expiresAt, revokedAt, profile } = token;
      const whose = token.user ?? token.team ?? 'administrator';
      const owner = profile === null ? whose : `${whose}/${profile}`;
      const times = [day(createdAt), lastUsedAt === null ? 'never' : day(lastUsedAt)];
      rows.push([String(id), owner, scope, ...times, day(expiresAt), day(revokedAt), label]);
    }
    printList(io, ['ID', 'OWNER', 'SCOPE', 'CREATED', 'USED', 'EXPIRES', 'REVOKED', 'LABEL'], rows);
    if (rows.length === 0) io.note('No tokens.');
    return exit.ok;
  },
});
