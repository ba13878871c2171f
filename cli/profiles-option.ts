import type { Installation } from '../sdk/host/state.ts';
import type { Place } from '../sdk/host/tree.ts';
import {
  type LockedProfile,
  lockedVersions,
  lockPath,
  profilesPlace,
  readLock,
  readProfiles,
  type WantedProfile,
} from '../sdk/profiles-file.ts';
import { CliError, exit } from './framework/command.ts';

export const profilesOption = {
  type: 'string',
  short: 'f',
  value: 'FILE',
  description: 'The profiles wanted (default /etc/aa-registry/profiles.toml)',
} as const;

/** The wanted profiles and where they stand; the command ends where there is no such file. */
export async function requireProfiles(
  { profiles }: { profiles?: string },
  root: string,
): Promise<{ path: string | Place; wanted: WantedProfile[] }> {
  const path = profiles ?? profilesPlace(root);
  const wanted = await readProfiles(path);
  if (wanted) return { path, wanted };
  throw new CliError(
    exit.failed,
    `Nothing was changed: there is no ${path}.`,
    'It says what this host is to have, such as: profiles = ["docker-nginx", "acme/web@^1.2"]',
  );
}

/** What the wanted profiles are locked to, where there is a lock file. */
export async function readLockFor(
  path: string | Place,
  wanted: readonly WantedProfile[],
): Promise<LockedProfile[] | undefined> {
  const file = lockPath(path);
  const locked = await readLock(file);
  return locked && lockedVersions(file, wanted, locked);
}

/** What was installed by "pull" and is not among the wanted profiles: no sync changes or removes it. */
export function unlisted(
  installed: readonly Installation[],
  wanted: readonly WantedProfile[],
): Installation[] {
  return installed.filter(
    ({ team, name, origin }) =>
      origin === 'pull' &&
      !wanted.some(({ reference }) => reference.team === team && reference.name === name),
  );
}
