import { stringify } from 'smol-toml';
import * as z from 'zod';
import {
  importPublicKey,
  isTeam,
  type LogPolicy,
  type PublicKey,
  type TeamPolicy,
} from '../trust/index.ts';
import { parseNoteVerifier } from '../trust/log/index.ts';
import { writeFileAtomically } from './host/atomic.ts';
import { readFileIfPresent } from './host/read-file.ts';
import { Place } from './host/tree.ts';
import { parseToml } from './toml.ts';

/** What a host trusts, in memory. */
export interface HostTrust {
  /** The registry that hosts ask when nobody names another. */
  registry: string;
  log: LogPolicy;
  teams: Map<string, TeamPolicy>;
}

/** How old a checkpoint may be unless the operator says otherwise, in hours. */
export const defaultMaximumAge = 24;

/** The file's shape: `registry`, the log it keeps, and a table for each trusted team. */
const TrustFile = z.strictObject({
  registry: z.url({ protocol: /^https?$/ }),
  log: z.strictObject({
    key: z.string(),
    witnesses: z.array(z.string()).default([]),
    witness_threshold: z.int().min(0).default(0),
    maximum_age_hours: z.number().positive().default(defaultMaximumAge),
  }),
  teams: z
    .record(
      z.string().refine(isTeam, 'is not a team name'),
      z.strictObject({
        keys: z.array(z.string()).min(1),
        threshold: z.int().min(1).default(1),
      }),
    )
    .default({}),
});

/** The trust file's place under a system's root. */
export function trustPlace(root: string): Place {
  return new Place(root, 'etc/aa-registry/trust.toml');
}

/** Its path. Whoever reads another system's file takes {@link readHostTrust}, which follows no link out of it. */
export function trustPath(root: string): string {
  return trustPlace(root).path;
}

/** The trust file says something that can't be followed. */
export class TrustFileError extends Error {}

/** What the host below `root` trusts; see {@link readTrust}. */
export function readHostTrust(root: string): Promise<HostTrust | undefined> {
  return readTrust(trustPlace(root));
}

/** Reads a trust file; `undefined` when there is none. Throws {@link TrustFileError} when it is malformed. */
export async function readTrust(path: string | Place): Promise<HostTrust | undefined> {
  const text = await readFileIfPresent(path);
  if (text === undefined) return undefined;
  const file = parseToml(text, TrustFile);
  if (!file.ok) throw new TrustFileError(`${path}: ${file.reason}`);
  const teams = new Map<string, TeamPolicy>();
  for (const [team, { keys, threshold }] of Object.entries(file.value.teams)) {
    teams.set(team, { keys: await importKeys(path, team, keys), threshold });
    if (threshold > new Set(keys).size) {
      throw new TrustFileError(
        `${path}: teams.${team}: more signatures are asked for than keys listed`,
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
    if (!verifier) throw new TrustFileError(`${path}: log: "${text}" is no verifier key`);
    return verifier;
  };
  const policy = {
    key: await parse(key),
    witnesses: await Promise.all(witnesses.map(parse)),
    witnessThreshold: witness_threshold,
    maximumAge: maximum_age_hours * 3600,
  };
  if (
    policy.key.type !== 'ed25519' ||
    policy.witnesses.some(({ type }) => type !== 'cosignature')
  ) {
    throw new TrustFileError(
      `${path}: log: a log signs, a witness cosigns; the keys are of another type`,
    );
  }
  if (witness_threshold > new Set(policy.witnesses.map(({ id }) => id)).size) {
    throw new TrustFileError(`${path}: log: more witnesses are asked for than listed`);
  }
  return policy;
}

async function importKeys(
  path: string | Place,
  team: string,
  keys: string[],
): Promise<PublicKey[]> {
  return Promise.all(
    keys.map(async (text) => {
      const key = await importPublicKey(text);
      if (!key)
        throw new TrustFileError(`${path}: teams.${team}: "${text}" is no Ed25519 public key`);
      return key;
    }),
  );
}

/** Writes a trust file, whole or not at all. */
export async function writeTrust(
  path: string | Place,
  { registry, log, teams }: HostTrust,
): Promise<void> {
  const text = stringify({
    registry,
    log: {
      key: log.key.verifier,
      witnesses: log.witnesses.map(({ verifier }) => verifier),
      witness_threshold: log.witnessThreshold,
      maximum_age_hours: log.maximumAge / 3600,
    },
    teams: Object.fromEntries(
      [...teams].map(([team, { keys, threshold }]) => [
        team,
        { keys: keys.map((key) => key.text), threshold },
      ]),
    ),
  });
  const commented = `# Whom this host trusts to publish its AppArmor profiles.\n${text}\n`;
  await writeFileAtomically(path, commented, 0o644);
}
