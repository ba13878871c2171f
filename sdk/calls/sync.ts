import type { TargetRefusal } from '../host/install.ts';
import { readSeen } from '../host/seen.ts';
import type { Place } from '../host/tree.ts';
import {
  type Lock,
  lockedVersions,
  lockPath,
  profilesPlace,
  readLock,
  readProfiles,
  type WantedProfile,
} from '../profiles-file.ts';
import type { Refusal } from '../refusal.ts';
import { syncHost } from '../sync.ts';
import type { SyncReport } from '../sync-report.ts';
import { explainingErrors } from '../system-error.ts';
import {
  change,
  currentView,
  type HostEvent,
  type HostOptions,
  type NoRootRefusal,
  type NoTrustRefusal,
  openHost,
} from './context.ts';
import { openBundle } from './prove.ts';

export type SyncEvent = HostEvent;

export interface SyncOptions extends HostOptions<SyncEvent> {
  /** The path of the file that lists the wanted profiles; default `etc/aa-registry/profiles.toml` below the root. */
  profiles?: string | undefined;
  /** The path of a bundle to read the profiles from instead of the registry. */
  bundle?: string | undefined;
  /** With a bundle: do not ask the registry for revocations after it was made. */
  offline?: boolean | undefined;
  /** Fetch and verify, but change nothing. */
  dryRun?: boolean | undefined;
}

/** The result of a sync, profile by profile. */
export interface Synced extends SyncReport {
  /** The sync ran; see `verdict` for the state of the host. */
  ok: true;
  /**
   * The worst result: `refused`, verification of a profile failed; `untrusted`, an installed profile can no longer be
   * verified; `offline`, the registry could not be reached; `failed`, another step failed; `waiting`, an update waits
   * for approval.
   */
  verdict: 'ok' | 'refused' | 'untrusted' | 'offline' | 'failed' | 'waiting';
  /** The registry's address. */
  registry: string;
  /** The number of wanted profiles. */
  wanted: number;
  /** The size of the log seen before. */
  seen: number | undefined;
  /** The path of the lock file that pins the versions, if there is one. */
  lockFile: string | undefined;
}

export type SyncRefusal =
  | TargetRefusal
  | NoRootRefusal
  | NoTrustRefusal
  | Refusal<'no-profiles-file'>;

/**
 * Brings a host to the state that its profiles.toml describes: installs, updates, repairs, and removes what an earlier
 * sync installed. Uses exactly the versions of a profiles.lock.toml beside it, if there is one. Throws an {@link
 * SdkError} if one of these files is malformed.
 */
export async function sync(options: SyncOptions = {}): Promise<Synced | SyncRefusal> {
  return explainingErrors(() => syncWith(options));
}

async function syncWith(options: SyncOptions): Promise<Synced | SyncRefusal> {
  const { dryRun = false, offline = false } = options;
  const opened = await openHost(options, { change: true });
  if (!opened.ok) return opened;
  const { host } = opened;
  const { root, trust, choice } = host;
  const path = options.profiles ?? profilesPlace(root);
  const wanted = await readProfiles(path);
  if (!wanted) return { ok: false, id: 'no-profiles-file', reason: `${path} does not exist` };
  const lock = await readLockFor(path, wanted);
  const locked = lock?.profiles;
  const lockFile = lock && `${lockPath(path)}`;
  const bundle = options.bundle === undefined ? undefined : await openBundle(options.bundle);
  const client = await host.connect({ brief: bundle !== undefined });
  // A bundle may be older than a revocation.
  if (bundle && !offline && !dryRun) await currentView(host, trust.teams.keys());
  // For a root whose own trust file is not used, its records are not trusted either.
  const isForeign = options.trust !== undefined;
  const seen = (await readSeen(host.folder))?.size;
  const run = () =>
    syncHost({
      ...{ root, trust, choice, client, bundle, wanted, dryRun, isForeign },
      locked,
      lock,
    });
  const report = dryRun ? await run() : await change(root, { ...options, trust }, run);
  return {
    ok: true,
    verdict: verdictOf(report),
    registry: client.registry,
    wanted: wanted.length,
    seen,
    lockFile,
    ...report,
  };
}

function verdictOf({ outcomes, offline, log, untrusted }: SyncReport): Synced['verdict'] {
  const failures = outcomes.flatMap(({ result }) => (result.ok ? [] : [result]));
  if (log || failures.some(({ isRefusal }) => isRefusal)) return 'refused';
  if (untrusted.length > 0) return 'untrusted';
  if (offline) return 'offline';
  if (failures.some(({ waiting }) => !waiting)) return 'failed';
  return failures.length > 0 ? 'waiting' : 'ok';
}

/** The locked versions of the wanted profiles, if there is a lock file. */
async function readLockFor(
  path: string | Place,
  wanted: readonly WantedProfile[],
): Promise<Lock | undefined> {
  const file = lockPath(path);
  const lock = await readLock(file);
  return lock && { ...lock, profiles: lockedVersions(file, wanted, lock.profiles) };
}
