// The abstractions of packages that a host has, and which installed packages need them.
import {
  type Depending,
  includePathOf,
  type Requirement,
  requirementsOf,
  sha256,
} from '../../trust/index.ts';
import type { VerifiedProfile } from '../resolve/index.ts';
import type { Installation } from './installation.ts';
import type { PackageName } from './state.ts';
import { readStoredProfile } from './store.ts';

/** What is known of a package on a host, installed or about to be. */
export type Holder = Pick<Installation, 'team' | 'name' | 'version' | 'kind' | 'requires'>;

/** A package as `team/name`. */
export function packagePath({ team, name }: PackageName): string {
  return `${team}/${name}`;
}

/** What an installed package requires. */
export function requirementsOfHolder(holder: Holder): Requirement[] {
  return requirementsOf(packagePath(holder), { dependencies: holder.requires });
}

/** The host's packages once these verified ones are installed. */
export function withInstalled(
  holders: readonly Holder[],
  profiles: readonly VerifiedProfile[],
): Holder[] {
  const paths = profiles.map(packagePath);
  return [
    ...holders.filter((one) => !paths.includes(packagePath(one))),
    ...profiles.map(({ team, name, version, manifest }) => ({
      ...{ team, name, version },
      ...(manifest.kind === 'abstraction' && { kind: manifest.kind }),
      ...(manifest.dependencies && { requires: manifest.dependencies }),
    })),
  ];
}

/** The packages that one needs, directly or through others, of those that a host has. */
export function neededBy<One extends Holder>(
  { requires = {} }: Pick<Holder, 'requires'>,
  holders: readonly One[],
): One[] {
  const byPath = new Map(holders.map((one) => [packagePath(one), one]));
  const found = new Set<One>();
  const paths = Object.keys(requires);
  for (const path of paths) {
    const one = byPath.get(path);
    if (!one || found.has(one)) continue;
    found.add(one);
    paths.push(...Object.keys(one.requires ?? {}));
  }
  return [...found];
}

/** The versions of the packages that one needs, for its record; `undefined` without any. */
export function neededVersions(
  requires: Holder['requires'],
  holders: readonly Holder[],
): Record<string, string> | undefined {
  if (!requires) return undefined;
  return Object.fromEntries(
    neededBy({ requires }, holders).map((one) => [packagePath(one), one.version]),
  );
}

/** The packages that need one of these, directly or through others. */
export function dependentsOf<One extends Holder>(
  paths: readonly string[],
  holders: readonly One[],
): One[] {
  const edges = holders.flatMap((by) =>
    Object.keys(by.requires ?? {}).map((path) => ({ by, path })),
  );
  const byPath = Map.groupBy(edges, ({ path }) => path);
  const needed = holders.map(packagePath).filter((path) => paths.includes(path));
  const found = new Set<One>();
  for (const path of needed) {
    for (const { by } of byPath.get(path) ?? []) {
      if (found.has(by)) continue;
      found.add(by);
      needed.push(packagePath(by));
    }
  }
  return holders.filter((one) => found.has(one));
}

/**
 * The texts of the abstractions that a package needs, by the paths of their includes: of the `changed` ones if it has
 * them, else of the installed versions, from the version store. What is not there is left out, and so not known.
 */
export async function abstractionTexts(
  root: string,
  dependencies: Depending['dependencies'],
  installed: readonly Installation[],
  changed: readonly VerifiedProfile[] = [],
): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const paths = Object.keys(dependencies ?? {});
  for (const path of paths) {
    const file = includePathOf(path);
    if (Object.hasOwn(files, file)) continue;
    const next = changed.find((one) => packagePath(one) === path);
    const present = installed.find((one) => packagePath(one) === path);
    const bytes = next?.bytes ?? (present && (await storedBytes(root, present)));
    if (!bytes) continue;
    files[file] = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    paths.push(...Object.keys((next ? next.manifest.dependencies : present?.requires) ?? {}));
  }
  return files;
}

async function storedBytes(root: string, installation: Installation) {
  const bytes = readStoredProfile(root, installation);
  return bytes && (await sha256(bytes)) === installation.digest ? bytes : undefined;
}
