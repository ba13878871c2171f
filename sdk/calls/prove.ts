import {
  type Bundle,
  type Evidence,
  formatReference,
  parseReference,
  type Reference,
} from '../../trust/index.ts';
import { bundledReferences, evidenceIn, findBundled, maxBundle, parseBundle } from '../bundle.ts';
import { type Client, isRegistryFailure } from '../client.ts';
import { SdkError } from '../error.ts';
import { readBounded } from '../files.ts';
import { readRevoked, readSeen, type SeenFolder, writeRevoked, writeSeen } from '../host/seen.ts';
import { lacksKeys } from '../host/trust-check.ts';
import type { MirrorRefusal } from '../mirror/refusal.ts';
import { type ConnectMirror, openMirror } from '../mirror/source.ts';
import {
  fromBundle,
  fromRegistry,
  type PackageSource,
  type SourceView,
} from '../package-source.ts';
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
import type { VariantChoice } from '../resolve/variant.ts';
import type { Host } from './context.ts';

/** Events while profiles are fetched and verified. `at` is the index of a reference. */
export type ProveEvent =
  | { kind: 'started'; references: readonly Reference[] }
  | { kind: 'progress'; at: number; stage: string }
  /** A version requested by number was yanked, according to the registry. */
  | { kind: 'yanked'; reference: Reference; reason: string }
  | { kind: 'verified'; profile: VerifiedProfile }
  /** Which variant of a version was chosen, and why. */
  | { kind: 'variant'; profile: VerifiedProfile; choice: VariantChoice };

/** Why references can't be resolved; nothing was fetched. */
export type SourceRefusal =
  | Refusal<'reference-invalid' | 'reference-repeated' | 'bundle-channel' | 'not-in-bundle'>
  | MirrorRefusal;

/** Why verification of a profile failed. */
export interface ProveRefusal extends Refusal<VerifyRefusalId> {
  reference: Reference;
  /** The size of the log seen before. */
  seen: number | undefined;
  /** Whether its team has fewer trusted, unrevoked keys than its threshold. */
  lacksKeys: boolean;
}

/** Where profiles come from; the registry unless one of these is set. */
export interface SourceOptions {
  /** The path of a bundle to read the profiles from instead of the registry. */
  bundle?: string | undefined;
  /** A mirror to read the profiles from: `oci://HOST[:PORT]/[PATH/]TEAM/NAME[:TAG|@DIGEST]` or `oci:DIR`. */
  from?: string | undefined;
  /** How to connect to a mirror; by default without credentials. */
  connectMirror?: ConnectMirror | undefined;
  /** With a bundle or a mirror: do not ask the registry for revocations after that was made. */
  offline?: boolean | undefined;
}

/** Whether profiles come from something that may be older than a revocation. */
export function isCopy({ bundle, from }: SourceOptions): boolean {
  return bundle !== undefined || from !== undefined;
}

/** The source of profiles and the references to fetch. */
export interface Source {
  references: readonly Reference[];
  verify: (view: SeveralView, emit: (event: ProveEvent) => void) => Promise<Verified[]>;
  /** Where the packages that they need come from. */
  needed: (view: SourceView) => PackageSource;
}

/** Parses references, each for a different profile: a host has only one profile of a name. */
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
      return { ok: false, id: 'reference-repeated', reason: `${name} is listed twice` };
    }
    references.push(parsed.reference);
  }
  return { ok: true, references };
}

/** The teams of valid references. */
export function teamsOf(named: readonly (string | Reference)[]): string[] {
  const parsed = parseReferences(named);
  return parsed.ok ? parsed.references.map(({ team }) => team) : [];
}

/** Reads a bundle's file. Throws an {@link SdkError} if it is not a bundle. */
export async function openBundle(file: string): Promise<Bundle> {
  const bundle = parseBundle((await readBounded(file, maxBundle)).toString());
  if (bundle) return bundle;
  throw new SdkError('no-bundle', `${file} is not an aa-registry bundle`);
}

/** Opens a registry; or a bundle's file or a mirror, for which no references means all of its profiles. */
export async function openSource(
  { connect }: Pick<Host, 'connect'>,
  named: readonly (string | Reference)[],
  { bundle, from, connectMirror = () => ({}) }: SourceOptions,
): Promise<{ ok: true; source: Source } | SourceRefusal> {
  const parsed = parseReferences(named);
  if (!parsed.ok) return parsed;
  const { references } = parsed;
  if (from !== undefined) return openMirror(from, references, connectMirror);
  if (bundle !== undefined) return bundleSource(bundle, references);
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
      needed: (view) => fromRegistry(client, view),
    },
  };
}

async function bundleSource(
  file: string,
  named: Reference[],
): Promise<{ ok: true; source: Source } | SourceRefusal> {
  const bundle = await openBundle(file);
  const references = named.length > 0 ? named : bundledReferences(bundle);
  const places: number[] = [];
  for (const reference of references) {
    if (reference.selector.kind === 'channel') {
      const reason = `a bundle has no channels; request a version of ${reference.name}, or none`;
      return { ok: false, id: 'bundle-channel', reason };
    }
    const at = await findBundled(bundle, reference);
    if (at < 0) {
      const reason = `${file} does not contain ${formatReference(reference)}`;
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
  const needed: Source['needed'] = (view) => fromBundle(bundle, view);
  return { ok: true, source: { references, verify, needed } };
}

/** Reports which versions requested by number were yanked, if the registry knows. */
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

/** How the packages that others need are verified: as those that were asked for, after these. */
export async function sourceView(
  { root, trust, choice, folder }: Pick<Host, 'root' | 'trust' | 'choice' | 'folder'>,
  remember: boolean,
): Promise<SourceView> {
  return {
    ...{ root, trust, choice, revoked: await readRevoked(folder) },
    seen: () => readSeen(folder),
    async learn(team, revoked, profile) {
      if (!remember) return;
      await writeRevoked(folder, team, revoked);
      if (profile) await writeSeen(folder, profile.checkpoint);
    },
  };
}

export interface ProveOptions {
  /** Where what was seen of the log is stored. */
  folder: SeenFolder;
  /** The installed version of a reference's profile, if any. */
  installed?: SeveralView['installed'];
  /** Whether to remember the checkpoint; default true. */
  remember?: boolean;
}

/**
 * Fetches and verifies all references of a source, or reports which failed. Revocations are remembered in either case.
 */
export async function prove(
  { trust, choice }: Pick<Host, 'trust' | 'choice'>,
  { references, verify }: Source,
  { folder, installed = () => undefined, remember = true }: ProveOptions,
  emit: (event: ProveEvent) => void,
): Promise<{ ok: true; profiles: VerifiedProfile[] } | ProveRefusal> {
  const seen = await readSeen(folder);
  emit({ kind: 'started', references });
  const revoked = await readRevoked(folder);
  const view = { trust, choice, seen, revoked, installed };
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
        next: one.next,
        reference,
        seen: seen?.size,
        lacksKeys: lacksKeys(trust, team, revoked.get(team), one.revoked),
      };
    }
  }
  if (refusal) return refusal;
  for (const profile of profiles) {
    if (profile.variant !== undefined) emit({ kind: 'variant', profile, choice });
  }
  if (remember) {
    for (const profile of profiles) {
      await writeSeen(folder, profile.checkpoint);
      emit({ kind: 'verified', profile });
    }
  }
  return { ok: true, profiles };
}
