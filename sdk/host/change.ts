import type { HostTrust } from '../trust-file.ts';
import { type LockOptions, withLock } from './lock.ts';
import { type Recovered, recover } from './recovery.ts';
import { type RepairedRecord, repairRecords } from './repair.ts';
import {
  abstractionsPlace,
  listDamaged,
  listInstallations,
  policyPlace,
  statePlace,
} from './state.ts';
import { tidyStore } from './store.ts';
import { list, removeStaged } from './tree.ts';
import { withoutInterruption } from './without-interruption.ts';

export interface ChangeOptions extends LockOptions {
  /**
   * The trust that an interrupted installation is verified against before it is finished; default the host's trust
   * file.
   */
  trust?: HostTrust | undefined;
  /** Called with each interrupted change that was finished or undone before `work`. */
  onRecovered?: (recovered: Recovered) => void;
  /** Called with each damaged record that was repaired or set aside before `work`. */
  onRepaired?: (repaired: RepairedRecord) => void;
}

/**
 * Runs `work`, which may change what is installed below `root`, under the host's lock. First removes stray files,
 * repairs damaged records and finishes or undoes interrupted changes. A failure with one profile does not stop the
 * others.
 */
export async function changeHost<Result>(
  root: string,
  work: () => Promise<Result>,
  { trust, onRecovered = () => {}, onRepaired = () => {}, ...lock }: ChangeOptions = {},
): Promise<Result> {
  return withLock(
    root,
    async () => {
      removeStaged(policyPlace(root), 'aa-registry.');
      for (const { name, kind } of list(abstractionsPlace(root)))
        if (kind === 'folder') removeStaged(abstractionsPlace(root).at(name));
      for (const folder of ['installed', 'pending']) removeStaged(statePlace(root, folder));
      for (const one of await withoutInterruption(() => repairRecords(root))) onRepaired(one);
      for (const one of await withoutInterruption(() => recover(root, trust))) onRecovered(one);
      tidyStore(root, await listInstallations(root), await listDamaged(root));
      return work();
    },
    lock,
  );
}
