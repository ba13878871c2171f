import { formatReference, type Reference, verifyLog } from '../trust/index.ts';
import { parseCheckpoint, parseNote } from '../trust/log/index.ts';
import { type Client, RegistryError, UnreachableError } from './client.ts';
import { fetchOffer, type VerifiedProfile, verifyOffer } from './fetch.ts';
import { examine } from './host/condition.ts';
import { install } from './host/install.ts';
import { type LoadedProfile, readPolicy } from './host/kernel.ts';
import { reinstall } from './host/reinstall.ts';
import { remove } from './host/remove.ts';
import { hostSeenFolder, readSeen, writeSeen } from './host/seen.ts';
import { type Installation, listInstallations } from './host/state.ts';
import { readSyncState, type SyncState, writeSyncState } from './host/sync-state.ts';
import type { LockedProfile, WantedProfile } from './profiles-file.ts';
import { type Meaning, resolveAll } from './resolve-all.ts';
import { type Have, planSync, type Step, type Want } from './sync-plan.ts';
import type { HostTrust } from './trust-file.ts';

export interface SyncOptions {
  root: string;
  trust: HostTrust;
  client: Client;
  wanted: readonly WantedProfile[];
  /** What each is locked to, at its place, where there is a lock file. */
  locked?: readonly LockedProfile[] | undefined;
  /** Look, fetch and verify, but change nothing. */
  dryRun?: boolean;
  now?: Date;
}

/** What became of a step. */
export interface SyncOutcome {
  step: Step;
  result:
    | { ok: true; setAside?: string | undefined }
    /** Not proved to come from its team, or refused by this host. */
    | { ok: false; id: string; reason: string; isRefusal: boolean };
  /** What was fetched for it, where it was. */
  profile?: VerifiedProfile | undefined;
}

export interface SyncReport {
  outcomes: SyncOutcome[];
  /** How many of the wanted profiles the host has. */
  present: number;
  /** Why the registry could not be asked, and when it was last. */
  offline: { reason: string; checkedAt: Date | undefined } | undefined;
  /** Why what the registry says of its log is not believed. */
  log: { id: string; reason: string } | undefined;
}

/**
 * Makes a host have what is wanted: installs, updates, repairs from what it has kept, and removes what an earlier sync
 * has installed. Where nothing has changed it costs one conditional request. Without a registry it repairs all the
 * same. Nobody else may be changing anything meanwhile (see host/change.ts).
 */
export async function syncHost(options: SyncOptions): Promise<SyncReport> {
  const { root, wanted, locked, dryRun = false } = options;
  const asked = await ask(options);
  const wants = wanted.map(({ reference, complain }, at): Want => {
    const lock = locked?.[at];
    const meaning = asked.meanings?.[at];
    return {
      reference,
      complain,
      locked: lock,
      meaning: lock ? lockedMeaning(lock, meaning) : meaning,
    };
  });
  const policy = root === '/' ? await readPolicy() : undefined;
  const steps = planSync(wants, await examineAll(root, policy));
  const outcomes: SyncOutcome[] = [];
  for (const step of steps) outcomes.push(await take(step, options, wants));
  if (!dryRun && asked.state) await writeSyncState(root, asked.state);
  const after = dryRun ? [] : await listInstallations(root);
  const present = wants.filter(({ reference }) => findIn(after, reference)).length;
  const { offline, log } = asked;
  return { outcomes, present, offline, log };
}

async function examineAll(
  root: string,
  policy: ReadonlyMap<string, LoadedProfile> | undefined,
): Promise<Have[]> {
  const haves: Have[] = [];
  for (const installation of await listInstallations(root)) {
    haves.push({ installation, condition: await examine(root, installation, policy) });
  }
  return haves;
}

/** A lock says what a reference means, whatever the registry says; that only knows whether it was yanked. */
function lockedMeaning({ version, digest }: LockedProfile, meaning: Meaning | undefined): Meaning {
  return { ok: true, version, digest, yanked: meaning?.ok ? meaning.yanked : undefined };
}

interface Asked {
  meanings: Meaning[] | undefined;
  state: SyncState | undefined;
  offline: SyncReport['offline'];
  log: SyncReport['log'];
}

/** Asks the registry what the references mean, as cheaply as it can be. */
async function ask(options: SyncOptions): Promise<Asked> {
  const { root, client, wanted, locked, now = new Date(), dryRun = false } = options;
  const references = wanted.map(({ reference }, at): Reference => {
    const lock = locked?.[at];
    return lock
      ? { ...reference, selector: { kind: 'version', version: lock.version } }
      : reference;
  });
  const names = references.map(formatReference);
  const saved = await readSyncState(root);
  const same = saved?.registry === client.registry && saved.references.join() === names.join();
  const checkedAt = saved && new Date(saved.checkedAt);
  try {
    const isLogOld =
      !saved ||
      now.getTime() - Date.parse(saved.logSeenAt) > (options.trust.log.maximumAge * 1000) / 2;
    const log = isLogOld ? await checkLog(options, now) : undefined;
    const answer =
      references.length === 0
        ? { meanings: [], etags: [] }
        : await resolveAll(client, references, same ? saved.etags : []);
    const { meanings, etags } = answer ?? (saved as SyncState);
    const logSeenAt = isLogOld && !log && !dryRun ? now.toISOString() : saved?.logSeenAt;
    const state = {
      registry: client.registry,
      references: names,
      meanings,
      etags,
      checkedAt: now.toISOString(),
      // Long ago, so that the next run looks again.
      logSeenAt: logSeenAt ?? new Date(0).toISOString(),
    };
    return { meanings, state, offline: undefined, log };
  } catch (error) {
    if (!(error instanceof UnreachableError || error instanceof RegistryError)) throw error;
    const { message } = error;
    return {
      meanings: undefined,
      state: undefined,
      offline: { reason: message, checkedAt },
      log: undefined,
    };
  }
}

/** That the log goes on and is fresh: what is answered as unchanged for ever might be a registry held still. */
async function checkLog(
  { root, client, trust, dryRun }: SyncOptions,
  now: Date,
): Promise<SyncReport['log']> {
  const folder = hostSeenFolder(root, trust.log.key);
  const seen = await readSeen(folder);
  const checkpoint = await client.getCheckpoint();
  const size = parseCheckpoint(parseNote(checkpoint)?.text ?? '')?.size ?? 0;
  const consistency =
    seen && size > seen.size ? (await client.getEntryProof(0, size, seen.size)).consistency : [];
  const verified = await verifyLog({ checkpoint, consistency }, { log: trust.log, seen, now });
  if (!verified.ok) return { id: verified.id, reason: verified.reason };
  if (!dryRun) await writeSeen(folder, verified.checkpoint);
  return undefined;
}

async function take(step: Step, options: SyncOptions, wants: Want[]): Promise<SyncOutcome> {
  switch (step.kind) {
    case 'note':
      return step.isFailure
        ? { step, result: { ok: false, id: 'not-installed', reason: step.text, isRefusal: false } }
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
  { root, trust, dryRun }: SyncOptions,
): Promise<SyncOutcome> {
  if (dryRun) return { step, result: { ok: true } };
  const { installation } = step.have;
  const done = await reinstall(installation, installation, trust, {
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
  { root, client, trust, dryRun, now = new Date() }: SyncOptions,
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

  // A lock that goes back to a version that was here needs no network.
  const kept = locked && before?.earlier.find(({ digest }) => digest === locked.digest);
  if (kept && before && !dryRun) {
    const done = await reinstall(before, kept, trust, target);
    if (done.ok) return { step, result: { ok: true, setAside: done.setAside } };
  }
  const refused = (id: string, reason: string, isRefusal = true): SyncOutcome => ({
    step,
    result: { ok: false, id, reason, isRefusal },
  });
  try {
    const offer = await fetchOffer(client, { team, name, version }, seen?.size ?? 0);
    const exact = { ...reference, selector: { kind: 'version', version } } as const;
    const verified = await verifyOffer(offer, locked ? exact : reference, {
      trust,
      seen,
      installed: before?.version,
      now,
    });
    if (!verified.ok) return refused(verified.id, verified.reason);
    const { profile } = verified;
    if (locked && profile.digest !== locked.digest) {
      return refused(
        'lock-mismatch',
        `${version} is ${profile.digest}, locked is ${locked.digest}`,
      );
    }
    if (dryRun) return { step, result: { ok: true }, profile };
    await writeSeen(folder, profile.checkpoint);
    const done = await install(profile, target);
    if (!done.ok) return refused(done.id, done.reason, done.id === 'profile-invalid');
    return { step, result: { ok: true, setAside: done.setAside }, profile };
  } catch (error) {
    if (!(error instanceof UnreachableError || error instanceof RegistryError)) throw error;
    return refused('not-fetched', error.message.replace(/\.$/, ''), false);
  }
}

function findIn(installed: readonly Installation[], { team, name }: Reference): boolean {
  return installed.some((one) => one.team === team && one.name === name);
}
