import { maxPolicy } from './digest-of.ts';
import { installedPlace, type Named } from './state.ts';
import { lookAt, readText } from './tree.ts';

/** The path of an installed profile and its text; no text if the file does not exist. */
export function textInstalled(
  root: string,
  named: Named,
): { path: string; text: string | undefined } {
  const place = installedPlace(root, named);
  const isFile = lookAt(place)?.kind === 'file';
  return { path: place.path, text: isFile ? readText(place.ofAnybody, maxPolicy) : undefined };
}
