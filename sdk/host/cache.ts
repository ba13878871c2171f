import { list, lookAt, lookBehind, Place, remove } from './tree.ts';

/** Where apparmor_parser caches compiled profiles (apparmor_parser(8), --cache-loc), with a folder for each kernel. */
const places = ['var/cache/apparmor', 'etc/apparmor.d/cache.d', 'etc/apparmor.d/cache'];

/**
 * Removes the cached compilation of the file `name`. apparmor_parser compares times only, so after the clock was set
 * back it could take the compilation of an earlier version for current.
 */
export function dropCompiled(root: string, name: string): void {
  for (const path of places) {
    // The owner is not checked: only names are removed.
    const place = new Place(root, path).ofAnybody;
    // A link between these places, as on some systems, is followed on this machine only.
    if ((root === '/' ? lookBehind(place) : lookAt(place))?.kind !== 'folder') continue;
    const kernels = list(place).filter(({ kind }) => kind === 'folder');
    for (const folder of [place, ...kernels.map((kernel) => place.at(kernel.name))]) {
      const compiled = folder.at(name);
      const found = lookAt(compiled);
      if (found && found.kind !== 'folder') remove(compiled);
    }
  }
}
