import type { HostTrust } from '../trust-file.ts';
import { type LockOptions, withLock } from './lock.ts';
import { type RepairedRecord, repairRecords } from './repair.ts';
import { listDamaged, listInstallations, policyPlace, statePlace } from './state.ts';
import { tidyStore } from './store.ts';
import { type Recovered, recover } from './transaction.ts';
import { removeStaged } from './tree.ts';
import { uninterrupted } from './uninterrupted.ts';

export interface ChangeOptions extends LockOptions {
  /** By which what an earlier run had begun is proved before it is finished; the host's trust file when left out. */
  trust?: HostTrust | undefined;
  /** Told of each change that an earlier run had begun and that was dealt with before `work`. */
  onRecovered?: (recovered: Recovered) => void;
  /** Told of each record that was damaged and dealt with before that. */
  onRepaired?: (repaired: RepairedRecord) => void;
}

/**
 * Does `work`, which may change what is installed below `root`: alone, and after what an earlier run has left
 * half done is finished, its stray files are gone and damaged records are dealt with: one profile's trouble is no
 * other's.
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
      for (const folder of ['installed', 'pending']) removeStaged(statePlace(root, folder));
      for (const one of await uninterrupted(() => repairRecords(root))) onRepaired(one);
      for (const one of await uninterrupted(() => recover(root, trust))) onRecovered(one);
      tidyStore(root, await listInstallations(root), await listDamaged(root));
      return work();
    },
    lock,
  );
}
