import type { LogView, Reference, SeenCheckpoint } from '../../trust/index.ts';
import { type Client, RegistryError } from '../client.ts';
import { mapInParallel } from '../in-parallel.ts';
import { fetchEvidence } from './evidence.ts';
import { resolveAvailable } from './reference.ts';
import { type HostView, type Verified, verifyEvidence } from './verify.ts';

/**
 * Fetches and verifies the profile that a reference names; see {@link verifyEvidence}. Refusals are returned; a
 * registry that can't be reached throws (see {@link Client}).
 */
export function fetchVerified(
  client: Client,
  reference: Reference,
  view: HostView,
): Promise<Verified> {
  return fetchUnder(client, reference, view, undefined);
}

async function fetchUnder(
  client: Client,
  reference: Reference,
  view: HostView,
  log: LogView | undefined,
): Promise<Verified> {
  const resolved = await resolveAvailable(client, reference);
  if (!resolved.ok) return resolved;
  const { team, name } = reference;
  const path = { team, name, version: resolved.version };
  const evidence = await fetchEvidence(client, path, { ...view, ...(log && { log }) }).catch(
    (error: unknown) => {
      const isNamed = reference.selector.kind !== 'version' && log === undefined;
      if (isNamed && error instanceof RegistryError && error.status === 404) return undefined;
      throw error;
    },
  );
  if (!evidence) {
    const reason = `the registry resolves the reference to ${resolved.version}, but lacks evidence for it`;
    return { ok: false, id: 'evidence-missing', reason };
  }
  const verified = await verifyEvidence(evidence, reference, view);
  if (!verified.ok || resolved.deprecation === undefined) return verified;
  return { ...verified, profile: { ...verified.profile, deprecation: resolved.deprecation } };
}

/** The host's context for verifying several profiles. */
export interface SeveralView extends Omit<HostView, 'installed'> {
  /** The installed version of a reference's profile, if any. */
  installed: (reference: Reference) => string | undefined;
}

export interface SeveralOptions {
  /** Called with the progress of each reference, by its index. */
  onProgress?: (at: number, stage: string) => void;
}

/**
 * Fetches and verifies several profiles (see {@link fetchVerified}): the first one alone, then the others concurrently
 * under the same checkpoint, so that a log can't show a different tree to each request. The results are in the order of
 * the references; if the first is refused, it is the only result.
 */
export async function fetchAllVerified(
  client: Client,
  references: readonly Reference[],
  view: SeveralView,
  { onProgress = () => {} }: SeveralOptions = {},
): Promise<Verified[]> {
  const [first, ...rest] = references;
  if (!first) return [];
  const fetchOne = async (at: number, reference: Reference, seen = view.seen, log?: LogView) => {
    onProgress(at, 'fetching');
    const one = { ...view, seen, installed: view.installed(reference) };
    const verified = await fetchUnder(client, reference, one, log);
    onProgress(at, verified.ok ? `verified ${verified.profile.version}` : 'refused');
    return verified;
  };
  for (const at of rest.keys()) onProgress(at + 1, 'waiting');
  const leader = await fetchOne(0, first);
  if (!leader.ok) return [leader];
  const { evidence, checkpoint } = leader.profile;
  const others = await mapInParallel([...rest.entries()], ([index, reference]) =>
    fetchOne(index + 1, reference, view.seen, evidence.log).catch((error: unknown) => {
      // Published after that checkpoint, which does not include it.
      if (error instanceof RegistryError && error.status === 404) return undefined;
      throw error;
    }),
  );
  const verified: Verified[] = [leader];
  let seen: SeenCheckpoint = checkpoint;
  for (const [index, reference] of rest.entries()) {
    const one = others[index] ?? (await fetchOne(index + 1, reference, seen));
    if (one.ok && one.profile.checkpoint.size > seen.size) seen = one.profile.checkpoint;
    verified.push(one);
  }
  return verified;
}
