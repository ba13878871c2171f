import { type HostTrust, readHostTrust } from '../trust-file.ts';
import { dropCompiled } from './cache.ts';
import { forceComplain, linkPlace, unforceComplain } from './complain.ts';
import { digestOf } from './digest-of.ts';
import { readPolicy, stateOf, unload } from './kernel.ts';
import { findParser, loadArguments, runParser } from './parser.ts';
import { confinedBy } from './processes.ts';
import {
  forgetInstallation,
  forgetPending,
  type Installation,
  installedName,
  installedPath,
  installedPlace,
  listPending,
  type Named,
  type Pending,
  readInstallation,
  recordPlace,
  stageInstallation,
  statePlace,
  writePending,
} from './state.ts';
import { dropStored, dropUnneeded, readTrustView, type TrustView, verifyStored } from './store.ts';
import { makeFolder, remove, requireNoFolder, type StagedFile, stage } from './tree.ts';

/**
 * Changes of installations, as transactions. Each is recorded before its first step (state.ts, Pending) and the record
 * removed after its last, and every step is idempotent. So after any interruption, a power cut included, boot loads a
 * whole file, old or new, and the next run finishes the change ({@link recover}).
 */
export type Put =
  | { ok: true; installation: Installation }
  /** Nothing was changed. */
  | { ok: false; reason: string };

/** Whether there is a kernel to load profiles into: for another root only files are changed. */
function hasKernel(root: string): boolean {
  return root === '/';
}

/**
 * Installs a staged file as described in `target`. The kernel must accept it before it gets the name that boot loads;
 * otherwise the kernel keeps what it had.
 */
export async function put(root: string, target: Installation, staged: StagedFile): Promise<Put> {
  const before = await readInstallation(root, target);
  let reached: 'nothing' | 'kernel' | 'file' = 'nothing';
  try {
    requireNoFolder(recordPlace(root, 'installed', target));
    requireNoFolder(linkPlace(root, target));
    // If this can't be recorded, nothing is installed.
    makeFolder(statePlace(root, 'installed'));
    await writePending(root, { kind: 'install', installation: target });
    const loaded = await load(root, staged.path, target);
    if (!loaded.ok) {
      await staged.discard();
      forgetPending(root, target);
      const file = installedPath(root, target);
      return { ok: false, reason: loaded.reason.replaceAll(staged.path, file) };
    }
    reached = 'kernel';
    // The complain link is created before the file and removed after it, so that boot is never stricter than requested.
    if (target.complain) forceComplain(root, target);
    dropCompiled(root, installedName(target));
    await staged.commit();
    reached = 'file';
    return { ok: true, installation: await finish(root, target) };
  } catch (error) {
    // Boot will load the new file already, so the next run finishes the change.
    if (reached === 'file') throw error;
    await staged.discard().catch(() => {});
    if (reached === 'kernel') await rollBack(root, target, before);
    else tryTo(() => forgetPending(root, target));
    throw error;
  }
}

/** The remaining steps of an installation once its file is in place and the kernel has it. */
async function finish(root: string, target: Installation): Promise<Installation> {
  if (!target.complain) unforceComplain(root, target);
  const kernel = hasKernel(root) ? stateOf(await readPolicy(), target.name) : undefined;
  const installation = { ...target, kernel };
  await stageInstallation(root, installation).commit();
  dropUnneeded(root, installation);
  forgetPending(root, target);
  const parser = await findParser();
  // So that boot need not compile it. In complain mode apparmor_parser caches nothing.
  if (parser && hasKernel(root) && !target.complain) {
    const cache = ['--quiet', '--skip-kernel-load', '--skip-read-cache', '--write-cache'];
    await runParser(parser, [...cache, installedPath(root, target)]);
  }
  return installation;
}

/**
 * Makes the kernel return to the previous installation after a failed change: to the file at `path`, by default the
 * installed one.
 */
async function rollBack(
  root: string,
  target: Installation,
  before: Installation | undefined,
  path = installedPath(root, target),
): Promise<void> {
  try {
    if (before) {
      await load(root, path, before);
      setMode(root, before);
    } else {
      unforceComplain(root, target);
      if (hasKernel(root)) await unload(target.name);
    }
    forgetPending(root, target);
  } catch {
    // The pending record then stays, and the next run retries.
  }
}

/** Sets the mode in which boot loads it. */
function setMode(root: string, installation: Installation): void {
  (installation.complain ? forceComplain : unforceComplain)(root, installation);
}

/** Runs a cleanup step after a failure, on a best-effort basis. */
function tryTo(work: () => void): void {
  try {
    work();
  } catch {
    // The first failure is the one reported.
  }
}

async function load(
  root: string,
  path: string,
  { complain }: Installation,
): Promise<{ ok: true } | { ok: false; reason: string }> {
  if (!hasKernel(root)) return { ok: true };
  const parser = await findParser();
  if (!parser) return { ok: false, reason: 'apparmor_parser is not installed' };
  return runParser(parser, loadArguments(path, { complain }));
}

/** Removes an installation: first from the kernel, then its file and everything stored for it. */
export async function removeInstallation(root: string, installation: Installation): Promise<void> {
  // Files that can't be removed are detected before anything is changed.
  requireNoFolder(installedPlace(root, installation));
  requireNoFolder(recordPlace(root, 'installed', installation));
  requireNoFolder(linkPlace(root, installation));
  makeFolder(statePlace(root, 'installed'));
  await writePending(root, { kind: 'remove', installation });
  if (hasKernel(root)) await unload(installation.name);
  removeEverything(root, installation);
}

function removeEverything(root: string, named: Named): void {
  remove(installedPlace(root, named));
  dropCompiled(root, installedName(named));
  unforceComplain(root, named);
  dropStored(root, named);
  forgetInstallation(root, named);
  forgetPending(root, named);
}

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
    const { kind, installation } = pending;
    const trusted = trust ?? (await readHostTrust(root));
    const view = trusted && (await readTrustView(root, trusted));
    const done =
      kind === 'install'
        ? await resume(root, installation, view)
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
): Promise<{ ok: true; bytes: Uint8Array } | ({ ok: false } & NotProved)> {
  if (!view) return { ok: false, id: 'team-untrusted', reason: 'this host has no trust file' };
  const verified = await verifyStored(root, installation, installation, view);
  if (verified.ok) return { ok: true, bytes: verified.profile.bytes };
  return { ok: false, id: verified.id, reason: verified.reason };
}

async function resume(
  root: string,
  target: Installation,
  view: TrustView | undefined,
): Promise<Done> {
  const proof = await prove(root, target, view);
  if (proof.ok) {
    const staged = stage(installedPlace(root, target), proof.bytes, 0o644);
    if ((await put(root, target, staged)).ok) return { outcome: 'finished' };
  }
  const undone = await undo(root, target, view);
  // If it stays, its record stays too, whatever was tried.
  if (undone.outcome === 'left')
    await writePending(root, { kind: 'install', installation: target });
  return proof.ok ? undone : { ...undone, refusal: { id: proof.id, reason: proof.reason } };
}

/** Returns to the previous installation, where the file may be the new one already. */
async function undo(
  root: string,
  target: Installation,
  view: TrustView | undefined,
): Promise<Done> {
  const before = await readInstallation(root, target);
  const digest = await digestOf(root, target);
  const isNew = digest === target.digest && before?.digest !== target.digest;
  if (!before) {
    if (isNew) return withdraw(root, target);
    await rollBack(root, target, undefined);
    return { outcome: 'undone' };
  }
  const proof = await prove(root, before, view);
  if (proof.ok) {
    const staged = stage(installedPlace(root, before), proof.bytes, 0o644);
    if (isNew) return { outcome: (await put(root, before, staged)).ok ? 'undone' : 'left' };
    // The file may have been edited: it stays, and is not loaded.
    try {
      await rollBack(root, target, before, staged.path);
    } finally {
      await staged.discard();
    }
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
  if (hasKernel(root) && (await confinedBy(target.name)).length > 0) return { outcome: 'left' };
  await removeInstallation(root, target);
  return { outcome: 'undone' };
}

/** Whether the kernel, if any, has what it had when this was installed. */
async function isLoadedAs(root: string, { name, kernel }: Installation): Promise<boolean> {
  if (!hasKernel(root)) return true;
  const state = stateOf(await readPolicy(), name);
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
    hasKernel(root) && digest !== undefined && (await confinedBy(installation.name)).length > 0;
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
