import { defineCommand, exit } from '../command.ts';
import { openSession, registryOption } from '../session.ts';
import { requireWebhookId } from '../webhook.ts';

export const webhookRemove = defineCommand({
  name: 'webhook remove',
  summary: 'Remove a webhook',
  usage: 'TEAM ID',
  args: { min: 2, max: 2 },
  options: { registry: registryOption },
  examples: ['aa-registry webhook remove platform 3'],
  async run({ values, args: [team = '', id = ''], io }) {
    const webhook = requireWebhookId(id);
    const client = await openSession(io, values.registry);
    await client.removeWebhook(team, webhook);
    io.print(`Removed webhook ${webhook} of team ${team}.`);
    return exit.ok;
  },
});
