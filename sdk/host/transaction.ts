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
  readInstallation,
  recordPlace,
  stageInstallation,
  statePlace,
  writePending,
} from './state.ts';
import { dropStored, dropUnneeded } from './store.ts';
import { makeFolder, remove, requireNoFolder, type StagedFile } from './tree.ts';

/**
 * Changes of installations, as transactions. Each is recorded before its first step (state.ts, Pending) and the record
 * removed after its last, and every step is idempotent. So after any interruption, a power cut included, boot loads a
 * whole file, old or new, and the next run finishes the change (recovery.ts).
 */
export type Put =
  | { ok: true; installation: Installation }
  /** Nothing was changed. */
  | { ok: false; reason: string };

/** Whether there is a kernel to load profiles into: for another root only files are changed. */
export function hasKernel(root: string): boolean {
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
      // The kernel replaces a file's profiles one by one, and may have taken some of several.
      if (profilesOf(target).length > 1) await rollBack(root, target, before);
      else forgetPending(root, target);
      const file = installedPath(root, target);
      return { ok: false, reason: loaded.reason.replaceAll(staged.path, file) };
    }
    reached = 'kernel';
    // The complain link is created before the file and removed after it, so that boot is never stricter than requested.
    if (target.complain) forceComplain(root, target);
    dropCompiled(root, installedName(target));
    await staged.commit();
    reached = 'file';
    return { ok: true, installation: await finish(root, target, before) };
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
  try {
    if (before) {
      await load(root, path, before);
      await unloadDropped(root, target, before);
      setMode(root, before);
    } else {
      unforceComplain(root, target);
      if (hasKernel(root)) await unload(profilesOf(target));
    }
    forgetPending(root, target);
  } catch {
    // The pending record then stays, and the next run retries.
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
