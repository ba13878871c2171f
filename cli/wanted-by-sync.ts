import { isSdkError } from '../sdk/error.ts';
import { profilesPlace, readProfiles, type WantedProfile } from '../sdk/profiles-file.ts';

/** The wanted profiles of a host; none if they can't be read, which `sync` reports. */
export async function wantedBySync(root: string): Promise<WantedProfile[]> {
  try {
    return (await readProfiles(profilesPlace(root))) ?? [];
  } catch (error) {
    if (isSdkError(error, 'profiles-file')) return [];
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
