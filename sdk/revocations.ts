import { type KeyEvidence, verifyRevocations } from '../trust/index.ts';
import { type Client, RegistryError } from './client.ts';
import { type RevokedByTeam, readRevoked, type SeenFolder, writeRevoked } from './host/seen.ts';
import { mapInParallel } from './in-parallel.ts';
import { latestCheckpoint } from './latest-checkpoint.ts';
import type { HostTrust } from './trust-file.ts';

export interface RevocationOptions {
  trust: HostTrust;
  /** What was seen of the log, and where what is new is remembered. */
  folder: SeenFolder;
  /** The teams whose keys are asked about; those that the host does not trust are left out. */
  teams: Iterable<string>;
  /** Whether to remember what is new; true when left out. */
  keep?: boolean;
  now?: Date;
}

/** The keys that are revoked, those seen before among them. */
export interface Revocations {
  revoked: RevokedByTeam;
  /** Of how many of each team's keys the registry has said and the log shown it; of the teams that were asked about. */
  counted: ReadonlyMap<string, number>;
  /** Why what the registry says of its log is not believed; then only what was seen before counts. */
  log?: { id: string; reason: string };
}

/**
 * Asks a registry which keys of teams are revoked. What its log proves is remembered for good: a registry that hides
 * it later takes nothing back. One that can't be spoken to throws (see {@link Client}).
 */
export async function learnRevocations(
  client: Client,
  { trust, folder, teams, keep = true, now = new Date() }: RevocationOptions,
): Promise<Revocations> {
  const before = await readRevoked(folder);
  const asked = [...new Set(teams)].filter((team) => trust.teams.has(team));
  const claims = await mapInParallel(asked, async (team) => {
    const keys = await keysOf(client, team);
    const claimed = keys.filter(({ revokedAt }) => revokedAt !== null);
    return { team, claimed, added: claimed.filter(({ keyId }) => !before.get(team)?.has(keyId)) };
  });
  const count = (revoked: RevokedByTeam) =>
    new Map(
      claims.map(({ team, claimed }) => [
        team,
        claimed.filter(({ keyId }) => revoked.get(team)?.has(keyId)).length,
      ]),
    );
  if (claims.every(({ added }) => added.length === 0)) {
    return { revoked: before, counted: count(before) };
  }

  // Of now, so that it has what was just said. It is not remembered: a bundle may be under an older one.
  const latest = await latestCheckpoint(client, { log: trust.log, folder, now, keep: false });
  if (!latest.ok) {
    const log = { id: latest.id, reason: latest.reason };
    return { revoked: before, counted: count(before), log };
  }
  const { checkpoint } = latest;
  const revoked = new Map(before);
  for (const { team, added } of claims) {
    const evidence = await mapInParallel(added, async (key): Promise<KeyEvidence> => {
      const { publicKey, revocationLogIndex: at } = key;
      const isThere = at !== null && at < checkpoint.size;
      const revocation = isThere ? await client.getEntryProof(at, checkpoint.size) : undefined;
      return { publicKey, revoked: true, revocation };
    });
    const proven = await verifyRevocations(team, evidence, checkpoint);
    if (keep) await writeRevoked(folder, team, proven);
    revoked.set(team, new Set([...(before.get(team) ?? []), ...proven]));
  }
  // What could not be remembered is asked for again.
  return { revoked, counted: count(keep ? await readRevoked(folder) : revoked) };
}

async function keysOf(client: Client, team: string) {
  try {
    return (await client.getTeam(team)).keys;
  } catch (error) {
    // A team that the registry does not know has no keys there.
    if (error instanceof RegistryError && error.status === 404) return [];
    throw error;
  }
}
