import type { Resolutions } from '../contract/index.ts';
import { maxReferences } from '../contract/resolve.ts';
import type { Digest, Reference } from '../trust/index.ts';
import { type Client, RegistryError } from './client.ts';

/** What a registry says a reference means; not proved. */
export type Meaning =
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

/** What references mean, and by which a later answer is recognised as the same. */
export interface Meanings {
  meanings: Meaning[];
  /** One for each request that it took. */
  etags: string[];
}

/**
 * Asks a registry what references mean now, each at its place, in as few requests as can be. With the `etags` of an
 * earlier answer to the same references, `undefined` when it would be the same again.
 */
export async function resolveAll(
  client: Client,
  references: readonly Reference[],
  etags: readonly string[] = [],
): Promise<Meanings | undefined> {
  const found: Meanings = { meanings: [], etags: [] };
  const groups: Reference[][] = [];
  for (let at = 0; at < references.length; at += maxReferences) {
    groups.push(references.slice(at, at + maxReferences));
  }
  // One answer alone stands for all of them; of several, each would have to be asked for again.
  const [etag] = groups.length === 1 && etags.length === 1 ? etags : [];
  for (const group of groups) {
    const answer = await askOne(client, group, etag);
    if (!answer) return undefined;
    found.meanings.push(...answer.items.map(toMeaning));
    if (answer.etag !== undefined) found.etags.push(answer.etag);
  }
  return found;
}

type Answer = { items: Resolutions['items']; etag: string | undefined };

/** A reference that is asked for alone and means nothing is an answer too. */
async function askOne(
  client: Client,
  group: Reference[],
  etag: string | undefined,
): Promise<Answer | undefined> {
  try {
    return await client.resolve(group, etag);
  } catch (error) {
    if (!(error instanceof RegistryError) || error.status >= 500 || group.length > 1) throw error;
    const problem = { type: '', title: '', status: error.status, detail: error.message };
    return { items: [{ ref: '', problem }], etag: undefined };
  }
}

function toMeaning(item: Resolutions['items'][number]): Meaning {
  if ('problem' in item) return { ok: false, reason: item.problem.detail.replace(/\.$/, '') };
  const { version, digest, yankReason, revokedKeys } = item;
  const yanked = yankReason ?? undefined;
  return { ok: true, version, digest: digest as Digest, yanked, revokedKeys };
}
