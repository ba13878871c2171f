// What is installed with a package: the packages that it needs, and those that need what changes.
import {
  accepts,
  compareVersions,
  type DependencyRefusalId,
  requirementsOf,
  resolveDependencies,
} from '../trust/index.ts';
import {
  dependentsOf,
  type Holder,
  neededVersions,
  packagePath,
  requirementsOfHolder,
  withInstalled,
} from './host/abstractions.ts';
import { isDisabled } from './host/complain.ts';
import {
  type Installed,
  type InstallPart,
  type InstallRefusal,
  installTogether,
} from './host/install.ts';
import type { InstallOptions } from './host/install-options.ts';
import { type Installation, profilesOf } from './host/installation.ts';
import { type TrustView, verifyStored } from './host/store.ts';
import type { NeededRefusal, PackageSource } from './package-source.ts';
import type { LockedDependency } from './profiles-file.ts';
import type { Refusal } from './refusal.ts';
import type { VerifiedProfile } from './resolve/index.ts';

/** A package that changes with another one. */
export interface ChangedPackage {
  profile: VerifiedProfile;
  /** When it was verified, if it is from the version store. */
  verifiedAt: string | undefined;
  /** The version that it replaces. */
  before: Installation | undefined;
}

/** A package to install with all that changes with it. */
export interface InstallPlan {
  ok: true;
  profile: VerifiedProfile;
  /** The packages that it needs and that are installed or replaced too, each after those that it needs. */
  changed: ChangedPackage[];
  /** The installed packages whose profiles include an abstraction that changes: they are loaded again. */
  reloaded: Installation[];
  /** The host's packages afterwards. */
  after: Holder[];
}

export type PlanRefusal =
  | Refusal<DependencyRefusalId | 'version-older' | 'dependent-unverified'>
  | NeededRefusal;

/** The maximum number of packages that are loaded again in one transaction. */
const maxReloaded = 256;

/** The current packages of a host, and those that earlier plans of the same run add to them. */
export interface PlanContext {
  installed: readonly Installation[];
  holders?: readonly Holder[] | undefined;
  source: PackageSource;
  /** Whether installed versions of what is needed are kept if all accept them; default true. */
  keep?: boolean | undefined;
}

/**
 * Plans the installation of a verified package. All packages of a host that need another one get the same version of it:
 * the installed one if all accept it, else the highest that all accept.
 */
export async function planInstall(
  profile: VerifiedProfile,
  { installed, holders = installed, source, keep = true }: PlanContext,
): Promise<InstallPlan | PlanRefusal> {
  const path = packagePath(profile);
  const others = holders.filter((one) => packagePath(one) !== path);
  const required = others.flatMap(requirementsOfHolder);
  const stricter = required.filter(
    (one) => one.path === path && !accepts(one.range, profile.version),
  );
  const [strict] = stricter;
  if (strict) {
    const reason = `the installed ${strict.by} needs ${path}@${strict.range}, which ${profile.version} is not in`;
    return { ok: false, id: 'dependency-conflict', reason };
  }
  if (profile.kind !== 'abstraction' && required.some((one) => one.path === path)) {
    const reason = `installed packages need ${path}, and ${profile.version} is not an abstraction`;
    return { ok: false, id: 'dependency-kind', reason };
  }
  const present = (wanted: string) => others.find((one) => packagePath(one) === wanted);
  const resolved = await resolveDependencies(
    requirementsOf(path, profile.manifest),
    {
      versions: source.versions,
      async read(wanted, version) {
        const holder = present(wanted);
        if (holder?.version !== version) return source.read(wanted, version);
        const manifest = { kind: holder.kind, dependencies: holder.requires };
        return { ok: true, found: { manifest, profile: undefined } };
      },
    },
    { others: required, ...(keep && { keep: (wanted) => present(wanted)?.version }) },
  );
  if (!resolved.ok) return resolved;
  const changed: ChangedPackage[] = [];
  for (const [wanted, { version, found }] of resolved.needed) {
    const before = present(wanted);
    if (!found.profile) continue;
    if (keep && before && compareVersions(version, before.version) < 0) {
      const reason = `${path} needs ${wanted} ${version}, which is older than the installed ${before.version}`;
      const next = `To install it, name it: pull ${wanted}@${version}`;
      return { ok: false, id: 'version-older', reason, next };
    }
    changed.push({
      ...{ profile: found.profile, verifiedAt: found.verifiedAt },
      before: installed.find((one) => packagePath(one) === wanted),
    });
  }
  const all = [...changed.map((one) => one.profile), profile];
  const after = withInstalled(holders, all);
  const reloaded = loadedAgain(all, installed);
  if (reloaded.length > maxReloaded) {
    const reason = `${reloaded.length} installed packages include what changes, more than ${maxReloaded}`;
    return { ok: false, id: 'dependency-limit', reason };
  }
  return { ok: true, profile, changed, reloaded, after };
}

/** The verified packages that one needs, whatever a host has: the highest versions that all accept. */
export async function findNeeded(
  profile: VerifiedProfile,
  source: PackageSource,
): Promise<{ ok: true; needed: VerifiedProfile[] } | PlanRefusal> {
  const required = requirementsOf(packagePath(profile), profile.manifest);
  const found = await resolveDependencies(required, source);
  if (!found.ok) return found;
  const needed = [...found.needed.values()].flatMap((one) => one.found.profile ?? []);
  return { ok: true, needed };
}

/** The versions of all packages that these need, whatever a host has: the highest that all of them accept. */
export async function planLock(
  profiles: readonly VerifiedProfile[],
  source: PackageSource,
): Promise<{ ok: true; dependencies: LockedDependency[] } | PlanRefusal> {
  const listed = new Map(profiles.map((one) => [packagePath(one), one]));
  const found = await resolveDependencies(
    profiles.flatMap((one) => requirementsOf(packagePath(one), one.manifest)),
    {
      versions: async (path) => {
        const own = listed.get(path);
        return own ? [own.version] : source.versions(path);
      },
      async read(path, version) {
        const own = listed.get(path);
        if (!own) return source.read(path, version);
        return { ok: true, found: { manifest: own.manifest, profile: own } };
      },
    },
  );
  if (!found.ok) return found;
  const dependencies = [...found.needed].flatMap(
    ([
      name,
      {
        version,
        found: { profile },
      },
    ]) => (profile && !listed.has(name) ? [{ name, version, digest: profile.versionDigest }] : []),
  );
  return { ok: true, dependencies };
}

/** Plans to install a package again as it is installed, with what it needs as that is installed. */
export function planAgain(
  profile: VerifiedProfile,
  installed: readonly Installation[],
): InstallPlan {
  const reloaded = loadedAgain([profile], installed);
  return { ok: true, profile, changed: [], reloaded, after: withInstalled(installed, [profile]) };
}

/** The installed packages with profiles that include an abstraction of these, and are none of them. */
function loadedAgain(
  changed: readonly VerifiedProfile[],
  installed: readonly Installation[],
): Installation[] {
  const paths = changed.filter(({ kind }) => kind === 'abstraction').map(packagePath);
  const replaced = changed.map(packagePath);
  return dependentsOf(paths, installed).filter(
    (one) => profilesOf(one).length > 0 && !replaced.includes(packagePath(one)),
  );
}

/** Carries out a plan in one transaction. What is loaded again is verified again, from the version store. */
export async function installPlanned(
  { profile, changed, reloaded, after }: InstallPlan,
  options: InstallOptions,
  view: TrustView,
): Promise<Installed | Refusal<InstallRefusal | 'dependent-unverified'>> {
  const { root } = options;
  const neededOf = (one: Pick<VerifiedProfile, 'manifest'>) =>
    neededVersions(one.manifest.dependencies, after);
  const parts: InstallPart[] = changed.map(({ profile: one, verifiedAt, before }) => {
    const isBack = options.rolledBackFrom !== undefined && before?.version !== one.version;
    return {
      profile: one,
      options: {
        ...{ root, needed: neededOf(one), verifiedAt },
        // What was installed already keeps its reference.
        ...(!before && {
          origin: 'dependency' as const,
          reference: neededAs(packagePath(one), after),
        }),
        ...(isBack && { rolledBackFrom: before?.version }),
      },
    };
  });
  for (const one of reloaded) {
    // Neither is it loaded now, nor at boot.
    if (isDisabled(root, one)) continue;
    const verified = await verifyStored(root, one, one, view);
    if (!verified.ok) {
      const reason = `${packagePath(one)}, which is to be loaded again with it, can't be verified: ${verified.reason}`;
      return { ok: false, id: 'dependent-unverified', reason };
    }
    const again = {
      ...{ root, needed: neededOf(verified.profile), replace: true },
      ...{ verifiedAt: one.verifiedAt, rolledBackFrom: one.rolledBackFrom },
    };
    parts.push({ profile: verified.profile, options: again });
  }
  return installTogether({ profile, options: { needed: neededOf(profile), ...options } }, parts);
}

/** The reference of a package that is installed for others: the range of the first of them. */
function neededAs(path: string, holders: readonly Holder[]): string {
  const required = holders.flatMap(requirementsOfHolder).find((one) => one.path === path);
  return required ? `${path}@${required.range}` : path;
}
