import {
  type Evidence,
  formatReference,
  parseReference,
  type Reference,
} from '../../trust/index.ts';
import {
  type Bundle,
  bundledReferences,
  evidenceIn,
  findBundled,
  maxBundle,
  parseBundle,
} from '../bundle.ts';
import { type Client, isRegistryFailure } from '../client.ts';
import { SdkError } from '../error.ts';
import { readBounded } from '../files.ts';
import { readRevoked, readSeen, type SeenFolder, writeRevoked, writeSeen } from '../host/seen.ts';
import { lacksKeys } from '../host/trust-check.ts';
import type { Refusal } from '../refusal.ts';
import type { SeveralView } from '../resolve/fetch.ts';
import {
  fetchAllVerified,
  fetchUpdates,
  type Verified,
  type VerifiedProfile,
  type VerifyRefusalId,
  verifyEvidence,
} from '../resolve/index.ts';
import type { Host } from './context.ts';

/** What may happen while profiles are fetched and verified. `at` is a reference's place. */
export type ProveEvent =
  | { kind: 'started'; references: readonly Reference[] }
  | { kind: 'progress'; at: number; stage: string }
  /** A version that was asked for by number was yanked, by the registry's word. */
  | { kind: 'yanked'; reference: Reference; reason: string }
  | { kind: 'verified'; profile: VerifiedProfile };

/** Why references can't be followed: nothing was fetched. */
export type SourceRefusal = Refusal<
  'reference-invalid' | 'reference-repeated' | 'bundle-channel' | 'not-in-bundle'
>;

/** Why a profile was not proved. */
export interface ProveRefusal extends Refusal<VerifyRefusalId> {
  reference: Reference;
  /** The size of the log that was seen before. */
  seen: number | undefined;
  /** Whether fewer keys of its team are trusted and not revoked than must sign. */
  lacksKeys: boolean;
}

/** Where profiles come from, and what is wanted of it. */
export interface Source {
  references: readonly Reference[];
  verify: (view: SeveralView, emit: (event: ProveEvent) => void) => Promise<Verified[]>;
}

/** Reads references, each for another profile: a host has a profile's name once. */
export function parseReferences(
  named: readonly (string | Reference)[],
): { ok: true; references: Reference[] } | SourceRefusal {
  const references: Reference[] = [];
  for (const one of named) {
    const parsed =
      typeof one === 'string' ? parseReference(one) : { ok: true as const, reference: one };
    if (!parsed.ok) return { ok: false, id: 'reference-invalid', reason: parsed.reason };
    const { name } = parsed.reference;
    if (references.some((other) => other.name === name)) {
      return { ok: false, id: 'reference-repeated', reason: `${name} is named twice` };
    }
    references.push(parsed.reference);
  }
  return { ok: true, references };
}

/** Reads a bundle's file. Throws an {@link SdkError} when it holds none. */
export async function openBundle(file: string): Promise<Bundle> {
  const bundle = parseBundle((await readBounded(file, maxBundle)).toString());
  if (bundle) return bundle;
  throw new SdkError('no-bundle', `${file} is no bundle of aa-registry`);
}

/** Opens a registry, or a bundle's file, of which no references at all mean everything in it. */
export async function openSource(
  { connect }: Pick<Host, 'connect'>,
  named: readonly (string | Reference)[],
  bundle: string | undefined,
): Promise<{ ok: true; source: Source } | SourceRefusal> {
  const parsed = parseReferences(named);
  if (!parsed.ok) return parsed;
  const { references } = parsed;
  if (bundle !== undefined) return fromBundle(bundle, references);
  const client = await connect({ brief: false });
  return {
    ok: true,
    source: {
      references,
      verify: async (view, emit) => {
        const onProgress = (at: number, stage: string) => emit({ kind: 'progress', at, stage });
        const verified = await fetchAllVerified(client, references, view, { onProgress });
        await tellYanked(client, references, emit);
        return verified;
      },
    },
  };
}

async function fromBundle(
  file: string,
  named: Reference[],
): Promise<{ ok: true; source: Source } | SourceRefusal> {
  const bundle = await openBundle(file);
  const references = named.length > 0 ? named : bundledReferences(bundle);
  const places: number[] = [];
  for (const reference of references) {
    if (reference.selector.kind === 'channel') {
      const reason = `a bundle does not say what a channel names; name a version of ${reference.name}, or none`;
      return { ok: false, id: 'bundle-channel', reason };
    }
    const at = await findBundled(bundle, reference);
    if (at < 0) {
      const reason = `${file} has no ${formatReference(reference)}`;
      return { ok: false, id: 'not-in-bundle', reason };
    }
    places.push(at);
  }
  const verify: Source['verify'] = async (view) => {
    const all = evidenceIn(bundle, view.seen?.size ?? 0);
    return Promise.all(
      references.map((reference, index) =>
        verifyEvidence(all[places[index] ?? 0] as Evidence, reference, {
          ...view,
          installed: view.installed(reference),
        }),
      ),
    );
  };
  return { ok: true, source: { references, verify } };
}

/** Says which versions that are asked for by number were yanked, where the registry knows. */
async function tellYanked(
  client: Client,
  references: readonly Reference[],
  emit: (event: ProveEvent) => void,
): Promise<void> {
  const exact = references.flatMap((reference) =>
    reference.selector.kind === 'version'
      ? [{ reference, version: reference.selector.version }]
      : [],
  );
  if (exact.length === 0) return;
  const updates = await fetchUpdates(client, exact).catch((error: unknown) => {
    if (isRegistryFailure(error)) return [];
    throw error;
  });
  for (const [at, { yanked }] of updates.entries()) {
    const reference = exact[at]?.reference;
    if (reference && yanked !== undefined) emit({ kind: 'yanked', reference, reason: yanked });
  }
}

export interface ProveOptions {
  /** What was seen of the log, and where more is remembered. */
  folder: SeenFolder;
  /** The version that is installed of what a reference names, when one is. */
  installed?: SeveralView['installed'];
  /** Whether to remember what was seen of the log; true when left out. */
  remember?: boolean;
}

/** Fetches and verifies all of a source, or says which is not proved. Revocations are remembered in either case. */
export async function prove(
  { trust }: Pick<Host, 'trust'>,
  { references, verify }: Source,
  { folder, installed = () => undefined, remember = true }: ProveOptions,
  emit: (event: ProveEvent) => void,
): Promise<{ ok: true; profiles: VerifiedProfile[] } | ProveRefusal> {
  const seen = await readSeen(folder);
  emit({ kind: 'started', references });
  const revoked = await readRevoked(folder);
  const view = { trust, seen, revoked, installed };
  const verified = await verify(view, emit);
  const profiles: VerifiedProfile[] = [];
  let refusal: ProveRefusal | undefined;
  for (const [at, one] of verified.entries()) {
    const reference = references[at] as Reference;
    const { team } = reference;
    if (remember) await writeRevoked(folder, team, one.revoked);
    if (one.ok) profiles.push(one.profile);
    else {
      refusal ??= {
        ok: false,
        id: one.id,
        reason: one.reason,
        reference,
        seen: seen?.size,
        lacksKeys: lacksKeys(trust, team, revoked.get(team), one.revoked),
      };
    }
  }
  if (refusal) return refusal;
  if (remember) {
    for (const profile of profiles) {
      await writeSeen(folder, profile.checkpoint);
      emit({ kind: 'verified', profile });
    }
  }
  return { ok: true, profiles };
}
