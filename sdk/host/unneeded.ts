import { packagePath } from './abstractions.ts';
import type { Installation } from './installation.ts';
import { remove } from './remove.ts';
import { listInstallations } from './state.ts';

/**
 * Removes the packages that were installed only because others needed them, and that none needs any more. Returns those.
 * One whose file was changed stays.
 */
export async function removeUnneeded(root: string): Promise<Installation[]> {
  const removed: Installation[] = [];
  let left = await listInstallations(root);
  for (;;) {
    const required = new Set(left.flatMap(({ requires = {} }) => Object.keys(requires)));
    const unneeded = left.filter(
      (one) => one.origin === 'dependency' && !required.has(packagePath(one)),
    );
    if (unneeded.length === 0) return removed;
    for (const one of unneeded) {
      if (!(await remove(one, { root })).ok) return removed;
      removed.push(one);
    }
    left = left.filter((one) => !unneeded.includes(one));
  }
}
