import { problemNamespace, type Resolutions } from '../../contract/index.ts';
import { maxReferences } from '../../contract/resolve.ts';
import { type Digest, formatReference, type Reference } from '../../trust/index.ts';
import { type Client, oneLine, RegistryError, UnreachableError } from '../client.ts';

// Resolution of references by a registry, unverified.

/** The version that a reference resolves to. */
export type Resolved =
  | {
      ok: true;
      version: string;
      /** Why it was yanked; absent for a reference to exactly that version. */
      yanked?: string | undefined;
      /** Why the profile is deprecated, according to its team. */
      deprecation?: string | undefined;
    }
  | { ok: false; id: UnresolvedId | 'version-yanked'; reason: string };

/** Problems that are valid results: the profile exists, but no version of it matches. */
const unresolvedIds = ['channel-unknown', 'range-unsatisfied'] as const;
export type UnresolvedId = (typeof unresolvedIds)[number];

/** Whether this id means that no available version matches, as opposed to a refusal. */
export function isUnresolved(id: string): boolean {
  return id === 'version-yanked' || unresolvedIds.some((one) => one === id);
}

/** The version to install for a reference: the result of {@link resolveReference}, unless it was yanked. */
export async function resolveAvailable(client: Client, reference: Reference): Promise<Resolved> {
  const resolved = await resolveReference(client, reference);
  if (!resolved.ok || resolved.yanked === undefined) return resolved;
  const { version, yanked } = resolved;
  const named = formatReference({ ...reference, selector: { kind: 'version', version } });
  return {
    ok: false,
    id: 'version-yanked',
    reason: `${named} was yanked (${yanked}); request exactly that version to install it anyway`,
  };
}

/** Resolves a reference. An exact version needs no request. */
export async function resolveReference(client: Client, reference: Reference): Promise<Resolved> {
  const { selector } = reference;
  if (selector.kind === 'version') return { ok: true, version: selector.version };
  const response = await client.resolve([reference]).catch(toUnresolved);
  if (response && 'ok' in response) return response;
  const [found] = response?.items ?? [];
  if (!found || 'problem' in found) {
    throw new UnreachableError(`The registry at ${client.registry} sent an unexpected response.`);
  }
  const { version, yankReason, deprecation, replacement } = found;
  const yanked = selector.kind === 'digest' ? undefined : (yankReason ?? undefined);
  return {
    ok: true,
    version,
    yanked,
    deprecation: deprecation === null ? undefined : deprecationText(deprecation, replacement),
  };
}

/** Why a profile is deprecated, and what to use instead, as sentences. */
export function deprecationText(reason: string, replacement: string | null): string {
  if (replacement === null) return reason;
  return `${/[.!?]$/.test(reason) ? reason : `${reason}.`} Use ${replacement}.`;
}

function toUnresolved(error: unknown): Resolved {
  const id = unresolvedIds.find((one) => error instanceof RegistryError && error.id === one);
  if (id === undefined) throw error;
  return { ok: false, id, reason: (error as Error).message.replace(/\.$/, '') };
}

/** The resolution of one of several references. */
export type Resolution =
  | {
      ok: true;
      version: string;
      digest: Digest;
      /** Why it was yanked, if so. */
      yanked: string | undefined;
      /** Why its profile is deprecated and what to use instead, if so. */
      deprecated: string | undefined;
      /** The number of revoked keys of the team, if the registry says so. */
      revokedKeys: number | undefined;
    }
  /** `id` is the problem's id, such as `not-found`. */
  | { ok: false; reason: string; id: string | undefined };

/** The resolutions of several references, and the ETag of each response. */
export interface ResolvedAll {
  resolutions: Resolution[];
  etags: string[];
}

/**
 * Resolves references in order, in as few requests as possible. With the `etags` of earlier responses for the same
 * references, returns `undefined` if nothing has changed.
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
  // A conditional request can cover all references only if one response does.
  const [etag] = groups.length === 1 && etags.length === 1 ? etags : [];
  for (const group of groups) {
    const response = await resolveGroup(client, group, etag);
    if (!response) return undefined;
    found.resolutions.push(...response.items.map(toResolution));
    if (response.etag !== undefined) found.etags.push(response.etag);
  }
  return found;
}

/** One request. A problem response for a single unresolvable reference is a resolution too. */
async function resolveGroup(
  client: Client,
  group: Reference[],
  etag: string | undefined,
): Promise<{ items: Resolutions['items']; etag: string | undefined } | undefined> {
  try {
    return await client.resolve(group, etag);
  } catch (error) {
    if (!(error instanceof RegistryError) || error.status >= 500 || group.length > 1) throw error;
    const type = `${problemNamespace}${error.id}`;
    const problem = { type, title: '', status: error.status, detail: error.message };
    return { items: [{ ref: '', problem }], etag: undefined };
  }
}

function toResolution(item: Resolutions['items'][number]): Resolution {
  if ('problem' in item) {
    const { type, detail } = item.problem;
    const id = type.startsWith(problemNamespace) ? type.slice(problemNamespace.length) : undefined;
    return { ok: false, reason: oneLine(detail).replace(/\.$/, ''), id };
  }
  const { version, digest, yankReason, deprecation, replacement, revokedKeys } = item;
  const yanked = yankReason ?? undefined;
  const deprecated = deprecation === null ? undefined : deprecationText(deprecation, replacement);
  return { ok: true, version, digest: digest as Digest, yanked, deprecated, revokedKeys };
}
