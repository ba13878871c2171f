import {
  type Bundle,
  compareVersions,
  type Evidence,
  formatReference,
  isVersion,
  type Reference,
  type SeenCheckpoint,
  splitPath,
  verifyLog,
} from '../../trust/index.ts';
import { type Checkpoint, parseCheckpoint, parseNote } from '../../trust/log/index.ts';
import { bundledReferences, evidenceIn, findBundled } from '../bundle.ts';
import { type PackageSource, type SourceView, toNeeded } from '../package-source.ts';
import type { Refusal } from '../refusal.ts';
import type { SeveralView } from '../resolve/fetch.ts';
import type { HostView, Verified } from '../resolve/index.ts';
import { connectMirror, type MirrorAccess } from './connection.ts';
import { readLayout } from './layout.ts';
import { parseMirror, type RepositoryLocation } from './location.ts';
import { findOffer, type Offer, verifyOffer } from './offer.ts';
import { type MirrorRefusal, refusing } from './refusal.ts';
import { openRepository } from './repository.ts';

/** How to connect to a mirror, by its address. */
export type ConnectMirror = (origin: string) => MirrorAccess | Promise<MirrorAccess>;

export type MirrorSourceRefusal =
  | MirrorRefusal
  | Refusal<'reference-invalid' | 'not-in-bundle' | 'bundle-channel'>;

/** The profiles of a mirror and how they are verified. */
export interface MirrorSource {
  references: readonly Reference[];
  verify: (view: SeveralView) => Promise<Verified[]>;
  needed: (view: SourceView) => PackageSource;
}

/** Where offers are found: for the references, and by the path of a package and its version. */
interface Mirror {
  wanted: { reference: Reference; offer: Offer }[];
  versions: (path: string) => Promise<string[] | undefined>;
  offer: (path: string, version: string) => Promise<Offer>;
}

/**
 * Opens a mirror that is no aa-registry: a repository of a registry of OCI, which names one profile, or a layout, for which
 * no references means all of its profiles. Everything is verified as from the registry itself.
 */
export async function openMirror(
  from: string,
  named: readonly Reference[],
  connect: ConnectMirror,
): Promise<{ ok: true; source: MirrorSource } | MirrorSourceRefusal> {
  const parsed = parseMirror(from);
  if (!parsed.ok) return { ok: false, id: 'reference-invalid', reason: parsed.reason };
  const { location } = parsed;
  if (location.kind === 'layout') {
    const read = await refusing(async () => {
      return { ok: true as const, bundles: await readLayout(location.folder) };
    });
    if (!read.ok) return read;
    const mirror = await layoutMirror(location.folder, read.bundles, named);
    return 'ok' in mirror ? mirror : { ok: true, source: toSource(mirror) };
  }
  if (named.length > 0) {
    const reason = `${from} names the profile, so no other REF can be given`;
    return { ok: false, id: 'reference-invalid', reason };
  }
  const access = await connect(location.origin);
  const opened = await refusing(async () => {
    return { ok: true as const, mirror: await registryMirror(location, access) };
  });
  return opened.ok ? { ok: true, source: toSource(opened.mirror) } : opened;
}

async function registryMirror(
  { origin, prefix, team, name, wanted, selector }: RepositoryLocation,
  access: MirrorAccess,
): Promise<Mirror> {
  const connection = connectMirror(origin, access);
  const repository = (path: string) => openRepository(connection, `${prefix}${path}`);
  const offer = await findOffer(repository(`${team}/${name}`), wanted);
  const { digest } = offer;
  const isPinned = 'digest' in wanted && digest !== undefined;
  const pinned = isPinned ? ({ kind: 'digest', digest } as const) : selector;
  return {
    wanted: [{ reference: { team, name, selector: pinned }, offer }],
    versions: async (path) => (await repository(path).tags())?.filter(isVersion),
    offer: (path, version) => findOffer(repository(path), { tags: [version] }),
  };
}

async function layoutMirror(
  folder: string,
  bundles: readonly Bundle[],
  named: readonly Reference[],
): Promise<Mirror | Refusal<'not-in-bundle' | 'bundle-channel'>> {
  const all = { ...(bundles[0] as Bundle), offers: bundles.flatMap(({ offers }) => offers) };
  const references = named.length > 0 ? named : bundledReferences(all);
  const wanted: Mirror['wanted'] = [];
  for (const reference of references) {
    if (reference.selector.kind === 'channel') {
      const reason = `a layout has no channels; request a version of ${reference.name}, or none`;
      return { ok: false, id: 'bundle-channel', reason };
    }
    const offer = await offerIn(bundles, reference);
    if (!offer) {
      const reason = `${folder} does not contain ${formatReference(reference)}`;
      return { ok: false, id: 'not-in-bundle', reason };
    }
    wanted.push({ reference, offer });
  }
  return {
    wanted,
    versions: async (path) => {
      const found = all.offers.filter(({ team, name }) => `${team}/${name}` === path);
      return found.length === 0 ? undefined : [...new Set(found.map(({ version }) => version))];
    },
    async offer(path, version) {
      const reference = { ...splitPath(path), selector: { kind: 'version', version } } as const;
      const offer = await offerIn(bundles, reference);
      if (!offer) throw new Error(`${path}@${version} was listed`);
      return offer;
    },
  };
}

/** What these bundles offer for a reference: the highest version that matches, under the newest checkpoint. */
async function offerIn(
  bundles: readonly Bundle[],
  reference: Reference,
): Promise<Offer | undefined> {
  const found: { bundle: Bundle; at: number; version: string; size: number }[] = [];
  for (const bundle of bundles) {
    const at = await findBundled(bundle, reference);
    const { version } = bundle.offers[at] ?? {};
    if (version === undefined) continue;
    found.push({ bundle, at, version, size: checkpointOf(bundle.checkpoint)?.size ?? 0 });
  }
  found.sort((a, b) => compareVersions(b.version, a.version) || b.size - a.size);
  const [best] = found;
  if (!best) return undefined;
  const evidence = (seen: number) => evidenceIn(best.bundle, seen)[best.at] as Evidence;
  return { digest: undefined, evidence };
}

/** A profile of this call that was verified, with the offer that proves it under its checkpoint. */
interface Proved {
  checkpoint: Checkpoint;
  offer: Offer;
}

/**
 * The source of a mirror. Its bundles may be under different checkpoints: each must extend what the host had seen before
 * the call, and they must be of one log, whatever their order.
 */
function toSource({ wanted, versions, offer: offerOf }: Mirror): MirrorSource {
  let before: SeenCheckpoint | undefined;
  let newest: Proved | undefined;

  async function verifyNext(offer: Offer, reference: Reference, view: HostView) {
    const seen = newest?.checkpoint ?? before;
    let verified = await verifyOffer(offer, reference, { ...view, seen });
    if (!verified.ok && verified.id === 'log-rolled-back' && newest) {
      const older = await verifyOffer(offer, reference, { ...view, seen: before });
      if (older.ok && (await isExtendedBy(older.profile.checkpoint, newest, view))) {
        verified = older;
      }
    }
    if (verified.ok && verified.profile.checkpoint.size >= (newest?.checkpoint.size ?? 0)) {
      newest = { checkpoint: verified.profile.checkpoint, offer };
    }
    return verified;
  }

  return {
    references: wanted.map(({ reference }) => reference),
    async verify(view) {
      before = view.seen;
      newest = undefined;
      const all: Verified[] = [];
      for (const { reference, offer } of wanted) {
        const own = { ...view, installed: view.installed(reference) };
        all.push(await verifyNext(offer, reference, own));
      }
      return all;
    },
    needed: (view) => ({
      versions,
      async read(path, version) {
        const reference = { ...splitPath(path), selector: { kind: 'version', version } } as const;
        const found = await refusing(async () => {
          return { ok: true as const, offer: await offerOf(path, version) };
        });
        if (!found.ok) {
          const because = `${path}@${version}, which is needed, was refused: ${found.reason} [${found.id}]`;
          return { ok: false, id: 'dependency-refused', reason: because, next: found.next };
        }
        const seen = await view.seen();
        const verified = await verifyNext(found.offer, reference, { ...view, seen });
        return toNeeded(reference, verified, view);
      },
    }),
  };
}

/** Whether the log of `newest` extends that of an older checkpoint. */
async function isExtendedBy(
  older: Checkpoint,
  { offer }: Proved,
  { trust, now = new Date() }: HostView,
): Promise<boolean> {
  const { log } = offer.evidence(older.size);
  return (await verifyLog(log, { log: trust.log, seen: older, now })).ok;
}

function checkpointOf(note: string): Checkpoint | undefined {
  return parseCheckpoint(parseNote(note)?.text ?? '');
}
