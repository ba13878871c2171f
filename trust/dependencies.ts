// The dependencies of packages: abstractions of other packages, each with a range of versions.
import { isProfileName, isTeam } from './name.ts';
import { isInRange, isRange } from './range.ts';
import { isVersion } from './version.ts';

/** The maximum number of dependencies of a package, and of all packages that are needed together. */
export const maxDependencies = 16;
export const maxNeeded = 32;

/** The maximum number of versions of a package among which one is found: the highest ones. */
export const maxAvailable = 1000;

/** Whether a text is `team/name`. */
export function isPackagePath(text: string): boolean {
  const [team = '', name = '', ...rest] = text.split('/');
  return rest.length === 0 && isTeam(team) && isProfileName(name);
}

/** The team and the name in `team/name`. */
export function splitPath(path: string): { team: string; name: string } {
  const at = path.indexOf('/');
  return { team: path.slice(0, at), name: path.slice(at + 1) };
}

/** The maximum number of ranges that a dependency's range joins with `||`. */
const maxAlternatives = 4;

/** Whether a text says which versions of a dependency a package accepts: a version or a range. */
export function isVersionOrRange(text: string): boolean {
  return isVersion(text) || (isRange(text) && text.split('||').length <= maxAlternatives);
}

/** Whether a dependency's range accepts a version. */
export function accepts(range: string, version: string): boolean {
  return isVersion(range) ? range === version : isInRange(version, range);
}

/** The folder of installed abstractions below the policy folder. */
export const abstractionFolder = 'abstractions/aa-registry';

/** The path by which profiles include the abstraction of a package, `team/name`. */
export function includePathOf(path: string): string {
  return `${abstractionFolder}/${path}`;
}

/** The part of a manifest that is about dependencies. */
export interface Depending {
  kind?: string | undefined;
  dependencies?: Readonly<Record<string, string>> | undefined;
}

/** That a package, `by`, needs another one, in a version of a range. */
export interface Requirement {
  by: string;
  path: string;
  range: string;
}

/** What a package with this manifest requires. */
export function requirementsOf(by: string, { dependencies = {} }: Depending): Requirement[] {
  return Object.entries(dependencies).map(([path, range]) => ({ by, path, range }));
}
