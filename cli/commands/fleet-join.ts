import { joinFleet } from '../../sdk/calls/join-fleet.ts';
import { readBounded } from '../../sdk/files.ts';
import { readTrust, trustPlace } from '../../sdk/trust-file.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { requireLabels } from '../host-labels.ts';
import { standardOutput as standardInput } from '../output.ts';
import { refused } from '../refused.ts';
import { checkToken, openSession, registryOptions } from '../session.ts';
import { requireRoot, rootOption } from '../target.ts';
import { readAllInput } from '../terminal/io.ts';

/** The maximum size of a token file, in bytes. */
const maxToken = 64 * 1024;

export const fleetJoin = defineCommand({
  name: 'fleet join',
  summary: 'Join a team with this host, so that it can report',
  args: [],
  usage: '--token-file FILE [--label KEY=VALUE…]',
  options: {
    'token-file': {
      type: 'string',
      value: 'FILE',
      description: 'The join token’s file; - is standard input (default)',
    },
    name: {
      type: 'string',
      value: 'NAME',
      description: 'The host’s name (default: its host name)',
    },
    label: {
      type: 'string',
      multiple: true,
      value: 'KEY=VALUE',
      description: 'A label for filters, such as role=edge; repeatable',
    },
    format: formatOption,
    ...registryOptions,
    root: rootOption,
  },
  details:
    'Generates an Ed25519 key in /var/lib/aa-registry/fleet, readable by root only, and enrols it; the token is not ' +
    'stored. The registry is the trust file’s, unless --registry names another. Nothing is reported unless ' +
    '/etc/aa-registry/config.toml has report = true, or "report" runs.',
  examples: [
    'sudo aa-registry fleet join --token-file join-token --label role=edge',
    'sudo aa-registry fleet join < join-token',
  ],
  async run({ values, io }) {
    const labels = requireLabels(values.label ?? []) as Record<string, string>;
    const root = await requireRoot(values.root);
    const file = values['token-file'] ?? standardInput;
    if (file === standardInput && io.stdin.isTTY) {
      throw new CliError(
        exit.usage,
        'There is no join token on standard input; use --token-file FILE.',
      );
    }
    const bytes =
      file === standardInput ? await readAllInput(io, maxToken) : await readBounded(file, maxToken);
    const token = checkToken(bytes.toString('utf8'));
    const trust = await readTrust(trustPlace(root));
    const client = await openSession(io, values, trust?.registry, { anonymous: true });
    const joined = await joinFleet({ root, client, token, name: values.name, labels });
    if (!joined.ok) throw refused(joined);
    const { host } = joined;
    printResult(io, values, host, `Joined team ${host.team} as host ${host.id}, ${host.name}.`);
    io.note('To report after each sync: report = true in /etc/aa-registry/config.toml');
    return exit.ok;
  },
});
