import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'smol-toml';
import * as z from 'zod';
import { importPublicKey, isTeam, type PublicKey, type TeamPolicy } from '../trust/index.ts';
import { writeFileAtomically } from './host/atomic.ts';

/** What a host trusts, in memory. */
export interface HostTrust {
  /** The registry that hosts ask when nobody names another. */
  registry: string;
  teams: Map<string, TeamPolicy>;
}

/** The file's shape: `registry`, and a table for each trusted team. */
const TrustFile = z.strictObject({
  registry: z.url({ protocol: /^https?$/ }),
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
export function trustPath(root: string): string {
  return join(root, 'etc/aa-registry/trust.toml');
}

/** The trust file says something that can't be followed. */
export class TrustFileError extends Error {}

/** Reads a trust file; `undefined` when there is none. Throws {@link TrustFileError} when it is malformed. */
export async function readTrust(path: string): Promise<HostTrust | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new TrustFileError(`${path} is not TOML: ${(error as Error).message}`);
  }
  const file = TrustFile.safeParse(document);
  if (!file.success) {
    const [issue] = file.error.issues;
    throw new TrustFileError(`${path}: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const teams = new Map<string, TeamPolicy>();
  for (const [team, { keys, threshold }] of Object.entries(file.data.teams)) {
    teams.set(team, { keys: await importKeys(path, team, keys), threshold });
    if (threshold > new Set(keys).size) {
      throw new TrustFileError(
        `${path}: teams.${team}: more signatures are asked for than keys listed`,
      );
    }
  }
  return { registry: file.data.registry, teams };
}

async function importKeys(path: string, team: string, keys: string[]): Promise<PublicKey[]> {
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
export async function writeTrust(path: string, { registry, teams }: HostTrust): Promise<void> {
  const text = stringify({
    registry,
    teams: Object.fromEntries(
      [...teams].map(([team, { keys, threshold }]) => [
        team,
        { keys: keys.map((key) => key.text), threshold },
      ]),
    ),
  });
  await writeFileAtomically(
    path,
    `# Which keys this host trusts to publish its AppArmor profiles.\n${text}\n`,
    0o644,
  );
}
