import type { Reference } from '../trust/index.ts';
import { detectDrift } from './host/drift.ts';
import { type Installation, otherVariant } from './host/installation.ts';
import { type LoadedProfile, readPolicy } from './host/kernel.ts';
import { hostSeenFolder, type RevokedByTeam, readRevoked, type SeenFolder } from './host/seen.ts';
import {
  listInstallations,
  type PackageName,
  readInstallation,
  writeUpdate,
} from './host/state.ts';
import { writeSyncState } from './host/sync-state.ts';
import { checkTrust, lacksKeys } from './host/trust-check.ts';
import { removeUnneeded } from './host/unneeded.ts';
import { unlisted } from './profiles-file.ts';
import { neededPackages, neededReferences, neededWants } from './sync-needed.ts';
import { type Have, planSync, type Step, type Want } from './sync-plan.ts';
import type { SyncOptions, SyncOutcome, SyncReport } from './sync-report.ts';
import { lockedMeaning, resolveInBundle, resolveOnline } from './sync-resolve.ts';
import { take, takeEarlier } from './sync-steps.ts';

/**
 * Brings a host to the wanted state: installs, updates, repairs from its version store, and removes what an earlier
 * sync installed. Costs one conditional request if nothing has changed. Repairs also work without the registry. The
 * caller holds the host's lock (see host/change.ts).
 */
export async function syncHost(options: SyncOptions): Promise<SyncReport> {
  const { root, wanted, locked, dryRun = false } = options;
  const installed = await listInstallations(root);
  const trusted = options.isForeign
    ? installed.filter((one) => wanted.some(({ reference }) => isSame(reference, one)))
    : installed;
  const needed = neededPackages(installed, trusted, wanted);
  const requested = { ...options, needed: neededReferences(needed) };
  const resolution = options.bundle
    ? await resolveInBundle(requested, options.bundle)
    : await resolveOnline(requested);
  const { revoked } = resolution;
  const named = wanted.map(({ reference, complain, updates }, at): Want => {
    const lock = locked?.[at];
    const meaning = resolution.meanings?.[at];
    return {
      reference,
      complain,
      updates,
      locked: lock,
      meaning: lock ? lockedMeaning(lock, meaning) : meaning,
    };
  });
  const others = resolution.meanings?.slice(wanted.length);
  const wants = [...named, ...neededWants(needed, others, options.lock?.dependencies)];
  const policy = root === '/' ? await readPolicy() : undefined;
  const haves = await detectAll(root, policy, options.choice);
  const steps = planSync(wants, options.isForeign ? haves.map(withoutChoices) : haves);
  const outcomes: SyncOutcome[] = [];
  for (const step of steps) {
    if (step.kind === 'update' && (await isDone(root, step))) continue;
    const outcome = await take(step, { ...options, revoked }, wants);
    outcomes.push(outcome);
    if (step.kind !== 'update' || outcome.result.ok) continue;
    const earlier = await takeEarlier(step, outcome, { ...options, revoked }, wants);
    if (earlier) outcomes.push(earlier);
    if (earlier?.result.ok) continue;
    for (const one of step.otherwise)
      outcomes.push(await take(one, { ...options, revoked }, wants));
  }
  if (!dryRun) {
    for (const installation of await removeUnneeded(root)) {
      const drift = { file: 'ok', boot: 'ok', kernel: 'unknown' } as const;
      outcomes.push({
        step: { kind: 'remove', have: { installation, drift } },
        result: { ok: true },
      });
    }
    await recordWaiting(root, wants, outcomes);
    if (resolution.state) await writeSyncState(root, resolution.state);
  }
  const after = await listInstallations(root);
  const present = named.filter(({ reference }) => findIn(after, reference)).length;
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

/** Whether a step before it, of a package that needs it, took an update already. */
async function isDone(root: string, step: Extract<Step, { kind: 'update' }>): Promise<boolean> {
  const before = step.have.installation;
  const now = await readInstallation(root, before);
  return now !== undefined && now.digest !== before.digest && now.version === step.version;
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
  choice: SyncOptions['choice'],
): Promise<Have[]> {
  const haves: Have[] = [];
  for (const installation of await listInstallations(root)) {
    const drift = await detectDrift(root, installation, policy);
    haves.push({ installation, drift, variant: choice && otherVariant(installation, choice) });
  }
  return haves;
}

/** Removes the operator's choices from a record: below an untrusted root, someone else may have made them. */
function withoutChoices(have: Have): Have {
  const {
    complainChosen: _,
    rolledBackFrom: __,
    waiting: ___,
    approved: ____,
    ...installation
  } = have.installation;
  return { ...have, installation };
}

function findIn(installed: readonly Installation[], reference: Reference): boolean {
  return installed.some((one) => isSame(reference, one));
}

function isSame(one: PackageName, other: PackageName): boolean {
  return one.team === other.team && one.name === other.name;
}

/** Records which updates wait, for `status`, and which no longer do. */
async function recordWaiting(
  root: string,
  wants: readonly Want[],
  outcomes: readonly SyncOutcome[],
): Promise<void> {
  for (const installation of await listInstallations(root)) {
    const { team, name } = installation;
    const isIts = ({ reference }: { reference: Reference }) =>
      reference.team === team && reference.name === name;
    const want = wants.find(isIts);
    const update = outcomes.find(({ step }) => step.kind === 'update' && isIts(step))?.result;
    const waiting = update?.ok === false ? update.waiting : undefined;
    // Without a new result, the last one stays.
    if (want && (!want.meaning?.ok || (update?.ok === false && !waiting))) continue;
    if (JSON.stringify(waiting) === JSON.stringify(installation.waiting)) continue;
    await writeUpdate(root, { ...installation, waiting });
  }
}
