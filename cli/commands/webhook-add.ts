import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';

export const webhookAdd = defineCommand({
  name: 'webhook add',
  summary: 'Add a webhook for events of a team’s profiles',
  args: [{ name: 'TEAM' }, { name: 'URL' }],
  options: { format: formatOption, ...registryOptions },
  details:
    'The webhook gets a POST request when a version is published or yanked and when a channel ' +
    'moves. The body is JSON, signed as standardwebhooks.com specifies. The secret for the ' +
    'signature is printed once.',
  examples: ['aa-registry webhook add platform https://ci.example.org/hooks/aa-registry'],
  async run({ values, args: [team = '', url = ''], io }) {
    const client = await openSession(io, values);
    const added = await client.addWebhook(team, url);
    io.note(`Added webhook ${added.id} of team ${team}. Its secret, shown only once:`);
    printResult(io, values, added, added.secret);
    return exit.ok;
  },
});
