import { type Client, RegistryError } from '../sdk/client.ts';
import { fetchDependencyTexts } from '../sdk/dependency-texts.ts';
import { compareVersionTexts, type NamedText, type PolicyChange } from '../sdk/policy-change.ts';
import { type Manifest, sha256 } from '../trust/index.ts';
import { includeResolver } from './include-options.ts';

/** What a new version permits in place of the latest one. */
export interface LatestChange {
  /** The version of the latest one. */
  latest: string;
  change: PolicyChange;
}

/** A version to be published. */
interface NewVersion {
  team: string;
  name: string;
  version: string;
  text: string;
  manifest: Manifest;
}

/**
 * Compares the text of a new version with the profile's latest version, by this machine's base policy. `undefined` if there
 * is none, or if it is the same version.
 */
export async function compareWithLatest(
  client: Client,
  { team, name, version, text, manifest }: NewVersion,
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
  const sides: NamedText[] = [];
  for (const [number, its, own] of [
    [latest, profile?.manifest ?? manifest, before],
    [version, manifest, text],
  ] as const) {
    const found = await fetchDependencyTexts(client, `${team}/${name}`, its);
    if (!found.ok) return { latest, change: { known: false, reason: found.reason } };
    sides.push({
      ...{ name: `${team}/${name}@${number}`, text: own },
      ...(its.dependencies && { files: found.files }),
      ...(its.kind === 'abstraction' && { body: name }),
    });
  }
  const [from, to] = sides as [NamedText, NamedText];
  return { latest, change: compareVersionTexts(from, to, { resolver: includeResolver({}) }) };
}
