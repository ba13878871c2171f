import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Where apparmor_parser keeps compiled profiles (apparmor_parser(8), --cache-loc), a folder for each kernel. */
const places = ['var/cache/apparmor', 'etc/apparmor.d/cache.d', 'etc/apparmor.d/cache'];

/**
 * Forgets what apparmor_parser has compiled of the file `name`. It goes by times alone: where the clock was set
 * back it would take what it has compiled of an earlier version for newer than the file.
 */
export async function dropCompiled(root: string, name: string): Promise<void> {
  for (const place of places) {
    const folder = join(root, place);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    // Not behind links: in an image they may lead anywhere.
    const kernels = entries.filter((entry) => entry.isDirectory());
    for (const path of [folder, ...kernels.map((kernel) => join(folder, kernel.name))]) {
      await unlink(join(path, name)).catch(() => {});
    }
  }
}
