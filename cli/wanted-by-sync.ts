import { isSdkError } from '../sdk/error.ts';
import {
  lockPath,
  profilesPlace,
  readLock,
  readProfiles,
  type WantedProfile,
} from '../sdk/profiles-file.ts';
import { formatReference } from '../trust/index.ts';

/** The wanted profiles of a host; none if they can't be read, which `sync` reports. */
export async function wantedBySync(root: string): Promise<WantedProfile[]> {
  try {
    return (await readProfiles(profilesPlace(root))) ?? [];
  } catch (error) {
    if (isSdkError(error, 'profiles-file')) return [];
    throw error;
  }
}

/** The version of a wanted profile in the host's lock file; `undefined` if there is none or the file can't be read. */
export async function lockedVersion(
  root: string,
  { reference }: WantedProfile,
): Promise<string | undefined> {
  try {
    const lock = await readLock(lockPath(profilesPlace(root)));
    return lock?.profiles.find((one) => one.reference === formatReference(reference))?.version;
  } catch (error) {
    if (isSdkError(error, 'profiles-file')) return undefined;
    throw error;
  }
}

/** The entry of a profile among those wanted. */
export function entryOf(
  wanted: readonly WantedProfile[],
  { team, name }: { team: string; name: string },
): WantedProfile | undefined {
  return wanted.find(({ reference }) => reference.team === team && reference.name === name);
}
