import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';
import { day, printList } from '../terminal/table.ts';

export const fleetTokenList = defineCommand({
  name: 'fleet token list',
  summary: 'List the join tokens of a team',
  args: [{ name: 'TEAM' }],
  options: { format: formatOption, ...registryOptions },
  examples: ['aa-registry fleet token list platform'],
  async run({ values, args: [team = ''], io }) {
    const json = values.format === 'json';
    const client = await openSession(io, values);
    const items = await client.listJoinTokens(team);
    if (json) {
      io.print(toJson({ items }));
      return exit.ok;
    }
    const rows = items.map(({ id, label, createdAt, expiresAt, revokedAt }) => [
      ...[String(id), day(createdAt), day(expiresAt), day(revokedAt), label],
    ]);
    printList(io, ['ID', 'CREATED', 'EXPIRES', 'REVOKED', 'LABEL'], rows);
    if (rows.length === 0) io.note('No join tokens.');
    return exit.ok;
  },
});
