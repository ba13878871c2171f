import { type Digest, sha256 } from '../../trust/index.ts';
import { installedPlace, type Named } from './state.ts';
import { lookAt, readBytes } from './tree.ts';

/** The maximum size of a policy file, in bytes: far more than a registry accepts. */
export const maxPolicy = 8 * 1024 * 1024;

/**
 * The digest of a profile's installed file; `undefined` if it does not exist, and `other` if it is not a file that this
 * program can have installed: a link, a FIFO, writable by others, or too large.
 */
export async function digestOf(root: string, named: Named): Promise<Digest | 'other' | undefined> {
  const place = installedPlace(root, named);
  const found = lookAt(place);
  if (!found) return undefined;
  const { kind, stats, distrusted } = found;
  if (kind !== 'file' || distrusted !== undefined || stats.size > maxPolicy) return 'other';
  const bytes = readBytes(place, maxPolicy);
  return bytes && sha256(new Uint8Array(bytes));
}
