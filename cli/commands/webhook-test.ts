import { oneLine } from '../../sdk/client.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';
import { requireWebhookId } from '../webhook.ts';

export const webhookTest = defineCommand({
  name: 'webhook test',
  summary: 'Send a test event to a webhook and show the response',
  args: [{ name: 'TEAM' }, { name: 'ID' }],
  options: { format: formatOption, ...registryOptions },
  examples: ['aa-registry webhook test platform 3'],
  async run({ values, args: [team = '', id = ''], io }) {
    const webhook = requireWebhookId(id);
    const client = await openSession(io, values);
    const delivery = await client.testWebhook(team, webhook);
    const { state, lastStatus, lastError, messageId } = delivery;
    const delivered = state === 'delivered';
    const result = delivered
      ? `Delivered ${messageId}: the response was ${lastStatus}.`
      : `Not delivered: ${lastError}.`;
    printResult(io, values, delivery, oneLine(result));
    return delivered ? exit.ok : exit.failed;
  },
});
