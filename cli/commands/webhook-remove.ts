import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';
import { requireWebhookId } from '../webhook.ts';

export const webhookRemove = defineCommand({
  name: 'webhook remove',
  summary: 'Remove a webhook',
  args: [{ name: 'TEAM' }, { name: 'ID' }],
  options: { format: formatOption, ...registryOptions },
  examples: ['aa-registry webhook remove platform 3'],
  async run({ values, args: [team = '', id = ''], io }) {
    const webhook = requireWebhookId(id);
    const client = await openSession(io, values);
    await client.removeWebhook(team, webhook);
    printResult(io, values, { team, id: webhook }, `Removed webhook ${webhook} of team ${team}.`);
    return exit.ok;
  },
});
