import { dependentsOf, packagePath } from './abstractions.ts';
import type { Installation } from './installation.ts';
import { remove } from './remove.ts';
import { listInstallations } from './state.ts';

/**
 * Removes the packages that were installed only because others needed them, and that none needs any more. Returns those.
 * One whose file was changed stays.
 */
export async function removeUnneeded(root: string): Promise<Installation[]> {
  const removed: Installation[] = [];
  for (;;) {
    const installed = await listInstallations(root);
    const unneeded = installed.find(
      (one) =>
        one.origin === 'dependency' && dependentsOf([packagePath(one)], installed).length === 0,
    );
    if (!unneeded || !(await remove(unneeded, { root })).ok) return removed;
    removed.push(unneeded);
  }
}
