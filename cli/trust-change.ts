import { resolve } from 'node:path';
import { describeNames } from '../sdk/allowed-names.ts';
import type { Client } from '../sdk/client.ts';
import { isRoot } from '../sdk/home.ts';
import { findUnsafe } from '../sdk/host/root.ts';
import { type SeenFolder, seenFolder } from '../sdk/host/seen.ts';
import type { Place } from '../sdk/host/tree.ts';
import { type AdvisedHost, hostCommand } from '../sdk/host-command.ts';
import { latestCheckpoint } from '../sdk/latest-checkpoint.ts';
import {
  changeTrust,
  type HostTrust,
  readTrust,
  type TeamTrust,
  trustPlace,
} from '../sdk/trust-file.ts';
import {
  type Checkpoint,
  importPublicKey,
  isKeyLogged,
  isTeam,
  type LogPolicy,
  type PublicKey,
  type TeamPolicy,
  verifyEndorsement,
} from '../trust/index.ts';
import { CliError, exit } from './framework/command.ts';
import { formatOption, printResult } from './framework/format.ts';
import { alone } from './host-events.ts';
import { requireTrust, trustOption } from './host-trust.ts';
import { rootOf, rootOption } from './target.ts';
import type { Io } from './terminal/io.ts';
import { confirm } from './terminal/prompt.ts';

/** The options of commands that change the trust file. */
export const changeOptions = {
  format: formatOption,
  root: rootOption,
  trust: trustOption,
  yes: {
    type: 'boolean',
    short: 'y',
    description: 'Skip the confirmation; compare the key ids first',
  },
} as const;

interface ChangeValues {
  format?: 'text' | 'json';
  root?: string;
  trust?: string;
  yes?: boolean;
}

/** The trust file that a command writes. */
export interface TrustTarget {
  root: string;
  path: string | Place;
  /** Whether it is not the host's own file: then nothing of the host is written. */
  isForeign: boolean;
}

/** The trust file to change, and its content. */
export interface OpenTrust extends TrustTarget {
  trust: HostTrust;
}

/** The trust file that these options name. Throws if it may not be changed. */
export function openTarget(values: Pick<ChangeValues, 'root' | 'trust'>): TrustTarget {
  const root = rootOf(values.root);
  if (values.trust === '') throw new CliError(exit.usage, '--trust is empty.');
  const own = trustPlace(root);
  if (values.trust !== undefined && resolve(values.trust) !== own.path) {
    return { root, path: values.trust, isForeign: true };
  }
  const unsafe = findUnsafe(root);
  if (unsafe)
    throw new CliError(exit.unable, `Nothing was changed: ${unsafe.message}.`, unsafe.next);
  if (root === '/' && !isRoot()) {
    throw new CliError(
      exit.unable,
      `Writing ${own} requires root.`,
      'Use sudo, or write a file of your own with --trust FILE.',
    );
  }
  return { root, path: own, isForeign: false };
}

/** Opens the trust file. Throws if it does not exist or may not be changed. */
export async function openTrust(values: ChangeValues): Promise<OpenTrust> {
  const target = openTarget(values);
  return { ...target, trust: await requireTrust(values, target.root) };
}

/** Runs `work`, which writes the trust file; under the host's lock if it is the host's. */
export function whileAlone<Result>(
  io: Io,
  { root, isForeign }: TrustTarget,
  work: () => Promise<Result>,
): Promise<Result> {
  return isForeign ? work() : alone(io, root, work);
}

export function requireTeam(text: string): string {
  if (isTeam(text)) return text;
  throw new CliError(exit.usage, `"${text}" is not a valid team name.`);
}

/** A key that the registry lists for a team and its log includes. */
export interface ShownKey {
  key: PublicKey;
  label: string;
  revoked: boolean;
  /** Whether as many trusted keys have endorsed it as the team's threshold requires. */
  vouched: boolean;
}

/** The latest checkpoint of a registry's log. Throws unless the log extends what `folder` has of it. */
export async function requireCheckpoint(
  client: Client,
  log: LogPolicy,
  folder: SeenFolder,
): Promise<Checkpoint> {
  const latest = await latestCheckpoint(client, { log, folder, now: new Date(), keep: false });
  if (latest.ok) return latest.checkpoint;
  const { id, reason } = latest;
  throw new CliError(exit.refused, `Refused: ${reason} [${id}].`, undefined, id);
}

/** The keys of a team that the registry lists. Throws if one of them is not in the log that this host trusts. */
export async function fetchTeamKeys(
  client: Client,
  { root, trust, isForeign }: OpenTrust,
  team: string,
  env: NodeJS.ProcessEnv,
): Promise<ShownKey[]> {
  const { keys } = await client.getTeam(team);
  const folder = seenFolder(env, root, trust.log.key, { isForeign });
  const checkpoint = await requireCheckpoint(client, trust.log, folder);
  const policy = trust.teams.get(team);
  const revoked = new Set(keys.flatMap((one) => (one.revokedAt === null ? [] : [one.keyId])));
  const good = policy?.keys.filter(({ keyId }) => !revoked.has(keyId)) ?? [];
  const shown = new Map<string, ShownKey>();
  for (const { publicKey, label, endorsement, logIndex, revokedAt } of keys) {
    const key = await importPublicKey(publicKey);
    if (!key) continue;
    await requireLogged(client, team, key, logIndex, checkpoint);
    const claim = endorsement && { team, key, endorsement };
    const endorsed =
      claim && policy ? await verifyEndorsement(claim, { ...policy, keys: good }) : undefined;
    const vouched = endorsed?.ok === true;
    shown.set(key.keyId, { key, label, revoked: revokedAt !== null, vouched });
  }
  return [...shown.values()];
}

async function requireLogged(
  client: Client,
  team: string,
  { keyId }: PublicKey,
  index: number,
  checkpoint: Checkpoint,
): Promise<void> {
  const proof =
    index < checkpoint.size ? await client.getEntryProof(index, checkpoint.size) : undefined;
  if (proof && (await isKeyLogged(team, keyId, proof, checkpoint))) return;
  const reason = `the log has no entry for the key ${keyId}, which the registry lists for team ${team}`;
  throw new CliError(exit.refused, `Refused: ${reason} [entry-not-in-log].`);
}

/** The new state of a team. */
export interface TeamChange {
  team: string;
  after: TeamTrust | undefined;
  /** A note about a key, by its id. */
  notes?: ReadonlyMap<string, string>;
}

/** Shows the changes, asks for confirmation, and writes them. Returns the exit code. */
export async function changeTeams(
  io: Io,
  values: ChangeValues,
  opened: OpenTrust,
  changes: readonly TeamChange[],
): Promise<number> {
  const { path, trust } = opened;
  const say = values.format === 'json' ? io.note : io.print;
  const items = changes.map(({ team, after }) =>
    describeChange(team, trust.teams.get(team), after),
  );
  const changed = items.filter(({ added, removed }) => added.length + removed.length > 0);
  for (const [at, { team, notes, after }] of changes.entries()) {
    const item = items[at];
    if (!item) continue;
    say(`Team ${team} of ${trust.registry}:`);
    for (const keyId of new Set([...item.before, ...item.after])) {
      const mark = item.added.includes(keyId) ? '+' : item.removed.includes(keyId) ? '-' : ' ';
      const note = notes?.get(keyId);
      say(`  ${mark} ${keyId}${note === undefined ? '' : `  ${note}`}`);
    }
    if (after) say(`  A package may define ${describeNames(after.names)}.`);
    if (after === undefined)
      say('  It would no longer be trusted: its profiles can’t be installed or repaired.');
    else requireEnough(team, after, values);
  }
  if (changed.length === 0) {
    printResult(io, values, { file: path, changed: false, items }, `${path} is up to date.`);
    return exit.ok;
  }
  if (!values.yes) await confirmKeys(io, 'Apply these changes?');
  const names = changed.map(({ team }) => team);
  await whileAlone(io, opened, () =>
    writeTeams(io, path, names, (now) => {
      const same = changed.every(
        ({ team, before }) => idsOf(now?.teams.get(team)).join() === before.join(),
      );
      if (!now || !same || now.log.key.verifier !== trust.log.key.verifier) return undefined;
      const teams = new Map(now.teams);
      for (const { team, after } of changes) {
        if (after) teams.set(team, after);
        else teams.delete(team);
      }
      return { ...now, teams };
    }),
  );
  printResult(io, values, { file: path, changed: true, items }, `Wrote ${path}.`);
  return exit.ok;
}

/** Asks to confirm the keys that were shown. Throws if there is no terminal, or the answer is no. */
export async function confirmKeys(io: Io, question: string): Promise<void> {
  if (!io.stdin.isTTY) {
    throw new CliError(
      exit.usage,
      'Nothing was written: there is no terminal to confirm on. Compare the key ids, then add --yes.',
    );
  }
  if (!(await confirm(io, question))) throw new CliError(exit.failed, 'Nothing was written.');
}

/**
 * Updates `teams` in a trust file to what `change` makes of its current content, which it returns. Throws if `change`
 * returns undefined: the file was changed while the keys were compared, and such changes are not overwritten.
 */
export async function writeTeams(
  io: Io,
  path: string | Place,
  teams: Iterable<string>,
  change: (now: HostTrust | undefined) => HostTrust | undefined,
): Promise<HostTrust | undefined> {
  const now = await readTrust(path);
  const trust = change(now);
  if (!trust) {
    throw new CliError(exit.failed, `Nothing was written: ${path} was changed in the meantime.`);
  }
  const copy = await changeTrust(path, trust, teams);
  if (copy !== undefined) io.note(`${path} was rewritten; the previous file is ${copy}.`);
  return now;
}

function describeChange(team: string, policy: TeamTrust | undefined, after: TeamTrust | undefined) {
  const before = idsOf(policy);
  const ids = idsOf(after);
  return {
    team,
    before,
    after: ids,
    added: ids.filter((keyId) => !before.includes(keyId)),
    removed: before.filter((keyId) => !ids.includes(keyId)),
    threshold: after?.threshold ?? null,
    names: after?.names ?? null,
  };
}

function requireEnough(team: string, { keys, threshold }: TeamPolicy, host: AdvisedHost): void {
  if (keys.length >= threshold) return;
  if (keys.length === 0) {
    throw new CliError(
      exit.failed,
      `Nothing was written: no key of team ${team} would be left.`,
      `Once the team has a new key, add it first. To stop trusting the team: ${hostCommand(`trust remove ${team}`, host)}`,
    );
  }
  throw new CliError(
    exit.failed,
    `Nothing was written: team ${team} needs ${threshold} signatures, and ${keys.length} keys would be left.`,
    'Add another key first, or change its threshold in the trust file.',
  );
}

function idsOf(policy: TeamPolicy | undefined): string[] {
  return policy?.keys.map(({ keyId }) => keyId) ?? [];
}
