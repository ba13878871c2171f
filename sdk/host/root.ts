import { realpath } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** Where this program writes and removes files below a system's root. */
const places = [
  'etc/apparmor.d',
  'etc/apparmor.d/force-complain',
  'etc/apparmor.d/cache',
  'etc/apparmor.d/cache.d',
  'etc/aa-registry',
  'var/lib/aa-registry',
  'var/lib/aa-registry/installed',
  'var/lib/aa-registry/pending',
  'var/lib/aa-registry/kept',
  'var/cache/apparmor',
];

/**
 * A place below `root` that a link leads out of, as in an image that somebody else has made; `undefined` when
 * there is none. This machine's own root has no outside.
 */
export async function findEscape(root: string): Promise<string | undefined> {
  if (root === '/') return undefined;
  const real = await nearestReal(root);
  for (const place of places) {
    const path = join(root, place);
    const away = relative(real, await nearestReal(path));
    if (away === '..' || away.startsWith('../')) return path;
  }
  return undefined;
}

/** The real path of what exists of a path. */
async function nearestReal(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return nearestReal(dirname(path));
  }
}
