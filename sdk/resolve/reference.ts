import type { Resolutions } from '../../contract/index.ts';
import { maxReferences } from '../../contract/resolve.ts';
import { type Digest, formatReference, type Reference } from '../../trust/index.ts';
import { type Client, oneLine, RegistryError, UnreachableError } from '../client.ts';

// What a registry says a reference means. Nothing here is verified.

/** The version that a reference means. */
export type Resolved =
  | {
      ok: true;
      version: string;
      /** Why it was yanked; absent for a reference that names just that version. */
      yanked?: string | undefined;
      /** Why the profile should not be used any more, when its team says so. */
      deprecation?: string | undefined;
    }
  | { ok: false; id: UnresolvedId | 'version-yanked'; reason: string };

/** The registry's problems that answer the question: the profile exists, and no version of it matches. */
const unresolvedIds = ['channel-unknown', 'range-unsatisfied'] as const;
export type UnresolvedId = (typeof unresolvedIds)[number];

/** Whether this is the id of a reference that no available version matches: nothing was refused. */
export function isUnresolved(id: string): boolean {
  return id === 'version-yanked' || unresolvedIds.some((one) => one === id);
}

/** The version to install for a reference: what {@link resolveReference} says, unless that was yanked. */
export async function resolveAvailable(client: Client, reference: Reference): Promise<Resolved> {
  const resolved = await resolveReference(client, reference);
  if (!resolved.ok || resolved.yanked === undefined) return resolved;
  const { version, yanked } = resolved;
  const named = formatReference({ ...reference, selector: { kind: 'version', version } });
  return {
    ok: false,
    id: 'version-yanked',
    reason: `${named} was yanked (${yanked}); ask for it like that if you want it all the same`,
  };
}

/** The version that a reference means. An exact version is not asked about. */
export async function resolveReference(client: Client, reference: Reference): Promise<Resolved> {
  const { selector } = reference;
  if (selector.kind === 'version') return { ok: true, version: selector.version };
  const answer = await client.resolve([reference]).catch(toUnresolved);
  if (answer && 'ok' in answer) return answer;
  const [found] = answer?.items ?? [];
  if (!found || 'problem' in found) {
    throw new UnreachableError(`The registry at ${client.registry} sent an unexpected response.`);
  }
  const { version, yankReason, deprecation, replacement } = found;
  const yanked = selector.kind === 'digest' ? undefined : (yankReason ?? undefined);
  const instead = replacement === null ? '' : ` Use ${replacement}.`;
  return {
    ok: true,
    version,
    yanked,
    deprecation: deprecation === null ? undefined : `${deprecation}${instead}`,
  };
}

function toUnresolved(error: unknown): Resolved {
  const id = unresolvedIds.find((one) => error instanceof RegistryError && error.id === one);
  if (id === undefined) throw error;
  return { ok: false, id, reason: (error as Error).message.replace(/\.$/, '') };
}

/** What one of several references means. */
export type Resolution =
  | {
      ok: true;
      version: string;
      digest: Digest;
      /** Why it was yanked, when it was. */
      yanked: string | undefined;
      /** How many keys of the team are revoked, where the registry says so. */
      revokedKeys: number | undefined;
    }
  | { ok: false; reason: string };

/** What several references mean, and the ETag of each response that said so. */
export interface ResolvedAll {
  resolutions: Resolution[];
  etags: string[];
}

/**
 * Asks a registry what references mean now, each at its place, in as few requests as possible. With the `etags` of
 * earlier responses for the same references, `undefined` when nothing has changed.
 */
export async function resolveAll(
  client: Client,
  references: readonly Reference[],
  etags: readonly string[] = [],
): Promise<ResolvedAll | undefined> {
  const found: ResolvedAll = { resolutions: [], etags: [] };
  const groups: Reference[][] = [];
  for (let at = 0; at < references.length; at += maxReferences) {
    groups.push(references.slice(at, at + maxReferences));
  }
  // A conditional request can stand for all references only when one response covers them all.
  const [etag] = groups.length === 1 && etags.length === 1 ? etags : [];
  for (const group of groups) {
    const response = await resolveGroup(client, group, etag);
    if (!response) return undefined;
    found.resolutions.push(...response.items.map(toResolution));
    if (response.etag !== undefined) found.etags.push(response.etag);
  }
  return found;
}

/** One request. A single reference that means nothing is a problem response: that is a resolution too. */
async function resolveGroup(
  client: Client,
  group: Reference[],
  etag: string | undefined,
): Promise<{ items: Resolutions['items']; etag: string | undefined } | undefined> {
  try {
    return await client.resolve(group, etag);
  } catch (error) {
    if (!(error instanceof RegistryError) || error.status >= 500 || group.length > 1) throw error;
    const problem = { type: '', title: '', status: error.status, detail: error.message };
    return { items: [{ ref: '', problem }], etag: undefined };
  }
}

function toResolution(item: Resolutions['items'][number]): Resolution {
  if ('problem' in item)
    return { ok: false, reason: oneLine(item.problem.detail).replace(/\.$/, '') };
  const { version, digest, yankReason, revokedKeys } = item;
  const yanked = yankReason ?? undefined;
  return { ok: true, version, digest: digest as Digest, yanked, revokedKeys };
}
