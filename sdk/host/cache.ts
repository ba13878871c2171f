import { list, lookAt, lookBehind, Place, remove } from './tree.ts';

/** Where apparmor_parser keeps compiled profiles (apparmor_parser(8), --cache-loc), a folder for each kernel. */
const places = ['var/cache/apparmor', 'etc/apparmor.d/cache.d', 'etc/apparmor.d/cache'];

/**
 * Forgets what apparmor_parser has compiled of the file `name`. It goes by times alone: where the clock was set
 * back it would take what it has compiled of an earlier version for newer than the file.
 */
export function dropCompiled(root: string, name: string): void {
  for (const path of places) {
    // Whose they are does not matter: a name is taken away, whatever has it.
    const place = new Place(root, path).ofAnybody;
    // A link, as some systems have from one of the places to another, is followed on this machine only.
    if ((root === '/' ? lookBehind(place) : lookAt(place))?.kind !== 'folder') continue;
    const kernels = list(place).filter(({ kind }) => kind === 'folder');
    for (const folder of [place, ...kernels.map((kernel) => place.at(kernel.name))]) {
      const compiled = folder.at(name);
      const found = lookAt(compiled);
      if (found && found.kind !== 'folder') remove(compiled);
    }
  }
}
