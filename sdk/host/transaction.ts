import { dropCompiled } from './cache.ts';
import { forceComplain, linkPlace, unforceComplain } from './complain.ts';
import { type Installation, loadedProfilesOf, profilesOf } from './installation.ts';
import { readPolicy, stateOf, unload } from './kernel.ts';
import { findParser, loadArguments, runParser } from './parser.ts';
import { confinedBy } from './processes.ts';
import {
  forgetInstallation,
  forgetPending,
  installedName,
  installedPath,
  installedPlace,
  type Named,
  type Pending,
  readInstallation,
  recordPlace,
  stageInstallation,
  statePlace,
  writePending,
} from './state.ts';
import { dropStored, dropUnneeded } from './store.ts';
import {
  type Former,
  holdFormer,
  makeFolder,
  remove,
  requireNoFolder,
  type StagedFile,
} from './tree.ts';

/**
 * Changes of installations, as transactions. Each is recorded before its first step (state.ts, Pending) and the record
 * removed after its last, and every step is idempotent. So after any interruption, a power cut included, boot loads a
 * whole file, old or new, and the next run finishes the change (recovery.ts).
 */
export type Put =
  | { ok: true; installations: Installation[] }
  /** Nothing was changed. */
  | { ok: false; reason: string };

/** A package that is installed, and its staged file. */
export interface Part {
  target: Installation;
  staged: StagedFile;
}

/** Whether there is a kernel to load profiles into: for another root only files are changed. */
export function hasKernel(root: string): boolean {
  return root === '/';
}

/**
 * Installs staged files as described in their targets: all, or none. The kernel must accept them before they get the names
 * that boot loads; otherwise it keeps what it had. Abstractions come before the profiles that include them.
 *
 * @param include the folder that has the staged abstractions, for the kernel
 * @param replaced what was installed before a change that was interrupted, whose records may be the new ones already
 */
export async function put(
  root: string,
  given: readonly Part[],
  {
    include,
    replaced,
  }: { include: string | undefined; replaced?: readonly Installation[] | undefined },
): Promise<Put> {
  const parts = [...given].sort((a, b) => rank(a.target) - rank(b.target));
  const targets = parts.map(({ target }) => target);
  const before = new Map<Installation, Installation | undefined>();
  for (const target of targets) {
    const former = replaced?.find((one) => one.team === target.team && one.name === target.name);
    before.set(target, replaced ? former : await readInstallation(root, target));
  }
  const loaded: Installation[] = [];
  const discard = async (from: readonly Part[]) => {
    for (const { staged } of from) await staged.discard().catch(() => {});
  };
  /** Makes the kernel return to what it had. */
  const giveBack = async () => {
    for (const target of [...loaded].reverse())
      await rollBackLoaded(root, target, before.get(target));
  };
  const formers: Former[] = [];
  let committed = 0;
  try {
    for (const target of targets) {
      requireNoFolder(recordPlace(root, 'installed', target));
      requireNoFolder(linkPlace(root, target));
      if (parts.length > 1) formers.push(holdFormer(installedPlace(root, target)));
    }
    // If this can't be recorded, nothing is installed.
    makeFolder(statePlace(root, 'installed'));
    await writePending(root, pendingOf(given, before));
    for (const { target, staged } of parts) {
      const done = await load(root, staged.path, target, include);
      // The kernel replaces a file's profiles one by one, and may have taken some of several.
      if (done.ok || profilesOf(target).length > 1) loaded.push(target);
      if (done.ok) continue;
      await discard(parts);
      if (await succeeds(giveBack)) forgetPendingOf(root, given);
      const reason = done.reason.replaceAll(staged.path, installedPath(root, target));
      return { ok: false, reason };
    }
    for (const { target, staged } of parts) {
      // The complain link is created before the file and removed after it, so that boot is never stricter than requested.
      if (target.complain) forceComplain(root, target);
      dropCompiled(root, installedName(target));
      await staged.commit();
      committed++;
    }
    const installations: Installation[] = [];
    for (const target of targets)
      installations.push(await finish(root, target, before.get(target)));
    forgetPendingOf(root, given);
    for (const target of targets) await writeCache(root, target);
    return { ok: true, installations };
  } catch (error) {
    await discard(parts);
    // Boot may load new files already that are not to go back, so the next run finishes the change.
    if (committed === parts.length || replaced) throw error;
    const goBack = async () => {
      for (const former of formers.slice(0, committed)) former.restore();
      await giveBack();
    };
    if (await succeeds(goBack)) tryTo(() => forgetPendingOf(root, given));
    throw error;
  } finally {
    for (const former of formers) tryTo(former.discard);
  }
}

/** The order of packages that change together: abstractions are read by the profiles that include them. */
export function rank({ kind }: Installation): number {
  return kind === 'abstraction' ? 0 : 1;
}

/** The record of a change: that of its first package names the others, and what was installed before. */
function pendingOf(
  [first, ...others]: readonly Part[],
  before: ReadonlyMap<Installation, Installation | undefined>,
): Pending {
  if (!first) throw new TypeError('a change has a package');
  const { target: installation } = first;
  if (others.length === 0) return { kind: 'install', installation };
  return {
    ...{ kind: 'install', installation },
    others: others.map(({ target }) => target),
    replaced: [...before.values()].flatMap((one) => one ?? []),
  };
}

function forgetPendingOf(root: string, [first]: readonly Part[]): void {
  if (first) forgetPending(root, first.target);
}

async function succeeds(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch {
    // The pending record then stays, and the next run retries.
    return false;
  }
}

/** The remaining steps of an installation once its file is in place and the kernel has it. */
async function finish(
  root: string,
  target: Installation,
  before: Installation | undefined,
): Promise<Installation> {
  if (!target.complain) unforceComplain(root, target);
  const left = before ? await unloadDropped(root, before, target) : [];
  const kernel = hasKernel(root) ? stateOf(await readPolicy(), profilesOf(target)) : undefined;
  const installation = { ...target, kernel, ...(left.length > 0 && { leftLoaded: left }) };
  await stageInstallation(root, installation).commit();
  dropUnneeded(root, installation);
  return installation;
}

/** Compiles an installed profile so that boot need not. In complain mode apparmor_parser caches nothing. */
async function writeCache(root: string, target: Installation): Promise<void> {
  const parser = await findParser();
  if (!parser || !hasKernel(root) || target.complain || profilesOf(target).length === 0) return;
  const cache = ['--quiet', '--skip-kernel-load', '--skip-read-cache', '--write-cache'];
  await runParser(parser, [...cache, installedPath(root, target)]);
}

/**
 * Unloads the profiles of `from` that `to` does not define. Those that confine processes stay, as these would become
 * unconfined; returns them.
 */
async function unloadDropped(
  root: string,
  from: Installation,
  to: Installation,
): Promise<string[]> {
  if (!hasKernel(root)) return [];
  const kept = profilesOf(to);
  const left: string[] = [];
  for (const name of loadedProfilesOf(from)) {
    if (kept.includes(name)) continue;
    if ((await confinedBy([name])).length > 0) left.push(name);
    else await unload([name]);
  }
  return left;
}

/**
 * Makes the kernel return to the previous installation after a failed change: to the file at `path`, by default the
 * installed one.
 */
export async function rollBack(
  root: string,
  target: Installation,
  before: Installation | undefined,
  path = installedPath(root, target),
): Promise<void> {
  if (await succeeds(() => rollBackLoaded(root, target, before, path))) forgetPending(root, target);
}

async function rollBackLoaded(
  root: string,
  target: Installation,
  before: Installation | undefined,
  path = installedPath(root, target),
): Promise<void> {
  if (before) {
    await load(root, path, before);
    await unloadDropped(root, target, before);
    setMode(root, before);
  } else {
    unforceComplain(root, target);
    if (hasKernel(root)) await unload(profilesOf(target));
  }
}

/** Sets the mode in which boot loads it. */
export function setMode(root: string, installation: Installation): void {
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
  installation: Installation,
  include?: string,
): Promise<{ ok: true } | { ok: false; reason: string }> {
  if (!hasKernel(root) || profilesOf(installation).length === 0) return { ok: true };
  const parser = await findParser();
  if (!parser) return { ok: false, reason: 'apparmor_parser is not installed' };
  const { complain } = installation;
  return runParser(parser, loadArguments(path, { complain, include }));
}

/** Removes an installation: first from the kernel, then its file and everything stored for it. */
export async function removeInstallation(root: string, installation: Installation): Promise<void> {
  // Files that can't be removed are detected before anything is changed.
  requireNoFolder(installedPlace(root, installation));
  requireNoFolder(recordPlace(root, 'installed', installation));
  requireNoFolder(linkPlace(root, installation));
  makeFolder(statePlace(root, 'installed'));
  await writePending(root, { kind: 'remove', installation });
  if (hasKernel(root)) await unload(loadedProfilesOf(installation));
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
