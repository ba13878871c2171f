import { readConfig, writeConfig } from '../../sdk/config.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';

export const logout = defineCommand({
  name: 'logout',
  summary: 'Delete the saved API token',
  args: [],
  options: { format: formatOption },
  details: 'The token stays valid; "token revoke" revokes it.',
  examples: ['aa-registry logout'],
  async run({ values, io }) {
    const { token: _, ...config } = await readConfig(io.env);
    await writeConfig(io.env, config);
    printResult(io, values, { registry: config.registry ?? null }, 'The saved token was deleted.');
    return exit.ok;
  },
});
