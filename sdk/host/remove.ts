import { digestOf } from './digest-of.ts';
import { type Installation, loadedProfilesOf } from './installation.ts';
import { confinedBy, type Process } from './processes.ts';
import { installedPath } from './state.ts';
import { removeInstallation } from './transaction.ts';
import { withoutInterruption } from './without-interruption.ts';

export interface RemoveOptions {
  root: string;
  /** Remove it even if processes are confined by it or its file was changed. */
  force?: boolean;
}

export type Removed =
  | { ok: true }
  /** Processes are confined by it, which would become unconfined. */
  | { ok: false; id: 'profile-in-use'; processes: Process[] }
  | { ok: false; id: 'file-changed'; file: string };

/**
 * Removes an installed profile: from the kernel, with its file, record and stored versions. The operator's local/ file
 * stays. The caller holds the host's lock (see change.ts).
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
    const processes = root === '/' ? await confinedBy(loadedProfilesOf(installation)) : [];
    if (processes.length > 0) return { ok: false, id: 'profile-in-use', processes };
  }
  await withoutInterruption(() => removeInstallation(root, installation));
  return { ok: true };
}
