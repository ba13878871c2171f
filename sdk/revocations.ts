import { type KeyEvidence, verifyRevocations } from '../trust/index.ts';
import { type Client, RegistryError } from './client.ts';
import { type RevokedByTeam, readRevoked, type SeenFolder, writeRevoked } from './host/seen.ts';
import { mapInParallel } from './in-parallel.ts';
import { latestCheckpoint } from './latest-checkpoint.ts';
import type { HostTrust } from './trust-file.ts';

export interface RevocationOptions {
  trust: HostTrust;
  /** Where revocations seen in the log are stored. */
  folder: SeenFolder;
  /** The teams whose keys to check; teams that the host does not trust are skipped. */
  teams: Iterable<string>;
  /** Whether to remember new revocations; default true. */
  keep?: boolean;
  now?: Date;
}

/** All known revoked keys, including those seen before. */
export interface Revocations {
  revoked: RevokedByTeam;
  /** The number of revoked keys per requested team that the registry lists and the log proves. */
  counted: ReadonlyMap<string, number>;
  /** Why the registry's log was refused; then only revocations seen before count. */
  log?: { id: string; reason: string };
}

/**
 * Asks a registry which keys of teams are revoked. Revocations proved by its log are remembered permanently, so that a
 * registry can't hide one later. Throws if the registry can't be reached (see {@link Client}).
 */
export async function learnRevocations(
  client: Client,
  { trust, folder, teams, keep = true, now = new Date() }: RevocationOptions,
): Promise<Revocations> {
  const before = await readRevoked(folder);
  const requested = [...new Set(teams)].filter((team) => trust.teams.has(team));
  const claims = await mapInParallel(requested, async (team) => {
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

  // The current checkpoint, so that it includes the keys just listed. It is not remembered, since a bundle may be under
  // an older one.
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
  // Revocations that could not be stored are requested again.
  return { revoked, counted: count(keep ? await readRevoked(folder) : revoked) };
}

async function keysOf(client: Client, team: string) {
  try {
    return (await client.getTeam(team)).keys;
  } catch (error) {
    // A team unknown to the registry has no keys there.
    if (error instanceof RegistryError && error.status === 404) return [];
    throw error;
  }
}
