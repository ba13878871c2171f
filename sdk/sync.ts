import { formatReference, type Reference, sha256 } from '../trust/index.ts';
import { type Bundle, evidenceFor } from './bundle.ts';
import { type Client, RegistryError, UnreachableError } from './client.ts';
import { detectDrift } from './host/drift.ts';
import { install } from './host/install.ts';
import { type LoadedProfile, readPolicy } from './host/kernel.ts';
import { reinstall } from './host/reinstall.ts';
import { remove } from './host/remove.ts';
import {
  hostSeenFolder,
  type RevokedByTeam,
  readRevoked,
  readSeen,
  type SeenFolder,
  writeRevoked,
  writeSeen,
} from './host/seen.ts';
import { type Installation, listInstallations } from './host/state.ts';
import { verifyStored } from './host/store.ts';
import { readSyncState, type SyncState, writeSyncState } from './host/sync-state.ts';
import { checkTrust, lacksKeys, type TrustCheck } from './host/trust-check.ts';
import { latestCheckpoint } from './latest-checkpoint.ts';
import { type LockedProfile, unlisted, type WantedProfile } from './profiles-file.ts';
import {
  fetchEvidence,
  type Resolution,
  resolveAll,
  type VerifiedProfile,
  verifyEvidence,
} from './resolve/index.ts';
import { learnRevocations } from './revocations.ts';
import { type Have, planSync, type Step, type Want } from './sync-plan.ts';
import type { HostTrust } from './trust-file.ts';

export interface SyncOptions {
  root: string;
  trust: HostTrust;
  client: Client;
  /** A source of profiles and their versions instead of the registry, which is not contacted then. */
  bundle?: Bundle | undefined;
  wanted: readonly WantedProfile[];
  /** The locked version of each reference, in order, if there is a lock file. */
  locked?: readonly LockedProfile[] | undefined;
  /** Fetch and verify, but change nothing. */
  dryRun?: boolean;
  /**
   * Whether the records below `root` are untrusted, as in an image for which only this run's trust is the operator's.
   * Everything is then requested from the registry again, and no record preserves a mode or an older version.
   */
  isForeign?: boolean;
  now?: Date;
}

/** The result of a step. */
export interface SyncOutcome {
  step: Step;
  result:
    | { ok: true; setAside?: string | undefined }
    /** Verification failed, or this host refused it. */
    | { ok: false; id: string; reason: string; isRefusal: boolean };
  /** The evidence fetched for it, if any. */
  profile?: VerifiedProfile | undefined;
}

export interface SyncReport extends TrustCheck {
  outcomes: SyncOutcome[];
  /** The number of wanted profiles installed. */
  present: number;
  /** Why the registry could not be reached, and when it last was. */
  offline: { reason: string; checkedAt: Date | undefined } | undefined;
  /** Whether a wanted profile was not found and no token was sent, so that it may be private. */
  mayBePrivate: boolean;
  /** Why the registry's log was refused. */
  log: { id: string; reason: string } | undefined;
  /** The teams of wanted profiles with fewer trusted, unrevoked keys than their threshold. */
  teamsLackingKeys: string[];
  /** Profiles that "pull" installed and that are not wanted: sync neither changes nor removes them. */
  unmanaged: Installation[];
  /** The wanted profiles that are deprecated, and why. */
  deprecated: { team: string; name: string; reason: string }[];
}

/**
 * Brings a host to the wanted state: installs, updates, repairs from its version store, and removes what an earlier
 * sync installed. Costs one conditional request if nothing has changed. Repairs also work without the registry. The
 * caller holds the host's lock (see host/change.ts).
 */
export async function syncHost(options: SyncOptions): Promise<SyncReport> {
  const { root, wanted, locked, dryRun = false } = options;
  const resolution = options.bundle
    ? await resolveInBundle(options, options.bundle)
    : await resolveOnline(options);
  const { revoked } = resolution;
  const wants = wanted.map(({ reference, complain }, at): Want => {
    const lock = locked?.[at];
    const meaning = resolution.meanings?.[at];
    return {
      reference,
      complain,
      locked: lock,
      meaning: lock ? lockedMeaning(lock, meaning) : meaning,
    };
  });
  const policy = root === '/' ? await readPolicy() : undefined;
  const haves = await detectAll(root, policy);
  const steps = planSync(wants, options.isForeign ? haves.map(withoutChoices) : haves);
  const outcomes: SyncOutcome[] = [];
  for (const step of steps) outcomes.push(await take(step, { ...options, revoked }, wants));
  if (!dryRun && resolution.state) await writeSyncState(root, resolution.state);
  const after = await listInstallations(root);
  const present = wants.filter(({ reference }) => findIn(after, reference)).length;
  const { offline, log } = resolution;
  const { trust } = options;
  const known = await withSeen(revoked, hostSeenFolder(root, trust.log.key));
  const teams = new Set(wanted.map(({ reference: { team } }) => team));
  return {
    outcomes,
    present: dryRun ? 0 : present,
    offline,
    mayBePrivate:
      !options.client.hasToken &&
      wants.some(({ meaning }) => meaning?.ok === false && meaning.id === 'not-found'),
    log,
    ...(await checkTrust(root, after, { trust, revoked: known })),
    teamsLackingKeys: [...teams].filter((team) => lacksKeys(trust, team, known.get(team))),
    unmanaged: unlisted(after, wanted),
    deprecated: wants.flatMap(({ reference: { team, name }, meaning }) =>
      meaning?.ok && meaning.deprecated !== undefined
        ? [{ team, name, reason: meaning.deprecated }]
        : [],
    ),
  };
}

/** All revocations known in this run, stored or not, and those in the folder. */
async function withSeen(learned: RevokedByTeam, folder: SeenFolder): Promise<RevokedByTeam> {
  const all = new Map(await readRevoked(folder));
  for (const [team, keys] of learned) all.set(team, new Set([...keys, ...(all.get(team) ?? [])]));
  return all;
}

async function detectAll(
  root: string,
  policy: ReadonlyMap<string, LoadedProfile> | undefined,
): Promise<Have[]> {
  const haves: Have[] = [];
  for (const installation of await listInstallations(root)) {
    haves.push({ installation, drift: await detectDrift(root, installation, policy) });
  }
  return haves;
}

/** Removes the operator's choices from a record: below an untrusted root, someone else may have made them. */
function withoutChoices(have: Have): Have {
  const { complainChosen: _, rolledBackFrom: __, ...installation } = have.installation;
  return { ...have, installation };
}

/** Replaces resolutions by the locked versions; the registry only says whether they were yanked. */
function lockedMeaning(
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

interface Resolved {
  meanings: Resolution[] | undefined;
  state: SyncState | undefined;
  offline: SyncReport['offline'];
  log: SyncReport['log'];
  revoked: RevokedByTeam;
}

/** Resolves the references, with conditional requests where possible. */
async function resolveOnline(options: SyncOptions): Promise<Resolved> {
  const { root, client, wanted, locked, now = new Date() } = options;
  const { dryRun = false, isForeign = false } = options;
  const requested = wanted.map(({ reference }, at) => atLock(reference, locked?.[at]));
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
async function resolveInBundle(
  { root, trust, wanted, locked }: SyncOptions,
  bundle: Bundle,
): Promise<Resolved> {
  const meanings: Resolution[] = [];
  for (const [at, { reference }] of wanted.entries()) {
    const exact = atLock(reference, locked?.[at]);
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

/** The context of a step. */
interface Taking extends SyncOptions {
  revoked: RevokedByTeam;
}

async function take(step: Step, options: Taking, wants: Want[]): Promise<SyncOutcome> {
  switch (step.kind) {
    case 'note':
      return step.failure
        ? { step, result: { ok: false, id: step.failure, reason: step.text, isRefusal: false } }
        : { step, result: { ok: true } };
    case 'remove':
      return { step, result: await takeOut(step.have.installation, options) };
    case 'repair':
      return repair(step, options);
    default:
      return fetchAndInstall(step, options, wants);
  }
}

async function takeOut(
  installation: Installation,
  { root, dryRun }: SyncOptions,
): Promise<SyncOutcome['result']> {
  if (dryRun) return { ok: true };
  const removed = await remove(installation, { root });
  if (removed.ok) return { ok: true };
  const reason =
    removed.id === 'file-changed'
      ? `${removed.file} was changed since it was installed`
      : `processes are confined by it: ${removed.processes.map(({ pid, command }) => `${command} (${pid})`).join(', ')}`;
  return { ok: false, id: removed.id, reason, isRefusal: false };
}

async function repair(
  step: Extract<Step, { kind: 'repair' }>,
  { root, trust, revoked, dryRun }: Taking,
): Promise<SyncOutcome> {
  const { installation } = step.have;
  const view = { trust, revoked };
  if (dryRun) {
    const verified = await verifyStored(root, installation, installation, view);
    return { step, result: verified.ok ? { ok: true } : { ...verified, isRefusal: true } };
  }
  const done = await reinstall(installation, installation, view, {
    root,
    complain: step.complain,
    rolledBackFrom: installation.rolledBackFrom,
  });
  return {
    step,
    result: done.ok ? { ok: true, setAside: done.setAside } : { ...done, isRefusal: true },
  };
}

async function fetchAndInstall(
  step: Extract<Step, { kind: 'install' | 'update' }>,
  { root, client, bundle, trust, revoked, dryRun, now = new Date() }: Taking,
  wants: Want[],
): Promise<SyncOutcome> {
  const { reference, version, complain } = step;
  const { team, name } = reference;
  const locked = wants.find((want) => want.reference === reference)?.locked;
  const before = step.kind === 'update' ? step.have.installation : undefined;
  const folder = hostSeenFolder(root, trust.log.key);
  const seen = await readSeen(folder);
  const target = {
    root,
    complain,
    reference: formatReference(reference),
    ...(before ? {} : { origin: 'sync' as const }),
  };

  // A lock that goes back to a version that was here needs no network. Versions may share a digest.
  const stored =
    locked &&
    before?.earlier.find(
      ({ version, digest }) => version === locked.version && digest === locked.digest,
    );
  let unproved: { id: string; reason: string } | undefined;
  if (stored && before && !dryRun) {
    const done = await reinstall(before, stored, { trust, revoked }, target);
    if (done.ok) return { step, result: { ok: true, setAside: done.setAside } };
    // The registry's evidence may be newer.
    if (done.id !== 'not-kept') unproved = done;
  }
  const refused = (id: string, reason: string, isRefusal = true): SyncOutcome => ({
    step,
    result: { ok: false, id, reason, isRefusal },
  });
  try {
    const exact = { ...reference, selector: { kind: 'version', version } } as const;
    const evidence = bundle
      ? await evidenceFor(bundle, exact, seen?.size ?? 0)
      : await fetchEvidence(client, { team, name, version }, { seen, revoked });
    if (!evidence) return refused('not-fetched', 'not in the bundle', false);
    const verified = await verifyEvidence(evidence, locked ? exact : reference, {
      trust,
      seen,
      revoked,
      installed: before?.version,
      now,
    });
    if (!dryRun) await writeRevoked(folder, team, verified.revoked);
    if (!verified.ok) return refused(verified.id, verified.reason);
    const { profile } = verified;
    if (locked && profile.digest !== locked.digest) {
      return refused(
        'lock-mismatch',
        `${version} has digest ${profile.digest}, but is locked to ${locked.digest}`,
      );
    }
    if (dryRun) return { step, result: { ok: true }, profile };
    await writeSeen(folder, profile.checkpoint);
    const done = await install(profile, target);
    if (!done.ok) return refused(done.id, done.reason, done.id === 'profile-invalid');
    return { step, result: { ok: true, setAside: done.setAside }, profile };
  } catch (error) {
    if (!(error instanceof UnreachableError || error instanceof RegistryError)) throw error;
    if (unproved) return refused(unproved.id, unproved.reason);
    return refused('not-fetched', error.message.replace(/\.$/, ''), false);
  }
}

function findIn(installed: readonly Installation[], { team, name }: Reference): boolean {
  return installed.some((one) => one.team === team && one.name === name);
}
