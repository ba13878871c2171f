import { installedName, type Named } from './state.ts';
import { lookAt, makeLink, Place, remove } from './tree.ts';

/**
 * A profile's link in force-complain/, which has apparmor_parser load that file in complain mode, at boot too. The
 * file itself stays what its team has signed; aa-complain(8) would change its flags. apparmor_parser goes by its name
 * alone, and neither it nor this program follows it.
 */
export function linkPlace(root: string, named: Named): Place {
  return new Place(root, 'etc/apparmor.d/force-complain').at(installedName(named));
}

/** Whether boot loads a profile in complain mode by its link. */
export function isForcedToComplain(root: string, named: Named): boolean {
  return lookAt(linkPlace(root, named)) !== undefined;
}

/** Has every later load of a profile's file be in complain mode. */
export function forceComplain(root: string, named: Named): void {
  const place = linkPlace(root, named);
  if (!lookAt(place)) makeLink(place, `../${installedName(named)}`);
}

/** Has every later load of a profile's file be in the mode that its own flags say. */
export function unforceComplain(root: string, named: Named): void {
  remove(linkPlace(root, named));
}

/** Whether boot skips a profile, as after aa-disable(8). */
export function isDisabled(root: string, named: Named): boolean {
  return lookAt(new Place(root, 'etc/apparmor.d/disable').at(installedName(named))) !== undefined;
}
