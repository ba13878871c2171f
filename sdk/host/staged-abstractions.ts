import { abstractionFolder } from '../../trust/index.ts';
import { type Named, statePlace } from './state.ts';
import { removeAll, write } from './tree.ts';

/** A package's bytes, before they are installed. */
export interface StagedPackage {
  named: Named;
  bytes: Uint8Array;
}

/**
 * Does `work` with a folder of the abstractions that are about to be installed, if there are any: apparmor_parser searches
 * it before the installed ones, so that the kernel gets profiles with their new abstractions before boot does.
 */
export async function withStagedAbstractions<Result>(
  root: string,
  packages: readonly StagedPackage[],
  work: (include: string | undefined) => Promise<Result>,
): Promise<Result> {
  const abstractions = packages.filter(({ named }) => named.kind === 'abstraction');
  if (abstractions.length === 0) return work(undefined);
  const folder = statePlace(root, 'staged');
  removeAll(folder);
  try {
    for (const { named, bytes } of abstractions) {
      const path = [...abstractionFolder.split('/'), named.team, named.name];
      await write(folder.at(...path), bytes, 0o644);
    }
    return await work(folder.path);
  } finally {
    removeAll(folder);
  }
}
