import { digestOf } from './digest-of.ts';
import { confinedBy, type Process } from './processes.ts';
import { type Installation, installedPath } from './state.ts';
import { takeAway } from './transaction.ts';
import { uninterrupted } from './uninterrupted.ts';

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
 * operator's own local/ file stays. Nobody else may be changing anything meanwhile (see change.ts).
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
  await uninterrupted(() => takeAway(root, installation));
  return { ok: true };
}
