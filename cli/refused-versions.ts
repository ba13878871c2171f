// Which versions of a team hosts refuse once keys are revoked.
import type { Client } from '../sdk/client.ts';
import { defaultChannel } from '../trust/index.ts';

/** The maximum number of profiles looked at; each takes two requests. */
export const maxProfiles = 200;

/** The versions of a profile that hosts refuse, and the channels that point at them. */
export interface RefusedVersions {
  team: string;
  name: string;
  /** Highest first. */
  versions: string[];
  channels: Record<string, string>;
  /** The version that references without one resolve to, if it is refused. */
  default: string | null;
}

/**
 * The versions of a team's profiles that the key has signed and none of its `valid` keys, so that hosts refuse them.
 * `complete` is false if the team has more than {@link maxProfiles} profiles.
 */
export async function findRefusedVersions(
  client: Client,
  team: string,
  { keyId, valid }: { keyId: string; valid: readonly string[] },
): Promise<{ refused: RefusedVersions[]; complete: boolean }> {
  const isRefused = (signers: readonly string[]) =>
    signers.includes(keyId) && !signers.some((id) => valid.includes(id));
  const refused: RefusedVersions[] = [];
  let seen = 0;
  let cursor: string | undefined;
  do {
    const page = await client.listProfiles({ team, limit: 100, cursor });
    for (const { name, latest } of page.items) {
      if (++seen > maxProfiles) return { refused, complete: false };
      const path = { team, name };
      const versions = (await client.listVersions(path))
        .filter(({ signers }) => isRefused(signers))
        .map(({ version }) => version);
      if (versions.length === 0) continue;
      const all = Object.entries((await client.getProfile(path)).channels);
      const channels = Object.fromEntries(all.filter(([, version]) => versions.includes(version)));
      const byDefault = all.find(([channel]) => channel === defaultChannel)?.[1] ?? latest;
      refused.push({
        ...path,
        versions,
        channels,
        default: versions.includes(byDefault) ? byDefault : null,
      });
    }
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return { refused, complete: true };
}

/** The maximum number of versions that a line names. */
const maxNamed = 5;

/** A line of text for the refused versions of a profile. */
export function describeRefused(one: RefusedVersions): string {
  const { team, name, versions, channels } = one;
  const named = versions.slice(0, maxNamed).join(', ');
  const more = versions.length > maxNamed ? ` and ${versions.length - maxNamed} more` : '';
  const moved = Object.entries(channels).map(
    ([channel, version]) => `channel ${channel} (${version})`,
  );
  const resolved =
    one.default !== null && !Object.hasOwn(channels, defaultChannel)
      ? [`references without a version (${one.default})`]
      : [];
  const affected = [...resolved, ...moved];
  return `${team}/${name}: ${named}${more}${affected.length > 0 ? `; affects ${affected.join(', ')}` : ''}`;
}
