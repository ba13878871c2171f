import { resolve } from 'node:path';
import { createClient } from '../../sdk/client.ts';
import { readConfig, readConfiguration, writeConfig } from '../../sdk/config.ts';
import { prepareNetwork } from '../../sdk/network.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { caFileOption, checkRegistry, checkToken } from '../session.ts';
import { readStdin } from '../terminal/io.ts';
import { readSecret } from '../terminal/prompt.ts';

export const login = defineCommand({
  name: 'login',
  summary: 'Log in to a registry with an API token',
  args: [{ name: 'URL' }],
  options: {
    format: formatOption,
    'ca-file': caFileOption,
    'token-stdin': { type: 'boolean', description: 'Read the token from standard input' },
  },
  details:
    'Asks for the token, checks it with the registry, and saves both, and --ca-file, in ' +
    '~/.config/aa-registry, readable only by you. AA_REGISTRY and AA_TOKEN take precedence, for ' +
    'CI.',
  examples: [
    'aa-registry login https://profiles.example.org',
    'aa-registry login --token-stdin https://profiles.example.org < token',
  ],
  async run({ values, args: [url = ''], io }) {
    const registry = checkRegistry(url);
    if (!values['token-stdin'] && !io.stdin.isTTY) {
      throw new CliError(
        exit.usage,
        'There is no terminal to ask for the token; use --token-stdin.',
      );
    }
    const { network } = await readConfiguration(io.env);
    await prepareNetwork(registry, io.env, network, values['ca-file']);
    // Check that the registry is reachable before asking for a token.
    await createClient({ registry }).getLogVerifier();
    const text = values['token-stdin'] ? await readStdin(io) : await readSecret(io, 'API token: ');
    if (text.trim() === '') throw new CliError(exit.usage, 'No token was given.');
    const token = checkToken(text);
    const identity = await createClient({ registry, token }).whoami();
    const remembered = { ...(await readConfig(io.env)), registry, token };
    const caFile = values['ca-file'];
    await writeConfig(
      io.env,
      caFile === undefined ? remembered : { ...remembered, ca_file: resolve(caFile) },
    );
    const whose =
      identity.user ?? (identity.team === null ? 'an administrator' : `team ${identity.team}`);
    printResult(
      io,
      values,
      { registry, ...identity },
      `Logged in to ${registry} as ${whose}${whose.endsWith(identity.label) ? '' : ` (${identity.label})`}.`,
    );
    return exit.ok;
  },
});
