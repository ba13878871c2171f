import type { Profile } from '../../db/profiles.ts';
import { blindChannel, blindName } from '../../trust/index.ts';

/** A profile's name in the log: blinded while it is private. */
export async function logEntryName(
  team: string,
  name: string,
  { visibility, blind }: Pick<Profile, 'visibility' | 'blind'>,
): Promise<string> {
  if (visibility === 'public') return name;
  if (blind === null) throw new Error(`the private profile ${team}/${name} has no blind`);
  return blindName(team, name, blind);
}

/** A channel's name in the log: blinded while its profile is private. */
export async function logEntryChannel(
  team: string,
  name: string,
  channel: string,
  { visibility, blind }: Pick<Profile, 'visibility' | 'blind'>,
): Promise<string> {
  if (visibility === 'public') return channel;
  if (blind === null) throw new Error(`the private profile ${team}/${name} has no blind`);
  return blindChannel(team, name, channel, blind);
}

/** A yank's reason in the log: hidden while the profile is private. */
export function logEntryReason(
  reason: string,
  { visibility }: Pick<Profile, 'visibility'>,
): string {
  return visibility === 'public' ? reason : 'private';
}
