import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { requireId } from '../framework/whole-number.ts';
import { openSession, registryOptions } from '../session.ts';

export const tokenRevoke = defineCommand({
  name: 'token revoke',
  summary: 'Revoke an API token',
  args: [{ name: 'ID' }],
  options: { format: formatOption, ...registryOptions },
  details: '"token list" shows the ids.',
  examples: ['aa-registry token revoke 17'],
  async run({ values, args: [text = ''], io }) {
    if (text.startsWith('aar_')) {
      throw new CliError(exit.usage, 'Use the token’s id (see "token list"), not its secret.');
    }
    const id = requireId(text);
    const client = await openSession(io, values);
    await client.revokeToken(id);
    printResult(io, values, { id }, `Revoked token ${id}.`);
    return exit.ok;
  },
});
