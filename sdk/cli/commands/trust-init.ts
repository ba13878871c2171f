import {
  defaultTeam,
  importPublicKey,
  isTeam,
  type LogPolicy,
  type PublicKey,
  verifyLog,
} from '../../../trust/index.ts';
import { parseNoteVerifier } from '../../../trust/log/index.ts';
import type { Team } from '../../../worker/api/schema/index.ts';
import type { Client } from '../../client.ts';
import { findEscape } from '../../host/root.ts';
import { hostSeenFolder, writeSeen } from '../../host/seen.ts';
import { defaultMaximumAge, readTrust, trustPath, writeTrust } from '../../trust-file.ts';
import { CliError, defineCommand, exit } from '../command.ts';
import { confirm } from '../prompt.ts';
import { openSession, registryOption } from '../session.ts';
import { rootOf, rootOption } from '../target.ts';

export const trustInit = defineCommand({
  name: 'trust init',
  summary: 'Trust a registry’s log and a team’s keys, on first contact',
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
    const root = rootOf(values.root);
    const away = await findEscape(root);
    if (away !== undefined) {
      throw new CliError(exit.unable, `Nothing was changed: ${away} leads out of ${root}.`);
    }
    const path = trustPath(root);
    if (root === '/' && process.getuid?.() !== 0) {
      throw new CliError(exit.unable, `Nothing was asked: writing ${path} needs root.`);
    }
    const before = await readTrust(path);
    const client = await openSession(io, values.registry, before?.registry);
    if (before && before.registry !== client.registry) {
      throw new CliError(
        exit.failed,
        `${path} is for ${before.registry}; edit it by hand to change the registry.`,
      );
    }
    const log = before?.log ?? (await fetchLogPolicy(client));
    if (!before) {
      io.print(`The log of ${client.registry} signs with:`);
      io.print(`  ${log.key.verifier}`);
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
    // What answers must be that log already, and from here on it may only grow.
    const seen = hostSeenFolder(root, log.key);
    const checkpoint = await client.getCheckpoint();
    const view = { checkpoint, consistency: [] };
    const first = await verifyLog(view, { log, seen: undefined, now: new Date() });
    if (!first.ok) throw new CliError(exit.refused, `Refused: ${first.reason} [${first.id}].`);
    if (!values.yes) {
      if (!io.stdin.isTTY) {
        throw new CliError(exit.usage, 'Nothing was written: compare the key ids, then add --yes.');
      }
      if (!(await confirm(io, 'Are these the keys that the team told you?'))) {
        throw new CliError(exit.failed, 'Nothing was written.');
      }
    }
    await writeTrust(path, { registry: client.registry, log, teams });
    if (!before) await writeSeen(seen, first.checkpoint);
    io.print(`Wrote ${path}: this host now trusts ${added.join(', ')}.`);
    return exit.ok;
  },
});

/** The registry's log with the defaults that an operator may edit: no witness, a day's age. */
async function fetchLogPolicy(client: Client): Promise<LogPolicy> {
  const key = await parseNoteVerifier(await client.getLogVerifier());
  if (key?.type !== 'ed25519') {
    throw new CliError(exit.refused, `Refused: ${client.registry} shows no log key.`);
  }
  return { key, witnesses: [], witnessThreshold: 0, maximumAge: defaultMaximumAge * 3600 };
}

async function fetchKeys({ keys }: Team): Promise<PublicKey[]> {
  const good = keys.filter(({ revokedAt }) => revokedAt === null);
  const imported = await Promise.all(good.map(({ publicKey }) => importPublicKey(publicKey)));
  return imported.filter((key) => key !== undefined);
}
