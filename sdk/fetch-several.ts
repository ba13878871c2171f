import type { Reference, SeenCheckpoint } from '../trust/index.ts';
import { type Client, RegistryError } from './client.ts';
import {
  chooseVersion,
  fetchEvidence,
  fetchVerified,
  type Verified,
  verifyEvidence,
  withDeprecation,
} from './fetch.ts';
import type { RevokedByTeam } from './host/seen.ts';
import { mapInParallel } from './in-parallel.ts';
import type { HostTrust } from './trust-file.ts';

/** What a host knows when it asks for several profiles. */
export interface SeveralView {
  trust: HostTrust;
  seen: SeenCheckpoint | undefined;
  /** The keys that it has seen revoked. */
  revoked: RevokedByTeam;
  /** The version that is installed of what a reference names, when one is. */
  installed: (reference: Reference) => string | undefined;
  now?: Date;
}

export interface SeveralOptions {
  /** Told how far each reference is, by its place. */
  onProgress?: (at: number, stage: string) => void;
}

/**
 * Fetches and proves several profiles (see {@link fetchVerified}): the first one alone, the others at the same
 * time, under the very checkpoint that the first was proved under. So a log that shows itself differently to each
 * request has no use of it. The answers are in the references' order.
 */
export async function fetchSeveral(
  client: Client,
  references: readonly Reference[],
  view: SeveralView,
  { onProgress = () => {} }: SeveralOptions = {},
): Promise<Verified[]> {
  const [first, ...rest] = references;
  if (!first) return [];
  const viewOf = (reference: Reference, seen = view.seen) => ({
    ...view,
    seen,
    installed: view.installed(reference),
  });
  const told = (at: number, verified: Verified) => {
    onProgress(at, verified.ok ? `verified ${verified.profile.version}` : 'refused');
    return verified;
  };
  for (const at of references.keys()) onProgress(at, at === 0 ? 'fetching' : 'waiting');
  const leader = told(0, await fetchVerified(client, first, viewOf(first)));
  if (!leader.ok) return [leader];
  const { evidence, checkpoint } = leader.profile;

  const under = async (reference: Reference, at: number): Promise<Verified | undefined> => {
    onProgress(at, 'fetching');
    const resolved = await chooseVersion(client, reference);
    if (!resolved.ok) return told(at, resolved);
    const { team, name } = reference;
    const path = { team, name, version: resolved.version };
    try {
      const found = await fetchEvidence(client, path, { ...view, log: evidence.log });
      const verified = await verifyEvidence(found, reference, viewOf(reference));
      return told(at, withDeprecation(verified, resolved.deprecation));
    } catch (error) {
      // Published since that checkpoint, which has no proof of it.
      if (error instanceof RegistryError && error.status === 404) return undefined;
      throw error;
    }
  };
  const others = await mapInParallel([...rest.entries()], ([at, reference]) =>
    under(reference, at + 1),
  );
  const verified: Verified[] = [leader];
  let seen: SeenCheckpoint = checkpoint;
  for (const [index, reference] of rest.entries()) {
    const at = index + 1;
    const known = others[index];
    const one = known ?? told(at, await fetchVerified(client, reference, viewOf(reference, seen)));
    if (one.ok && one.profile.checkpoint.size > seen.size) seen = one.profile.checkpoint;
    verified.push(one);
  }
  return verified;
}
