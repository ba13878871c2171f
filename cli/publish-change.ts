import { type Client, RegistryError } from '../sdk/client.ts';
import { compareVersionTexts, type PolicyChange } from '../sdk/policy-change.ts';
import { sha256 } from '../trust/index.ts';
import { includeResolver } from './include-options.ts';

/** What a new version permits in place of the latest one. */
export interface LatestChange {
  /** The version of the latest one. */
  latest: string;
  change: PolicyChange;
}

/**
 * Compares the text of a new version with the profile's latest version, by this machine's base policy. `undefined` if there
 * is none, or if it is the same version.
 */
export async function compareWithLatest(
  client: Client,
  { team, name, version, text }: { team: string; name: string; version: string; text: string },
): Promise<LatestChange | undefined> {
  const profile = await client.getProfile({ team, name }).catch((error: unknown) => {
    if (error instanceof RegistryError && error.status === 404) return undefined;
    throw error;
  });
  const { version: latest, digest } = profile?.latest ?? {};
  if (latest === undefined || latest === version) return undefined;
  const bytes = await client.getContent({ team, name, version: latest });
  if ((await sha256(bytes)) !== digest) {
    return { latest, change: { known: false, reason: 'the registry sent other bytes' } };
  }
  const before = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const change = compareVersionTexts(
    { name: `${team}/${name}@${latest}`, text: before },
    { name: `${team}/${name}@${version}`, text },
    { resolver: includeResolver({}) },
  );
  return { latest, change };
}
