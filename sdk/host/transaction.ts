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
 * Changes of what is installed. Each is written down before its first step (state.ts, Pending) and crossed out
 * after its last, and every step may be taken twice. So whatever ends a run, a power cut too, boot loads a whole
 * file, the old one or the new, and the next run finishes what was begun ({@link recover}).
 */
export type Put =
  | { ok: true; installation: Installation }
  /** Nothing was changed. */
  | { ok: false; reason: string };

/** Whether there is a kernel to load profiles into: another root is files only. */
function hasKernel(root: string): boolean {
  return root === '/';
}

/**
 * Installs a staged file as `target` says. The kernel has accepted it before it gets the name that boot loads; a
 * kernel that does not is left with what it had.
 */
export async function put(root: string, target: Installation, staged: StagedFile): Promise<Put> {
  const before = await readInstallation(root, target);
  let reached: 'nothing' | 'kernel' | 'file' = 'nothing';
  try {
    requireNoFolder(recordPlace(root, 'installed', target));
    requireNoFolder(linkPlace(root, target));
    // Where this can't be written down, nothing is installed.
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
    // Complaining before the file, enforcing after it: boot is never stricter than was asked for.
    if (target.complain) forceComplain(root, target);
    dropCompiled(root, installedName(target));
    await staged.commit();
    reached = 'file';
    return { ok: true, installation: await finish(root, target) };
  } catch (error) {
    // What boot will load is the new file already: the next run finishes it.
    if (reached === 'file') throw error;
    await staged.discard().catch(() => {});
    if (reached === 'kernel') await rollBack(root, target, before);
    else tryTo(() => forgetPending(root, target));
    throw error;
  }
}

/** What is left to do of an installation once its file is in place and the kernel has it. */
async function finish(root: string, target: Installation): Promise<Installation> {
  if (!target.complain) unforceComplain(root, target);
  const kernel = hasKernel(root) ? stateOf(await readPolicy(), target.name) : undefined;
  const installation = { ...target, kernel };
  await stageInstallation(root, installation).commit();
  dropUnneeded(root, installation);
  forgetPending(root, target);
  const parser = await findParser();
  // So that boot need not compile it. In complain mode apparmor_parser keeps nothing.
  if (parser && hasKernel(root) && !target.complain) {
    const cache = ['--quiet', '--skip-kernel-load', '--skip-read-cache', '--write-cache'];
    await runParser(parser, [...cache, installedPath(root, target)]);
  }
  return installation;
}

/**
 * Has the kernel go back to what was installed before, after a change that could not be made: to the file at `path`,
 * when left out the installed one.
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
    // Then it stays written down, and the next run tries again.
  }
}

/** Has boot load it in the mode that was asked for. */
function setMode(root: string, installation: Installation): void {
  (installation.complain ? forceComplain : unforceComplain)(root, installation);
}

/** Does what is done as well as it can be, after something else has failed. */
function tryTo(work: () => void): void {
  try {
    work();
  } catch {
    // What failed first is what is told.
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

/** Takes an installation away: out of the kernel first, then its file and whatever was kept of it. */
export async function removeInstallation(root: string, installation: Installation): Promise<void> {
  // What can't be removed is found before anything is.
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

/** A change that an earlier run had begun, and what became of it. */
export interface Recovered {
  pending: Pending;
  /**
   * `removed`: what was installed before is not proved either, and so is gone too. `left`: it can't be undone now, for
   * processes are confined by it or its file was changed since.
   */
  outcome: 'finished' | 'undone' | 'removed' | 'left';
  /** Why it was not finished, where it is no longer proved. */
  refusal?: NotProved;
  /** Why what was installed before was not put back. */
  earlier?: NotProved & { version: string };
}

interface NotProved {
  id: string;
  reason: string;
}

/**
 * Finishes what earlier runs have begun; what can't be finished is undone, and so is what `trust`, when left out the
 * host's trust file, does not prove any more. Nothing is loaded that it does not prove, also not to go back. Nobody
 * else may be changing anything meanwhile (see change.ts).
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
  if (!view) return { ok: false, id: 'team-untrusted', reason: 'this host trusts nobody' };
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
  // Where it stays it stays written down, whatever was tried.
  if (undone.outcome === 'left')
    await writePending(root, { kind: 'install', installation: target });
  return proof.ok ? undone : { ...undone, refusal: { id: proof.id, reason: proof.reason } };
}

/** Goes back to what was installed before, where the file may be the new one already. */
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
    // The file may be one that somebody has changed: it stays, and is not what is loaded.
    try {
      await rollBack(root, target, before, staged.path);
    } finally {
      await staged.discard();
    }
    return { outcome: 'undone' };
  }
  const earlier = { version: before.version, id: proof.id, reason: proof.reason };
  if (!isNew && (await isLoadedAs(root, before))) {
    // Nothing had happened yet. What is installed stays as untrusted as it was (see trust-check.ts).
    setMode(root, before);
    forgetPending(root, target);
    return { outcome: 'undone', earlier };
  }
  // A file that somebody has changed is not thrown away.
  if (digest !== undefined && !isNew && digest !== before.digest)
    return { outcome: 'left', earlier };
  const { outcome } = await withdraw(root, target);
  return { outcome: outcome === 'left' ? 'left' : 'removed', earlier };
}

/** Takes away what is not proved. To unload it would leave processes unconfined, so then it stays. */
async function withdraw(root: string, target: Installation): Promise<Done> {
  if (hasKernel(root) && (await confinedBy(target.name)).length > 0) return { outcome: 'left' };
  await removeInstallation(root, target);
  return { outcome: 'undone' };
}

/** Whether the kernel, where there is one, has what it had when this was installed. */
async function isLoadedAs(root: string, { name, kernel }: Installation): Promise<boolean> {
  if (!hasKernel(root)) return true;
  const state = stateOf(await readPolicy(), name);
  if (!state || !kernel) return !state && !kernel;
  return state.mode === kernel.mode && state.hashes.join() === kernel.hashes.join();
}

/** A profile that is in use again stays: the host may have been started anew since. */
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
  // The kernel has it, or nothing would be confined by it: nothing needs to be loaded.
  setMode(root, installation);
  forgetPending(root, installation);
  if (proof.ok) return { outcome: 'undone' };
  const { version } = installation;
  return { outcome: 'undone', earlier: { version, id: proof.id, reason: proof.reason } };
}
