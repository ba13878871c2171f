import type { Place } from '../sdk/host/tree.ts';
import { profilesPlace, readProfiles, type WantedProfile } from '../sdk/profiles-file.ts';
import { refused } from './refused.ts';

export const profilesOption = {
  type: 'string',
  short: 'f',
  value: 'FILE',
  description: 'The list of profiles (default /etc/aa-registry/profiles.toml)',
} as const;

/** The wanted profiles and their file. Throws if there is no such file. */
export async function requireProfiles(
  { profiles }: { profiles?: string },
  root: string,
): Promise<{ path: string | Place; wanted: WantedProfile[] }> {
  const path = profiles ?? profilesPlace(root);
  const wanted = await readProfiles(path);
  if (wanted) return { path, wanted };
  throw refused({ ok: false, id: 'no-profiles-file', reason: `${path} does not exist` });
}
