import { defineCommand, exit } from '../command.ts';
import { openSession, registryOption } from '../session.ts';
import { requireWebhookId } from '../webhook.ts';

export const webhookTest = defineCommand({
  name: 'webhook test',
  summary: 'Send a test to a webhook and say how it went',
  usage: 'TEAM ID',
  args: { min: 2, max: 2 },
  options: { registry: registryOption },
  examples: ['aa-registry webhook test platform 3'],
  async run({ values, args: [team = '', id = ''], io }) {
    const webhook = requireWebhookId(id);
    const client = await openSession(io, values.registry);
    const { state, lastStatus, lastError, messageId } = await client.testWebhook(team, webhook);
    if (state === 'delivered') {
      io.print(`Delivered ${messageId}: it answered ${lastStatus}.`);
      return exit.ok;
    }
    io.print(`Not delivered: ${lastError}.`);
    return exit.failed;
  },
});
