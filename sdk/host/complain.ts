import { installedName, type Named } from './state.ts';
import { lookAt, makeLink, Place, remove } from './tree.ts';

/**
 * A profile's link in force-complain/, for which apparmor_parser loads the file in complain mode, also at boot. The
 * signed file stays unchanged, while aa-complain(8) would edit its flags. apparmor_parser checks the link's name only;
 * neither it nor this program follows it.
 */
export function linkPlace(root: string, named: Named): Place {
  return new Place(root, 'etc/apparmor.d/force-complain').at(installedName(named));
}

/** Whether boot loads a profile in complain mode because of its link. */
export function isForcedToComplain(root: string, named: Named): boolean {
  return lookAt(linkPlace(root, named)) !== undefined;
}

/** Makes all later loads of a profile's file use complain mode. */
export function forceComplain(root: string, named: Named): void {
  const place = linkPlace(root, named);
  if (!lookAt(place)) makeLink(place, `../${installedName(named)}`);
}

/** Makes all later loads of a profile's file use the mode of its own flags. */
export function unforceComplain(root: string, named: Named): void {
  remove(linkPlace(root, named));
}

/** Whether boot skips a profile, as after aa-disable(8). */
export function isDisabled(root: string, named: Named): boolean {
  return lookAt(new Place(root, 'etc/apparmor.d/disable').at(installedName(named))) !== undefined;
}
