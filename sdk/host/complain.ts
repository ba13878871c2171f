import { lstat, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeFile, syncFolder } from './atomic.ts';
import { installedName, type Named } from './state.ts';

/**
 * A profile's link in force-complain/, which has apparmor_parser load that file in complain mode, at boot too. The
 * file itself stays what its team has signed; aa-complain(8) would change its flags.
 */
function linkPath(root: string, named: Named): string {
  return join(root, 'etc/apparmor.d/force-complain', installedName(named));
}

/** Whether boot loads a profile in complain mode by its link. */
export function isForcedToComplain(root: string, named: Named): Promise<boolean> {
  return exists(linkPath(root, named));
}

/** Has every later load of a profile's file be in complain mode. */
export async function forceComplain(root: string, named: Named): Promise<void> {
  const path = linkPath(root, named);
  if (await exists(path)) return;
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await symlink(join('..', installedName(named)), path);
  await syncFolder(dirname(path));
}

/** Has every later load of a profile's file be in the mode that its own flags say. */
export async function unforceComplain(root: string, named: Named): Promise<void> {
  await removeFile(linkPath(root, named));
}

/** Whether boot skips a profile, as after aa-disable(8). */
export function isDisabled(root: string, named: Named): Promise<boolean> {
  return exists(join(root, 'etc/apparmor.d/disable', installedName(named)));
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
