import { dependentsOf, packagePath } from '../host/abstractions.ts';
import { checkTarget, type TargetRefusal } from '../host/install.ts';
import type { Installation } from '../host/installation.ts';
import type { Process } from '../host/processes.ts';
import { remove as removeInstallation } from '../host/remove.ts';
import { listInstallations } from '../host/state.ts';
import { rank } from '../host/transaction.ts';
import { removeUnneeded } from '../host/unneeded.ts';
import type { Refusal } from '../refusal.ts';
import { explainingErrors } from '../system-error.ts';
import {
  change,
  checkRoot,
  type HostEvent,
  type HostOptions,
  type NoRootRefusal,
  rootOf,
} from './context.ts';
import { findInstalled, type NotInstalledRefusal, pathOf } from './installed.ts';

export interface RemoveOptions extends HostOptions<RemoveEvent> {
  /** Remove it even if processes are confined by it, which become unconfined, or if its file was changed. */
  force?: boolean | undefined;
}

export type RemoveEvent = HostEvent | { kind: 'removed'; installation: Installation };

export type RemoveRefusal =
  | NoRootRefusal
  | TargetRefusal
  | NotInstalledRefusal
  /** Installed packages need it. */
  | (Refusal<'package-needed'> & { dependents: Installation[] })
  | (Refusal<'file-changed'> & { file: string })
  /** The processes confined by it, which would become unconfined. */
  | (Refusal<'profile-in-use'> & { processes: Process[] });

/**
 * Unloads a profile and removes its file, by its name or `team/name`. Refused if processes are confined by it or its
 * file was changed since it was installed, unless `force` is set. The administrator's `local/` file stays.
 */
export async function remove(
  name: string,
  options: RemoveOptions = {},
): Promise<{ ok: true; installation: Installation } | RemoveRefusal> {
  const report = await removeAll([name], options);
  return report.ok ? { ok: true, installation: report.items[0] as Installation } : report;
}

/** Like {@link remove} for several: all must be installed before the first is removed. `items` has the removed ones. */
export async function removeAll(
  names: readonly string[],
  options: RemoveOptions = {},
): Promise<({ ok: true } | RemoveRefusal) & { items: Installation[] }> {
  return explainingErrors(() => removeEach(names, options));
}

async function removeEach(
  names: readonly string[],
  options: RemoveOptions,
): Promise<({ ok: true } | RemoveRefusal) & { items: Installation[] }> {
  const { force = false, onEvent: emit = () => {} } = options;
  const root = rootOf(options);
  const refusal = await checkRoot(root);
  if (refusal) return { ...refusal, items: [] };
  const target = await checkTarget({ root });
  if (!target.ok) return { ...target, items: [] };
  return change(root, options, async () => {
    const items: Installation[] = [];
    const wanted: Installation[] = [];
    for (const name of names) {
      const found = await findInstalled(root, name);
      if (!found.ok) return { ...found, items };
      wanted.push(found.installation);
    }
    const needed = await findNeeded(root, wanted);
    if (needed) return { ...needed, items };
    for (const installation of wanted.toSorted((a, b) => rank(b) - rank(a))) {
      const removed = await removeInstallation(installation, { root, force });
      if (!removed.ok) return { ...removed, reason: refusalReason(installation, removed), items };
      items.push(installation);
      emit({ kind: 'removed', installation });
    }
    for (const installation of await removeUnneeded(root)) emit({ kind: 'removed', installation });
    return { ok: true, items };
  });
}

/** Refuses to remove a package that others which stay need. */
async function findNeeded(
  root: string,
  wanted: readonly Installation[],
): Promise<Extract<RemoveRefusal, { id: 'package-needed' }> | undefined> {
  const installed = await listInstallations(root);
  const paths = wanted.map(packagePath);
  for (const path of paths) {
    const dependents = dependentsOf([path], installed).filter(
      (one) => !paths.includes(packagePath(one)),
    );
    if (dependents.length === 0) continue;
    const reason = `installed packages need ${path}: ${dependents.map(pathOf).join(', ')}`;
    return { ok: false, id: 'package-needed', reason, dependents };
  }
  return undefined;
}

type NotRemoved = Extract<Awaited<ReturnType<typeof removeInstallation>>, { ok: false }>;

/** Why a profile was not removed, as the second half of a sentence. */
export function refusalReason(installation: Installation, refused: NotRemoved): string {
  if (refused.id === 'file-changed') return `${refused.file} was changed since it was installed`;
  const named = refused.processes.map(({ pid, command }) => `${command} (${pid})`).join(', ');
  return `processes are confined by ${pathOf(installation)}: ${named}`;
}
