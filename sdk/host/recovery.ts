import { type HostTrust, readHostTrust } from '../trust-file.ts';
import { packagePath } from './abstractions.ts';
import { digestOf } from './digest-of.ts';
import { type Installation, profilesOf, recordManifest } from './installation.ts';
import { readPolicy, stateOf } from './kernel.ts';
import { confinedBy } from './processes.ts';
import { withStagedAbstractions } from './staged-abstractions.ts';
import {
  forgetPending,
  installedPlace,
  listPending,
  type Pending,
  readInstallation,
  writePending,
  writeUpdate,
} from './state.ts';
import { readTrustView, type TrustView, verifyStored } from './store.ts';
import { hasKernel, put, rank, removeInstallation, rollBack, setMode } from './transaction.ts';
import { stage } from './tree.ts';

/** An interrupted change of an earlier run, and its outcome. */
export interface Recovered {
  pending: Pending;
  /**
   * `removed`: the previous installation can't be verified either and is removed too. `left`: it can't be undone now,
   * as processes are confined by it or its file was changed since.
   */
  outcome: 'finished' | 'undone' | 'removed' | 'left';
  /** Why it was not finished, if it can no longer be verified. */
  refusal?: NotProved;
  /** Why the previous installation was not restored. */
  earlier?: NotProved & { version: string };
}

interface NotProved {
  id: string;
  reason: string;
}

/**
 * Finishes interrupted changes of earlier runs. Undoes those that can't be finished or that `trust`, by default the host's
 * trust file, no longer verifies. Nothing unverified is loaded, not even to go back. The caller holds the host's lock (see
 * change.ts).
 */
export async function recover(root: string, trust?: HostTrust): Promise<Recovered[]> {
  const recovered: Recovered[] = [];
  for (const pending of await listPending(root)) {
    const { installation } = pending;
    const trusted = trust ?? (await readHostTrust(root));
    const view = trusted && (await readTrustView(root, trusted));
    const done =
      pending.kind === 'install'
        ? await resume(root, pending, view)
        : await resumeRemoval(root, installation, view);
    recovered.push({ pending, ...done });
  }
  return recovered;
}

type Done = Omit<Recovered, 'pending'>;

async function prove(
  root: string,
  installation: Installation,
  view: TrustView | undefined,
): Promise<{ ok: true; bytes: Uint8Array; target: Installation } | ({ ok: false } & NotProved)> {
  if (!view) return { ok: false, id: 'team-untrusted', reason: 'this host has no trust file' };
  const verified = await verifyStored(root, installation, installation, view);
  if (!verified.ok) return { ok: false, id: verified.id, reason: verified.reason };
  const { bytes, manifest, variant } = verified.profile;
  // Where its file goes and what it defines is signed, and not for the record to say.
  const unsigned = { kind: undefined, requires: undefined, profiles: undefined };
  const target = { ...installation, ...unsigned, ...recordManifest(manifest, variant) };
  return { ok: true, bytes, target };
}

/** Finishes the installation of packages, the first of which names the record, or undoes that of all. */
async function resume(
  root: string,
  pending: Extract<Pending, { kind: 'install' }>,
  view: TrustView | undefined,
): Promise<Done> {
  const { installation: first, others = [], replaced } = pending;
  const targets = [first, ...others];
  const proved: { target: Installation; bytes: Uint8Array }[] = [];
  let refusal: NotProved | undefined;
  for (const target of targets) {
    const proof = await prove(root, target, view);
    if (proof.ok) proved.push({ target: proof.target, bytes: proof.bytes });
    else refusal ??= { id: proof.id, reason: proof.reason };
  }
  if (!refusal && (await putAgain(root, proved, replaced))) return { outcome: 'finished' };
  const beforeOf = (target: Installation) =>
    replaced?.find((one) => packagePath(one) === packagePath(target));
  // A profile that stays needs its abstractions.
  const added = others.length > 0 ? targets.filter((one) => !beforeOf(one)) : [];
  if (hasKernel(root) && (await confinedBy(added.flatMap(profilesOf))).length > 0)
    return { outcome: 'left', ...(refusal && { refusal }) };
  // What others include first, and last the one that names the record.
  let undone: Done = { outcome: 'undone' };
  for (const target of [...others.toSorted((a, b) => rank(a) - rank(b)), first]) {
    // Of several packages, the records of some may be the new ones already.
    const before = replaced ? beforeOf(target) : await readInstallation(root, target);
    undone = worse(undone, await undo(root, target, before, view));
  }
  // If it stays, its record stays too, whatever was tried.
  if (undone.outcome === 'left') await writePending(root, pending);
  return refusal ? { ...undone, refusal } : undone;
}

async function putAgain(
  root: string,
  packages: readonly { target: Installation; bytes: Uint8Array }[],
  replaced?: readonly Installation[],
): Promise<boolean> {
  const staged = packages.map(({ target, bytes }) => ({ named: target, bytes }));
  const done = await withStagedAbstractions(root, staged, (include) =>
    put(
      root,
      packages.map(({ target, bytes }) => ({
        target,
        staged: stage(installedPlace(root, target), bytes, 0o644),
      })),
      { include, replaced },
    ),
  );
  return done.ok;
}

const severity: readonly Done['outcome'][] = ['finished', 'undone', 'removed', 'left'];

function worse(one: Done, other: Done): Done {
  return severity.indexOf(other.outcome) >= severity.indexOf(one.outcome) ? other : one;
}

/** Returns to the previous installation, where the file may be the new one already. */
async function undo(
  root: string,
  target: Installation,
  before: Installation | undefined,
  view: TrustView | undefined,
): Promise<Done> {
  const digest = await digestOf(root, target);
  const isNew = digest === target.digest && before?.digest !== target.digest;
  if (!before) {
    if (isNew) return withdraw(root, target);
    await rollBack(root, target, undefined);
    return { outcome: 'undone' };
  }
  const proof = await prove(root, before, view);
  if (proof.ok) {
    if (isNew) {
      const isBack = await putAgain(root, [{ target: before, bytes: proof.bytes }]);
      return { outcome: isBack ? 'undone' : 'left' };
    }
    const staged = stage(installedPlace(root, before), proof.bytes, 0o644);
    // The file may have been edited: it stays, and is not loaded.
    try {
      await rollBack(root, target, before, staged.path);
    } finally {
      await staged.discard();
    }
    // That of the same version may say already which other packages changed.
    const now = await readInstallation(root, before);
    if (now && JSON.stringify(now) !== JSON.stringify(before)) await writeUpdate(root, before);
    return { outcome: 'undone' };
  }
  const earlier = { version: before.version, id: proof.id, reason: proof.reason };
  if (!isNew && (await isLoadedAs(root, before))) {
    // Nothing was changed yet. The installation stays as untrusted as it was (see trust-check.ts).
    setMode(root, before);
    forgetPending(root, target);
    return { outcome: 'undone', earlier };
  }
  // An edited file is not discarded.
  if (digest !== undefined && !isNew && digest !== before.digest)
    return { outcome: 'left', earlier };
  const { outcome } = await withdraw(root, target);
  return { outcome: outcome === 'left' ? 'left' : 'removed', earlier };
}

/** Removes what can't be verified. If unloading would leave processes unconfined, it stays. */
async function withdraw(root: string, target: Installation): Promise<Done> {
  if (hasKernel(root) && (await confinedBy(profilesOf(target))).length > 0)
    return { outcome: 'left' };
  await removeInstallation(root, target);
  return { outcome: 'undone' };
}

/** Whether the kernel, if any, has what it had when this was installed. */
async function isLoadedAs(root: string, installation: Installation): Promise<boolean> {
  if (!hasKernel(root)) return true;
  const { kernel } = installation;
  const state = stateOf(await readPolicy(), profilesOf(installation));
  if (!state || !kernel) return !state && !kernel;
  return state.mode === kernel.mode && state.hashes.join() === kernel.hashes.join();
}

/** A profile that is in use again stays: the host may have been rebooted since. */
async function resumeRemoval(
  root: string,
  installation: Installation,
  view: TrustView | undefined,
): Promise<Done> {
  const digest = await digestOf(root, installation);
  const isUsed =
    hasKernel(root) &&
    digest !== undefined &&
    (await confinedBy(profilesOf(installation))).length > 0;
  if (!isUsed) {
    await removeInstallation(root, installation);
    return { outcome: 'finished' };
  }
  const proof = await prove(root, installation, view);
  if (proof.ok && digest === installation.digest) {
    await rollBack(root, installation, installation);
    return { outcome: 'undone' };
  }
  // The kernel has it, since processes are confined by it, so nothing needs to be loaded.
  setMode(root, installation);
  forgetPending(root, installation);
  if (proof.ok) return { outcome: 'undone' };
  const { version } = installation;
  return { outcome: 'undone', earlier: { version, id: proof.id, reason: proof.reason } };
}
