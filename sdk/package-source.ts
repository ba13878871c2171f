// Where the packages that others need come from.
import {
  type Bundle,
  type DependencySource,
  type Manifest,
  type RevokedKeys,
  type SeenCheckpoint,
  splitPath,
} from '../trust/index.ts';
import { evidenceFor } from './bundle.ts';
import { type Client, RegistryError } from './client.ts';
import type { Installation, Release } from './host/installation.ts';
import { type TrustView, verifyStored } from './host/store.ts';
import { hostCommand } from './host-command.ts';
import type { LockedDependency } from './profiles-file.ts';
import type { Refusal } from './refusal.ts';
import {
  fetchVerified,
  type HostView,
  type VerifiedProfile,
  verifyEvidence,
} from './resolve/index.ts';

/** A package that another one needs: as it is installed if it has no `profile`. */
export interface Needed {
  manifest: {
    kind?: string | undefined;
    dependencies?: Readonly<Record<string, string>> | undefined;
  };
  profile: VerifiedProfile | undefined;
  /** When it was verified, if it is from the version store. */
  verifiedAt?: string | undefined;
}

/** Why a package that is needed can't be used; the reason has the id of the cause. */
export type NeededRefusal = Refusal<'dependency-refused'>;
export type PackageSource = DependencySource<Needed, NeededRefusal>;

/** What a source verifies with, and what it learns. */
export interface SourceView extends Omit<HostView, 'installed' | 'seen'> {
  /** The root of the host, for hints. */
  root: string;
  seen: () => Promise<SeenCheckpoint | undefined>;
  /** Called with what was learned about a team's keys, and with the checkpoint of each verified package. */
  learn: (
    team: string,
    revoked: RevokedKeys | undefined,
    profile?: VerifiedProfile,
  ) => Promise<void>;
}

/** The packages of a registry. Throws the errors of the client. */
export function fromRegistry(client: Client, view: SourceView): PackageSource {
  return {
    versions: (path) => availableVersions(client, path),
    async read(path, version) {
      const reference = { ...splitPath(path), selector: { kind: 'version', version } } as const;
      const verified = await fetchVerified(client, reference, { ...view, seen: await view.seen() });
      return toNeeded(reference, verified, view);
    },
  };
}

/** The manifests of packages in a registry, unverified: to find out which ones to fetch. */
export function manifestsOf(client: Client): DependencySource<{ manifest: Manifest }> {
  return {
    versions: (path) => availableVersions(client, path),
    async read(path, version) {
      const { manifest } = await client.getVersion({ ...splitPath(path), version });
      return { ok: true, found: { manifest } };
    },
  };
}

/** The versions of a package that are not yanked; `undefined` if there is none that is visible. */
async function availableVersions(client: Client, path: string): Promise<string[] | undefined> {
  try {
    const all = await client.listVersions(splitPath(path));
    return all.flatMap(({ version, yankReason }) => (yankReason === null ? [version] : []));
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return undefined;
    throw error;
  }
}

/** The packages of a bundle. */
export function fromBundle(bundle: Bundle, view: SourceView): PackageSource {
  return {
    versions: async (path) => {
      const found = bundle.offers.filter(({ team, name }) => `${team}/${name}` === path);
      return found.length === 0 ? undefined : found.map(({ version }) => version);
    },
    async read(path, version) {
      const reference = { ...splitPath(path), selector: { kind: 'version', version } } as const;
      const seen = await view.seen();
      const evidence = await evidenceFor(bundle, reference, seen?.size ?? 0);
      if (!evidence) {
        const reason = `the bundle does not contain ${path}@${version}`;
        return { ok: false, id: 'dependency-refused', reason };
      }
      const verified = await verifyEvidence(evidence, reference, { ...view, seen });
      return toNeeded(reference, verified, view);
    },
  };
}

/** Only the locked versions of a source. */
export function lockedTo(
  locked: readonly LockedDependency[],
  source: PackageSource,
): PackageSource {
  const find = (path: string) => locked.find(({ name }) => name === path);
  return {
    versions: async (path) => {
      const one = find(path);
      return one && [one.version];
    },
    async read(path, version) {
      const read = await source.read(path, version);
      const { digest } = find(path) ?? {};
      const found = read.ok ? read.found.profile?.versionDigest : undefined;
      if (!read.ok || found === digest) return read;
      const reason = `${path}@${version} has digest ${found}, but is locked to ${digest}`;
      return { ok: false, id: 'dependency-refused', reason: `${reason} [lock-mismatch]` };
    },
  };
}

/** The versions of other packages that an installed release was installed with, from the host's version store. */
export function fromStore(
  root: string,
  { needed = {} }: Pick<Release, 'needed'>,
  installed: readonly Installation[],
  view: TrustView,
): PackageSource {
  return {
    versions: async (path) => {
      const version = needed[path];
      return version === undefined ? undefined : [version];
    },
    async read(path, version) {
      const named = splitPath(path);
      const present = installed.find((one) => one.team === named.team && one.name === named.name);
      const release =
        present && [present, ...present.earlier].find((one) => one.version === version);
      if (!release) {
        const reason = `${path}@${version}, which it was installed with, is not in this host's version store`;
        const next = `To install it: ${hostCommand(`pull ${path}@${version}`, { root })}`;
        return { ok: false, id: 'dependency-refused', reason, next };
      }
      const verified = await verifyStored(root, named, release, view);
      if (!verified.ok) return refusedFor(`${path}@${version}`, verified);
      const { profile } = verified;
      const { verifiedAt } = release;
      return { ok: true, found: { manifest: profile.manifest, profile, verifiedAt } };
    },
  };
}

interface NeededReference {
  team: string;
  name: string;
  selector: { version: string };
}

/** The refusal of a package that was not asked for. */
function refusedFor(what: string, { id, reason, next }: Refusal): NeededRefusal {
  const because = `${what}, which is needed, was refused: ${reason} [${id}]`;
  return { ok: false, id: 'dependency-refused', reason: because, next };
}

/** A needed package as it was verified, after what was learned was passed on. */
export async function toNeeded(
  { team, name, selector: { version } }: NeededReference,
  verified: Awaited<ReturnType<typeof verifyEvidence>>,
  { learn, root }: SourceView,
): Promise<{ ok: true; found: Needed } | NeededRefusal> {
  await learn(team, verified.revoked, verified.ok ? verified.profile : undefined);
  if (!verified.ok) {
    const trusting = `To trust that team: ${hostCommand(`trust add ${team}`, { root })}`;
    const next = verified.id === 'team-untrusted' ? trusting : verified.next;
    return refusedFor(`${team}/${name}@${version}`, { ...verified, next });
  }
  const { profile } = verified;
  return { ok: true, found: { manifest: profile.manifest, profile } };
}
