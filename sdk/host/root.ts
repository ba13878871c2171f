import { isSdkError, type SdkError } from '../error.ts';
import { list, lookAt, Place } from './tree.ts';

/** The folders below a system's root in which this program writes and removes files. */
const places = [
  'etc/apparmor.d',
  'etc/apparmor.d/force-complain',
  'etc/aa-registry',
  'var/lib/aa-registry',
  'var/lib/aa-registry/installed',
  'var/lib/aa-registry/pending',
  'var/lib/aa-registry/kept',
  'var/lib/aa-registry/set-aside',
  'var/lib/aa-registry/log',
];

/**
 * The first of the folders of this program below `root` that it would not use, as one in an image that somebody else
 * has made may be, and why; `undefined` when all that are there are as they should be. See tree.ts.
 */
export function findUnsafe(root: string): SdkError | undefined {
  try {
    for (const path of places) {
      const place = new Place(root, path);
      if (lookAt(place)) list(place);
    }
    return undefined;
  } catch (error) {
    if (isSdkError(error, 'unsafe-place')) return error;
    throw error;
  }
}
