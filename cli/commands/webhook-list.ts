import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';
import { day, printList } from '../terminal/table.ts';

export const webhookList = defineCommand({
  name: 'webhook list',
  summary: 'List a team’s webhooks',
  args: [{ name: 'TEAM' }],
  options: { format: formatOption, ...registryOptions },
  examples: ['aa-registry webhook list platform'],
  async run({ values, args: [team = ''], io }) {
    const json = values.format === 'json';
    const client = await openSession(io, values);
    const webhooks = await client.listWebhooks(team);
    if (json) {
      io.print(toJson({ items: webhooks }));
      return exit.ok;
    }
    printList(
      io,
      ['ID', 'ADDED', 'URL'],
      webhooks.map(({ id, createdAt, url }) => [String(id), day(createdAt), url]),
    );
    if (webhooks.length === 0) io.note(`Team ${team} has no webhooks.`);
    return exit.ok;
  },
});
