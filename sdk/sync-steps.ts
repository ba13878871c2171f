import { formatReference, parseReference } from '../trust/index.ts';
import { evidenceFor } from './bundle.ts';
import { isRegistryFailure, RegistryError, UnreachableError } from './client.ts';
import { earlierVersions } from './earlier-versions.ts';
import { packagePath } from './host/abstractions.ts';
import { type Installation, versionDigestOf } from './host/installation.ts';
import { findPolicyChange } from './host/installed-change.ts';
import { reinstall } from './host/reinstall.ts';
import { remove } from './host/remove.ts';
import {
  hostSeenFolder,
  type RevokedByTeam,
  readSeen,
  type SeenFolder,
  writeRevoked,
  writeSeen,
} from './host/seen.ts';
import { listInstallations, type Named } from './host/state.ts';
import { verifyStored } from './host/store.ts';
import { type InstallPlan, installPlanned, planInstall } from './install-plan.ts';
import {
  fromBundle,
  fromRegistry,
  fromStore,
  lockedTo,
  type PackageSource,
  type SourceView,
} from './package-source.ts';
import type { Lock, LockedDependency } from './profiles-file.ts';
import { fetchEvidence, verifyEvidence } from './resolve/index.ts';
import type { Step, Want } from './sync-plan.ts';
import type { SyncOptions, SyncOutcome } from './sync-report.ts';
import { describeHold, holdUpdate } from './update-gate.ts';

/** The context of a step. */
export interface Taking extends SyncOptions {
  revoked: RevokedByTeam;
}

/** Takes a step of a sync, or with `dryRun` finds out what would come of it. */
export async function take(
  step: Step,
  options: Taking,
  wants: readonly Want[],
): Promise<SyncOutcome> {
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

/**
 * Takes the newest version before an update that waits that need not wait itself; undefined if there is none, or the
 * registry does not say.
 */
export async function takeEarlier(
  step: Extract<Step, { kind: 'update' }>,
  { result }: SyncOutcome,
  options: Taking,
  wants: readonly Want[],
): Promise<SyncOutcome | undefined> {
  const isLocked = wants.some(({ reference, locked }) => reference === step.reference && locked);
  if (result.ok || !result.waiting || isLocked || options.bundle) return undefined;
  const { installation } = step.have;
  try {
    const { version: waiting } = result.waiting;
    for (const version of await earlierVersions(
      options.client,
      step.reference,
      installation,
      waiting,
    )) {
      const outcome = await take({ ...step, version, otherwise: [] }, options, wants);
      if (outcome.result.ok || !outcome.result.waiting) return outcome;
    }
    return undefined;
  } catch (error) {
    if (isRegistryFailure(error)) return undefined;
    throw error;
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

/** Which variant to take: where the host's release is not known, as of the installed version. */
function choiceAfter(before: Installation | undefined, choice: Taking['choice']): Taking['choice'] {
  if (before?.variant === undefined || choice?.release !== undefined) return choice;
  return { release: before.variant, why: 'as the installed variant' };
}

/** Whether a package is wanted, or needed by one that is. */
function isWanted({ team, name }: Named, wants: readonly Want[]): boolean {
  return wants.some(({ reference }) => reference.team === team && reference.name === name);
}

/** All packages of a lock file: a wanted one may be needed by another. */
function lockedPackages({ profiles, dependencies }: Lock): LockedDependency[] {
  const named = profiles.flatMap(({ reference: text, version, digest }) => {
    const parsed = parseReference(text);
    return parsed.ok ? [{ name: packagePath(parsed.reference), version, digest }] : [];
  });
  return [...dependencies, ...named];
}

function lockedVersions(lock: Lock | undefined): Record<string, string> {
  const all = lock ? lockedPackages(lock) : [];
  return Object.fromEntries(all.map(({ name, version }) => [name, version]));
}

/** Where the packages that others need come from. */
function sourceOf(
  { root, client, bundle, trust, choice, revoked, dryRun, lock, now = new Date() }: Taking,
  folder: SeenFolder,
): PackageSource {
  const view: SourceView = {
    ...{ root, trust, choice, revoked, now },
    seen: () => readSeen(folder),
    async learn(team, learned, profile) {
      if (dryRun) return;
      await writeRevoked(folder, team, learned);
      if (profile) await writeSeen(folder, profile.checkpoint);
    },
  };
  const source = bundle ? fromBundle(bundle, view) : fromRegistry(client, view);
  return lock ? lockedTo(lockedPackages(lock), source) : source;
}

async function fetchAndInstall(
  step: Extract<Step, { kind: 'install' | 'update' }>,
  taking: Taking,
  wants: readonly Want[],
): Promise<SyncOutcome> {
  const { root, client, bundle, trust, revoked, dryRun, isForeign, lock } = taking;
  const { choice: host, now = new Date() } = taking;
  const { reference, version, complain } = step;
  const { team, name } = reference;
  const want = wants.find((one) => one.reference === reference);
  if (!want) throw new Error('each step is about a wanted profile');
  const { locked, updates: rule } = want;
  const before = step.kind === 'update' ? step.have.installation : undefined;
  const choice = choiceAfter(before, host);
  const folder = hostSeenFolder(root, trust.log.key);
  const seen = await readSeen(folder);
  const target = {
    root,
    complain,
    reference: formatReference(reference),
    ...(before ? {} : { origin: 'sync' as const }),
  };

  const all = await listInstallations(root);
  // What untrusted records say of packages that are not wanted does not count.
  const installed = isForeign ? all.filter((one) => isWanted(one, wants)) : all;
  const source = sourceOf(taking, folder);
  const ruleOf = (named: Named) =>
    wants.find((one) => one.reference.team === named.team && one.reference.name === named.name)
      ?.updates ?? 'any';

  // A lock that goes back to a version that was here needs no network. Versions may share a digest.
  const stored =
    locked &&
    before?.earlier.find(
      (one) => one.version === locked.version && versionDigestOf(one) === locked.digest,
    );
  const view = { trust, revoked };
  const candidate = { root, installation: before, complain, installed, ...(isForeign && { view }) };
  const refused = (id: string, reason: string, isRefusal = true, next?: string): SyncOutcome => ({
    step,
    result: { ok: false, id, reason, isRefusal, next },
  });
  /** The outcome for a version that waits for approval. */
  const hold = async (plan: InstallPlan): Promise<SyncOutcome | undefined> => {
    const { profile } = plan;
    const waiting = await holdUpdate({ ...candidate, profile, plan, ruleOf, rule, now });
    if (!waiting) return undefined;
    const reason = describeHold(waiting, before?.version, rule);
    return { step, result: { ok: false, id: 'update-waits', reason, isRefusal: false, waiting } };
  };
  let unproved: { id: string; reason: string } | undefined;
  if (stored && before && !dryRun) {
    const verified = await verifyStored(root, before, stored, view);
    const { verifiedAt } = stored;
    const kept = fromStore(root, { needed: lockedVersions(lock) }, installed, view);
    const planned = verified.ok
      ? await planInstall(verified.profile, { installed, source: kept, keep: false })
      : verified;
    const held = planned.ok ? await hold(planned) : undefined;
    if (held) return held;
    const done = planned.ok
      ? await installPlanned(planned, { ...target, verifiedAt }, view)
      : planned;
    if (done.ok) return { step, result: { ok: true, setAside: done.setAside } };
    // The registry's evidence may be newer.
    if (done.id !== 'not-kept') unproved = done;
  }
  try {
    const exact = { ...reference, selector: { kind: 'version', version } } as const;
    const evidence = bundle
      ? await evidenceFor(bundle, exact, seen?.size ?? 0)
      : await fetchEvidence(client, { team, name, version }, { seen, revoked, choice });
    if (!evidence) return refused('not-fetched', 'not in the bundle', false);
    const verified = await verifyEvidence(evidence, locked ? exact : reference, {
      trust,
      choice,
      seen,
      revoked,
      installed: before?.version,
      now,
    });
    if (!dryRun) await writeRevoked(folder, team, verified.revoked);
    if (!verified.ok) return refused(verified.id, verified.reason, true, verified.next);
    const { profile } = verified;
    if (locked && profile.versionDigest !== locked.digest) {
      return refused(
        'lock-mismatch',
        `${version} has digest ${profile.versionDigest}, but is locked to ${locked.digest}`,
      );
    }
    const keep = !lock && !isForeign;
    const plan = await planInstall(profile, { installed, source, keep });
    if (!plan.ok) {
      const isRefusal = ['dependency-refused', 'version-older'].includes(plan.id);
      return refused(plan.id, plan.reason, isRefusal, plan.next);
    }
    const held = await hold(plan);
    if (dryRun) {
      const changed = plan.changed.map((one) => one.profile);
      const isOther = before?.digest !== profile.digest || changed.length > 0;
      const policy = isOther
        ? await findPolicyChange(root, before, profile, { ...candidate, changed })
        : undefined;
      return { step, result: { ok: true }, ...held, profile, policy };
    }
    await writeSeen(folder, profile.checkpoint);
    if (held) return held;
    const done = await installPlanned(plan, target, view);
    if (!done.ok) return refused(done.id, done.reason, done.id === 'profile-invalid', done.next);
    return { step, result: { ok: true, setAside: done.setAside }, profile };
  } catch (error) {
    if (!(error instanceof UnreachableError || error instanceof RegistryError)) throw error;
    if (unproved) return refused(unproved.id, unproved.reason);
    return refused('not-fetched', error.message.replace(/\.$/, ''), false);
  }
}
