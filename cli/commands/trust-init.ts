import type { Team } from '../../contract/index.ts';
import { describeNames } from '../../sdk/allowed-names.ts';
import type { Client } from '../../sdk/client.ts';
import { hostSeenFolder, seenFolder, writeSeen } from '../../sdk/host/seen.ts';
import { hostCommand } from '../../sdk/host-command.ts';
import { shellWord } from '../../sdk/shell-word.ts';
import { defaultMaxAge, readTrust } from '../../sdk/trust-file.ts';
import {
  defaultTeam,
  importPublicKey,
  isTeam,
  type LogPolicy,
  type PublicKey,
  type TeamPolicy,
} from '../../trust/index.ts';
import { parseNoteVerifier } from '../../trust/log/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult, toJson } from '../framework/format.ts';
import { trustOption } from '../host-trust.ts';
import { openSession, registryOptions } from '../session.ts';
import { requireRoot, rootOption } from '../target.ts';
import {
  confirmKeys,
  openTarget,
  requireCheckpoint,
  whileAlone,
  writeTeams,
} from '../trust-change.ts';

export const trustInit = defineCommand({
  name: 'trust init',
  summary: 'Trust a registry’s log and a team’s keys, on first contact',
  args: [{ name: 'TEAM', optional: true, repeated: true }],
  options: {
    format: formatOption,
    ...registryOptions,
    root: rootOption,
    trust: trustOption,
    yes: {
      type: 'boolean',
      short: 'y',
      description: 'Skip the confirmation; compare the key ids first',
    },
  },
  details:
    `Fetches the keys of each TEAM (default ${defaultTeam}), shows their ids and asks for confirmation, then writes ` +
    '/etc/aa-registry/trust.toml. Compare the ids with those that the team publishes. Teams that are ' +
    'already in the file do not change. With --trust FILE, writes only that file, without root; ' +
    '"verify", "can", "diff", "summary" and "bundle" read it with the same option.',
  examples: [
    'sudo aa-registry trust init --registry https://profiles.example.org',
    'aa-registry trust init acme --registry https://profiles.example.org --trust ./trust.toml',
  ],
  async run({ values, args, io }) {
    const teams = args.length > 0 ? args : [defaultTeam];
    const wrong = teams.find((team) => !isTeam(team));
    if (wrong !== undefined) throw new CliError(exit.usage, `"${wrong}" is not a valid team name.`);
    const root = await requireRoot(values.root);
    const target = openTarget(values);
    const { path, isForeign } = target;
    const before = await readTrust(path);
    const client = await openSession(io, values, before?.registry);
    if (before && before.registry !== client.registry) {
      throw new CliError(
        exit.failed,
        `${path} is for ${before.registry}; edit it by hand to change the registry.`,
      );
    }
    const log = before?.log ?? (await fetchLogPolicy(client));
    // Not part of the output, which with --format json is one object.
    const say = values.format === 'json' ? io.note : io.print;
    const added = new Map<string, TeamPolicy>();
    for (const team of teams) {
      if (before?.teams.has(team)) {
        io.note(
          `Team ${team} is already trusted and does not change. To update its keys: ${hostCommand(`trust update ${team}`, values)}`,
        );
        continue;
      }
      const keys = await fetchKeys(await client.getTeam(team));
      if (keys.length === 0) throw new CliError(exit.failed, `Team ${team} has no keys to trust.`);
      added.set(team, { keys, threshold: 1 });
    }
    if (before && added.size === 0) {
      if (values.format === 'json') io.print(toJson({ file: `${path}`, added: [] }));
      return exit.ok;
    }
    if (!before) {
      say(`The log of ${client.registry} signs with:`);
      say(`  ${log.key.verifier}`);
    }
    for (const [team, { keys }] of added) {
      say(`Team ${team} of ${client.registry} publishes with:`);
      for (const { keyId } of keys) say(`  ${keyId}`);
      say(`  A package may define ${describeNames(undefined)}.`);
    }
    // The registry must already prove this log, and that it extends what this host has seen of it.
    const seen = isForeign
      ? seenFolder(io.env, root, log.key, { isForeign })
      : hostSeenFolder(root, log.key);
    const checkpoint = await requireCheckpoint(client, log, seen);
    if (!values.yes) await confirmKeys(io, 'Do these match the keys you received from the team?');
    await whileAlone(io, target, async () => {
      const { registry } = client;
      const now = await writeTeams(io, path, added.keys(), (file) => {
        const isOther =
          file && (file.registry !== registry || file.log.key.verifier !== log.key.verifier);
        if (isOther) return undefined;
        const all = new Map([...added, ...(file?.teams ?? [])]);
        return { registry, log: file?.log ?? log, teams: all };
      });
      if (!now) await writeSeen(seen, checkpoint);
    });
    const names = [...added.keys()];
    printResult(
      io,
      values,
      { file: `${path}`, added: names },
      isForeign
        ? `Wrote ${path}, which trusts ${names.join(', ')}. Commands read it with --trust ${shellWord(`${path}`)}.`
        : `Wrote ${path}: this host now trusts ${names.join(', ')}.`,
    );
    return exit.ok;
  },
});

/** The registry's log, with defaults that an operator may edit: no witness, a maximum age of one day. */
async function fetchLogPolicy(client: Client): Promise<LogPolicy> {
  const key = await parseNoteVerifier(await client.getLogVerifier());
  if (key?.type !== 'ed25519') {
    throw new CliError(exit.refused, `Refused: ${client.registry} does not publish a log key.`);
  }
  return { key, witnesses: [], witnessThreshold: 0, maxAge: defaultMaxAge * 3600 };
}

async function fetchKeys({ keys }: Team): Promise<PublicKey[]> {
  const good = keys.filter(({ revokedAt }) => revokedAt === null);
  const imported = await Promise.all(good.map(({ publicKey }) => importPublicKey(publicKey)));
  const found = imported.filter((key) => key !== undefined);
  // The registry may list a key twice.
  return [...new Map(found.map((key) => [key.keyId, key])).values()];
}
