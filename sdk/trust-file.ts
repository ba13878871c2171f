import { resolve } from 'node:path';
import { stringify } from 'smol-toml';
import * as z from 'zod';
import {
  importPublicKey,
  isTeam,
  type LogPolicy,
  type PublicKey,
  type TeamPolicy,
} from '../trust/index.ts';
import { noteKeyBytes, parseNoteVerifier } from '../trust/log/index.ts';
import { type AllowedNames, isNamePattern } from './allowed-names.ts';
import { SdkError } from './error.ts';
import { readTextIfPresent, writeFileAtomically } from './files.ts';
import { isRoot } from './home.ts';
import { Place } from './host/tree.ts';
import { hostCommand } from './host-command.ts';
import type { Refusal } from './refusal.ts';
import { shellWord } from './shell-word.ts';
import { explainingErrors } from './system-error.ts';
import { parseToml } from './toml.ts';
import { editTeam } from './trust-edit.ts';

/** What a host accepts from a team. */
export interface TeamTrust extends TeamPolicy {
  names?: AllowedNames;
}

/** What a host trusts. */
export interface HostTrust {
  /** The default registry of the host. */
  registry: string;
  log: LogPolicy;
  teams: Map<string, TeamTrust>;
}

/** The default maximum age of a checkpoint, in hours. */
export const defaultMaxAge = 24;

/** The file's shape: `registry`, the log it keeps, and a table for each trusted team. */
const TrustFile = z.strictObject({
  registry: z.url({ protocol: /^https?$/ }),
  log: z.strictObject({
    key: z.string(),
    witnesses: z.array(z.string()).default([]),
    witness_threshold: z.int().min(0).default(0),
    maximum_age_hours: z.number().positive().default(defaultMaxAge),
  }),
  teams: z
    .record(
      z.string().refine(isTeam, 'is not a team name'),
      z.strictObject({
        keys: z.array(z.string()).min(1),
        threshold: z.int().min(1).default(1),
        names: z
          .array(
            z.string().refine(isNamePattern, 'must be the name of a profile, which may contain *'),
          )
          .max(1000)
          .optional(),
      }),
    )
    .default({}),
});

/** The trust file's place below a system's root. */
export function trustPlace(root: string): Place {
  return new Place(root, 'etc/aa-registry/trust.toml');
}

/**
 * The trust file's path. To read another system's file, use {@link readHostTrust}, which follows no link out of its
 * root.
 */
export function trustPath(root: string): string {
  return trustPlace(root).path;
}

/** What the host below `root` trusts; see {@link readTrust}. */
export function readHostTrust(root: string): Promise<HostTrust | undefined> {
  return readTrust(trustPlace(root));
}

/** Why a host has no trust, and how to create it; the hint names the registry and the teams that are known. */
export function noTrustFile(
  root: string,
  trust: string | undefined,
  known: { registry?: string | undefined; teams?: readonly string[] } = {},
): Refusal<'no-trust-file'> & { next: string } {
  const reason = `${trust ?? trustPlace(root)} does not exist`;
  const create = trustInit(known);
  const own = `Decide whom to trust with: ${hostCommand(create, { root })}`;
  const next =
    trust !== undefined
      ? `To create it: ${hostCommand(create, { root, trust })}`
      : resolve(root) === '/' && !isRoot()
        ? `${own}\nWithout root, create a file of your own and name it with --trust: aa-registry ${create} --trust FILE`
        : own;
  return { ok: false, id: 'no-trust-file', reason, next };
}

/** The command that creates a trust file, with placeholders for what is unknown. */
export function trustInit({
  registry,
  teams = [],
}: {
  registry?: string | undefined;
  teams?: readonly string[];
}): string {
  const names = [...new Set(teams)].join(' ') || 'TEAM';
  return `trust init ${names} --registry ${registry ? shellWord(registry) : 'URL'}`;
}

/** Reads a trust file; `undefined` if it does not exist. Throws {@link SdkError} if it is malformed. */
export async function readTrust(path: string | Place): Promise<HostTrust | undefined> {
  const text = await explainingErrors(() => readTextIfPresent(path));
  return text === undefined ? undefined : parseTrust(path, text);
}

/** Parses a trust file. Throws {@link SdkError} if it is malformed. */
async function parseTrust(path: string | Place, text: string): Promise<HostTrust> {
  const file = parseToml(`${path}`, text, TrustFile);
  if (!file.ok) throw new SdkError('trust-file', file.reason);
  const teams = new Map<string, TeamTrust>();
  for (const [team, { keys, threshold, names }] of Object.entries(file.value.teams)) {
    teams.set(team, { keys: await importKeys(path, team, keys), threshold, names });
    if (threshold > keys.length) {
      throw new SdkError(
        'trust-file',
        `${path}: teams.${team}: threshold is greater than the number of keys`,
      );
    }
  }
  const { registry, log } = file.value;
  return { registry, log: await importLogPolicy(path, log), teams };
}

async function importLogPolicy(
  path: string | Place,
  { key, witnesses, witness_threshold, maximum_age_hours }: z.infer<typeof TrustFile>['log'],
): Promise<LogPolicy> {
  const parse = async (text: string) => {
    const verifier = await parseNoteVerifier(text);
    if (!verifier)
      throw new SdkError('trust-file', `${path}: log: "${text}" is not a verifier key`);
    return verifier;
  };
  const policy = {
    key: await parse(key),
    witnesses: await Promise.all(witnesses.map(parse)),
    witnessThreshold: witness_threshold,
    maxAge: maximum_age_hours * 3600,
  };
  if (
    policy.key.type !== 'ed25519' ||
    policy.witnesses.some(({ type }) => type !== 'cosignature')
  ) {
    throw new SdkError(
      'trust-file',
      `${path}: log: wrong type of key: a log needs a signing key, a witness a cosigning key`,
    );
  }
  // One key under two names would count as two witnesses, and the log's own key as a witness.
  const own = noteKeyBytes(policy.key);
  const holders = new Map<string, string>();
  for (const { name, id, ...witness } of policy.witnesses) {
    const bytes = noteKeyBytes(witness);
    const before = holders.get(bytes);
    if (bytes === own) {
      throw new SdkError(
        'trust-file',
        `${path}: log: the witness ${name}+${id} has the log's own key`,
      );
    }
    if (before !== undefined) {
      const names = before === `${name}+${id}` ? `${before} twice` : `${before} and ${name}+${id}`;
      throw new SdkError('trust-file', `${path}: log: one key is listed as the witnesses ${names}`);
    }
    holders.set(bytes, `${name}+${id}`);
  }
  if (witness_threshold > policy.witnesses.length) {
    throw new SdkError('trust-file', `${path}: log: more witnesses are required than listed`);
  }
  return policy;
}

async function importKeys(
  path: string | Place,
  team: string,
  keys: string[],
): Promise<PublicKey[]> {
  const imported = await Promise.all(
    keys.map(async (text) => {
      const key = await importPublicKey(text);
      if (!key)
        throw new SdkError(
          'trust-file',
          `${path}: teams.${team}: "${text}" is not an Ed25519 public key`,
        );
      return key;
    }),
  );
  const ids = imported.map(({ keyId }) => keyId);
  const twice = ids.find((keyId, at) => ids.indexOf(keyId) !== at);
  if (twice === undefined) return imported;
  throw new SdkError(
    'trust-file',
    `${path}: teams.${team}: the key ${twice} is listed twice; remove one`,
  );
}

/** Writes a trust file atomically. */
export async function writeTrust(path: string | Place, trust: HostTrust): Promise<void> {
  await writeFileAtomically(path, formatTrust(trust), 0o644);
}

/**
 * Updates `teams` in a trust file to what `trust` says, atomically; everything else, comments included, stays. A layout
 * that can't be edited is rewritten; then returns the path of a copy of the old file.
 */
export async function changeTrust(
  path: string | Place,
  trust: HostTrust,
  teams: Iterable<string>,
): Promise<string | undefined> {
  const before = await readTextIfPresent(path);
  if (before === undefined) {
    await writeTrust(path, trust);
    return undefined;
  }
  let text: string | undefined = before;
  for (const team of teams) {
    if (text === undefined) break;
    text = await editTeam(text, team, trust.teams.get(team) ?? { keys: [], threshold: 0 });
  }
  if (text !== undefined && (await saysSame(path, text, trust))) {
    await writeFileAtomically(path, text, 0o644);
    return undefined;
  }
  const copy = path instanceof Place ? path.parent.at(`${path.name}.old`) : `${path}.old`;
  await writeFileAtomically(copy, before, 0o644);
  await writeTrust(path, trust);
  return `${copy}`;
}

async function saysSame(path: string | Place, text: string, trust: HostTrust): Promise<boolean> {
  const read = await parseTrust(path, text).catch(() => undefined);
  return read !== undefined && canonical(read) === canonical(trust);
}

/** Serialises trust, for comparison: the same trust gives the same text. */
function canonical(trust: HostTrust): string {
  const sorted = [...trust.teams]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([team, { keys, ...policy }]): [string, TeamTrust] => [
      team,
      { ...policy, keys: keys.toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1)) },
    ]);
  return formatTrust({ ...trust, teams: new Map(sorted) });
}

function formatTrust({ registry, log, teams }: HostTrust): string {
  const text = stringify({
    registry,
    log: {
      key: log.key.verifier,
      witnesses: log.witnesses.map(({ verifier }) => verifier),
      witness_threshold: log.witnessThreshold,
      maximum_age_hours: log.maxAge / 3600,
    },
    teams: Object.fromEntries(
      [...teams].map(([team, { keys, threshold, names }]) => [
        team,
        { keys: keys.map((key) => key.text), threshold, ...(names && { names }) },
      ]),
    ),
  });
  return `# The teams that this host trusts to publish AppArmor profiles.\n${text}\n`;
}
