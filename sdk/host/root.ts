import { isSdkError, type SdkError } from '../error.ts';
import { list, lookAt, Place } from './tree.ts';

/** The folders below a system's root that this program changes. */
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
 * The first of this program's folders below `root` that it refuses to use, and why, as in an image by someone else;
 * `undefined` if all existing ones are safe. See tree.ts.
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
