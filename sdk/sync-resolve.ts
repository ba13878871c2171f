import { type Bundle, formatReference, type Reference, sha256 } from '../trust/index.ts';
import { evidenceFor } from './bundle.ts';
import { RegistryError, UnreachableError } from './client.ts';
import { hostSeenFolder, type RevokedByTeam, readRevoked } from './host/seen.ts';
import { listInstallations } from './host/state.ts';
import { readSyncState, type SyncState } from './host/sync-state.ts';
import { latestCheckpoint } from './latest-checkpoint.ts';
import type { LockedProfile } from './profiles-file.ts';
import { type Resolution, resolveAll } from './resolve/index.ts';
import { learnRevocations } from './revocations.ts';
import type { SyncOptions, SyncReport } from './sync-report.ts';

// What the wanted references of a sync resolve to, by the registry or a bundle.

/** The resolutions of the wanted references, in order, and what the registry showed besides. */
export interface Resolved {
  meanings: Resolution[] | undefined;
  state: SyncState | undefined;
  offline: SyncReport['offline'];
  log: SyncReport['log'];
  revoked: RevokedByTeam;
}

/** Resolves the references, with conditional requests where possible. */
export async function resolveOnline(options: SyncOptions): Promise<Resolved> {
  const { root, client, wanted, locked, needed = [], now = new Date() } = options;
  const { dryRun = false, isForeign = false } = options;
  const requested = [
    ...wanted.map(({ reference }, at) => atLock(reference, locked?.[at])),
    ...needed,
  ];
  const references = [...requested, ...(await othersOf(options, requested))];
  const names = references.map(formatReference);
  const saved = isForeign ? undefined : await readSyncState(root);
  const same = saved?.registry === client.registry && saved.references.join() === names.join();
  const checkedAt = saved && new Date(saved.checkedAt);
  const folder = hostSeenFolder(root, options.trust.log.key);
  try {
    const isLogOld =
      !saved || now.getTime() - Date.parse(saved.logSeenAt) > (options.trust.log.maxAge * 1000) / 2;
    const keep = !dryRun;
    const latest = isLogOld
      ? await latestCheckpoint(client, { log: options.trust.log, folder, now, keep })
      : undefined;
    const resolved =
      references.length === 0
        ? { resolutions: [], etags: [] }
        : await resolveAll(client, references, same ? saved.etags : []);
    const etags = resolved?.etags ?? saved?.etags ?? [];
    const meanings = resolved?.resolutions ?? saved?.meanings ?? [];
    const { trust } = options;
    const counted = saved?.revokedKeys;
    const teams = teamsWithNews(references, meanings, counted);
    const learned = await learnRevocations(client, { trust, folder, teams, keep, now });
    const log = latest?.ok === false ? { id: latest.id, reason: latest.reason } : learned.log;
    const logSeenAt = isLogOld && !log && !dryRun ? now.toISOString() : saved?.logSeenAt;
    const state = {
      registry: client.registry,
      references: names,
      meanings,
      etags,
      checkedAt: now.toISOString(),
      // An old time, so that the next run asks again.
      logSeenAt: logSeenAt ?? new Date(0).toISOString(),
      revokedKeys: { ...counted, ...Object.fromEntries(learned.counted) },
    };
    return { meanings, state, offline: undefined, log, revoked: learned.revoked };
  } catch (error) {
    if (!(error instanceof UnreachableError || error instanceof RegistryError)) throw error;
    const { message } = error;
    return {
      meanings: undefined,
      state: undefined,
      offline: { reason: message, checkedAt },
      log: undefined,
      revoked: await readRevoked(folder),
    };
  }
}

/** Resolves the references in a bundle, which has no channels and no yanked versions. */
export async function resolveInBundle(
  { root, trust, wanted, locked, needed = [] }: SyncOptions,
  bundle: Bundle,
): Promise<Resolved> {
  const meanings: Resolution[] = [];
  const requested = [
    ...wanted.map(({ reference }, at) => atLock(reference, locked?.[at])),
    ...needed,
  ];
  for (const exact of requested) {
    const evidence = await evidenceFor(bundle, exact, 0);
    if (evidence) {
      const digest = await sha256(evidence.profile);
      const { version } = evidence;
      meanings.push({
        ok: true,
        version,
        digest,
        yanked: undefined,
        deprecated: undefined,
        revokedKeys: undefined,
      });
    } else {
      const why = exact.selector.kind === 'channel' ? ', which has no channels' : '';
      meanings.push({ ok: false, id: undefined, reason: `it is not in the bundle${why}` });
    }
  }
  const revoked = await readRevoked(hostSeenFolder(root, trust.log.key));
  return { meanings, state: undefined, offline: undefined, log: undefined, revoked };
}

/** The reference to resolve: the locked version if there is one. */
function atLock(reference: Reference, lock: LockedProfile | undefined): Reference {
  return lock ? { ...reference, selector: { kind: 'version', version: lock.version } } : reference;
}

/** One installed profile of each team without wanted ones: the response says whether its keys were revoked. */
async function othersOf(
  { root, trust }: SyncOptions,
  requested: readonly Reference[],
): Promise<Reference[]> {
  const teams = new Set(requested.map(({ team }) => team));
  const others: Reference[] = [];
  for (const { team, name, version } of await listInstallations(root)) {
    if (teams.has(team) || !trust.teams.has(team)) continue;
    teams.add(team);
    others.push({ team, name, selector: { kind: 'version', version } });
  }
  return others;
}

/**
 * The teams for which the registry lists more revoked keys than it proved last time, or lists nothing. Stored
 * revocation files don't count: they may be for keys that no team has.
 */
function teamsWithNews(
  references: readonly Reference[],
  meanings: readonly Resolution[],
  counted: Readonly<Record<string, number>> = {},
): string[] {
  const counts = new Map<string, number | undefined>();
  for (const [at, { team }] of references.entries()) {
    const meaning = meanings[at];
    const count = meaning?.ok ? meaning.revokedKeys : undefined;
    counts.set(team, count ?? counts.get(team));
  }
  return [...counts].flatMap(([team, count]) =>
    count === undefined || count > (counted[team] ?? -1) ? [team] : [],
  );
}

/** Replaces resolutions by the locked versions; the registry only says whether they were yanked. */
export function lockedMeaning(
  { version, digest }: LockedProfile,
  meaning: Resolution | undefined,
): Resolution {
  return {
    ok: true,
    version,
    digest,
    yanked: meaning?.ok ? meaning.yanked : undefined,
    deprecated: meaning?.ok ? meaning.deprecated : undefined,
    revokedKeys: undefined,
  };
}
