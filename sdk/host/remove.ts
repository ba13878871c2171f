import { digestOf } from './digest-of.ts';
import { confinedBy, type Process } from './processes.ts';
import { type Installation, installedPath } from './state.ts';
import { removeInstallation } from './transaction.ts';
import { withoutInterruption } from './without-interruption.ts';

export interface RemoveOptions {
  root: string;
  /** Also when processes are confined by it, or when its file was changed. */
  force?: boolean;
}

export type Removed =
  | { ok: true }
  /** Processes are confined by it: without it they would be unconfined from then on. */
  | { ok: false; id: 'profile-in-use'; processes: Process[] }
  | { ok: false; id: 'file-changed'; file: string };

/**
 * Removes what this program installed: from the kernel, its file, its record and what was kept of it. The
 * operator's own local/ file stays. The caller holds the host's lock (see change.ts).
 */
export async function remove(
  installation: Installation,
  { root, force = false }: RemoveOptions,
): Promise<Removed> {
  if (!force) {
    const digest = await digestOf(root, installation);
    if (digest !== undefined && digest !== installation.digest) {
      return { ok: false, id: 'file-changed', file: installedPath(root, installation) };
    }
    const processes = root === '/' ? await confinedBy(installation.name) : [];
    if (processes.length > 0) return { ok: false, id: 'profile-in-use', processes };
  }
  await withoutInterruption(() => removeInstallation(root, installation));
  return { ok: true };
}
