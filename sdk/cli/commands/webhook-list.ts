import { defineCommand, exit } from '../command.ts';
import { formatOption, toJson, wantsJson } from '../format.ts';
import { openSession, registryOption } from '../session.ts';

export const webhookList = defineCommand({
  name: 'webhook list',
  summary: 'List a team’s webhooks',
  usage: 'TEAM',
  args: { min: 1, max: 1 },
  options: { format: formatOption, registry: registryOption },
  examples: ['aa-registry webhook list platform'],
  async run({ values, args: [team = ''], io }) {
    const json = wantsJson(values.format);
    const client = await openSession(io, values.registry);
    const webhooks = await client.listWebhooks(team);
    if (json) {
      io.print(toJson({ items: webhooks }));
      return exit.ok;
    }
    for (const { id, createdAt, url } of webhooks) {
      io.print(`${String(id).padEnd(6)} ${createdAt.slice(0, 10)}  ${url}`);
    }
    if (webhooks.length === 0) io.tell(`Team ${team} has no webhooks.`);
    return exit.ok;
  },
});
