import { defaultTeam, importPublicKey, isTeam, type PublicKey } from '../../../trust/index.ts';
import { readTrust, trustPath, writeTrust } from '../../trust-file.ts';
import { CliError, defineCommand, exit } from '../command.ts';
import { confirm } from '../prompt.ts';
import { openSession, registryOption } from '../session.ts';
import { rootOption } from '../target.ts';

export const trustInit = defineCommand({
  name: 'trust init',
  summary: 'Trust the publisher keys of a team, on first contact',
  usage: '[TEAM…]',
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  options: {
    registry: registryOption,
    root: rootOption,
    yes: {
      type: 'boolean',
      short: 'y',
      description: 'Do not ask: the key ids were compared elsewhere',
    },
  },
  details:
    `Fetches the keys of each TEAM (default ${defaultTeam}), shows their ids to be compared with what the team\n` +
    'says they are, and writes /etc/aa-registry/trust.toml. A team that is there already is left as it is.',
  examples: ['sudo aa-registry trust init --registry https://profiles.example.org'],
  async run({ values, args, io }) {
    const path = trustPath(values.root ?? '/');
    const before = await readTrust(path);
    const client = await openSession(io, values.registry, before?.registry);
    if (before && before.registry !== client.registry) {
      throw new CliError(
        exit.failed,
        `${path} is for ${before.registry}; edit it by hand to change the registry.`,
      );
    }
    const teams = new Map(before?.teams);
    const added: string[] = [];
    for (const team of args.length > 0 ? args : [defaultTeam]) {
      if (!isTeam(team)) throw new CliError(exit.usage, `"${team}" is not a team name.`);
      if (teams.has(team)) {
        io.tell(`Team ${team} is trusted already; nothing changes for it.`);
        continue;
      }
      const keys = await fetchKeys(await client.getTeam(team));
      if (keys.length === 0) throw new CliError(exit.failed, `Team ${team} has no keys to trust.`);
      io.print(`Team ${team} of ${client.registry} publishes with:`);
      for (const { keyId } of keys) io.print(`  ${keyId}`);
      teams.set(team, { keys, threshold: 1 });
      added.push(team);
    }
    if (added.length === 0) return exit.ok;
    if (!values.yes) {
      if (!io.stdin.isTTY) {
        throw new CliError(exit.usage, 'Nothing was written: compare the key ids, then add --yes.');
      }
      if (!(await confirm(io, 'Are these the keys that the team told you?'))) {
        throw new CliError(exit.failed, 'Nothing was written.');
      }
    }
    await writeTrust(path, { registry: client.registry, teams });
    io.print(`Wrote ${path}: this host now trusts ${added.join(', ')}.`);
    return exit.ok;
  },
});

async function fetchKeys({ keys }: { keys: { publicKey: string }[] }): Promise<PublicKey[]> {
  const imported = await Promise.all(keys.map(({ publicKey }) => importPublicKey(publicKey)));
  return imported.filter((key) => key !== undefined);
}
