import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { requireWholeNumber } from '../framework/whole-number.ts';
import { openSession, registryOptions } from '../session.ts';
import { printList } from '../terminal/table.ts';
import { requireWebhookId } from '../webhook.ts';

export const webhookDeliveries = defineCommand({
  name: 'webhook deliveries',
  summary: 'List the deliveries of a webhook, sent and pending',
  args: [{ name: 'TEAM' }, { name: 'ID' }],
  usage: '[--limit N]',
  options: {
    limit: {
      type: 'string',
      value: 'N',
      description: 'How many of the latest deliveries to list (default 20)',
    },
    format: formatOption,
    ...registryOptions,
  },
  examples: ['aa-registry webhook deliveries platform 3'],
  async run({ values, args: [team = '', id = ''], io }) {
    const webhook = requireWebhookId(id);
    const limit = requireWholeNumber('limit', values.limit ?? '20', { minimum: 1, maximum: 100 });
    const json = values.format === 'json';
    const client = await openSession(io, values);
    const { items } = await client.listDeliveries(team, webhook, { limit });
    if (json) {
      io.print(toJson({ items }));
      return exit.ok;
    }
    const rows = items.map(({ createdAt, kind, state, attempts, lastError, nextAttemptAt }) => {
      return [createdAt, kind, state, String(attempts), nextAttemptAt ?? '', lastError ?? ''];
    });
    printList(io, ['TIME', 'EVENT', 'STATE', 'ATTEMPTS', 'NEXT ATTEMPT', 'ERROR'], rows);
    if (items.length === 0) io.note(`Webhook ${webhook} has no deliveries.`);
    return exit.ok;
  },
});
