// The packages that those of a host need, as a sync sees them: it updates and repairs them like wanted ones.
import { accepts, compareVersions, isVersion, type Reference } from '../trust/index.ts';
import { neededBy, packagePath, requirementsOfHolder } from './host/abstractions.ts';
import { type Installation, versionDigestOf } from './host/installation.ts';
import type { LockedDependency, WantedProfile } from './profiles-file.ts';
import type { Resolution } from './resolve/index.ts';
import type { Want } from './sync-plan.ts';
import { lockedMeaning } from './sync-resolve.ts';

/** An installed package that others need, with the ranges that they accept. */
export interface NeededPackage {
  installation: Installation;
  ranges: string[];
}

/**
 * The installed packages that others need and that are not wanted themselves.
 *
 * @param needing the installed packages whose records say what they need
 */
export function neededPackages(
  installed: readonly Installation[],
  needing: readonly Installation[],
  wanted: readonly WantedProfile[],
): NeededPackage[] {
  const needed = neededBy(
    { requires: Object.assign({}, ...needing.map(({ requires }) => requires)) },
    installed,
  );
  const required = [...needing, ...needed].flatMap(requirementsOfHolder);
  return installed.flatMap((installation) => {
    const { team, name } = installation;
    if (wanted.some(({ reference }) => reference.team === team && reference.name === name))
      return [];
    const own = required.filter(({ path }) => path === packagePath(installation));
    const ranges = [...new Set(own.map(({ range }) => range))];
    return ranges.length > 0 ? [{ installation, ranges }] : [];
  });
}

/** What to resolve for them: each range of each. */
export function neededReferences(needed: readonly NeededPackage[]): Reference[] {
  return needed.flatMap(({ installation: { team, name }, ranges }) =>
    ranges.map((range) => referenceFor({ team, name }, range)),
  );
}

function referenceFor(named: { team: string; name: string }, range: string): Reference {
  const selector = isVersion(range)
    ? ({ kind: 'version', version: range } as const)
    : ({ kind: 'range', range } as const);
  return { ...named, selector };
}

/** What a sync does with them: `meanings` are those of {@link neededReferences}, if the registry could be reached. */
export function neededWants(
  needed: readonly NeededPackage[],
  meanings: readonly Resolution[] | undefined,
  locked: readonly LockedDependency[] | undefined,
): Want[] {
  let at = 0;
  return needed.map(({ installation, ranges }): Want => {
    const own = meanings?.slice(at, at + ranges.length);
    at += ranges.length;
    const { team, name } = installation;
    const want = { complain: false, updates: 'any', isNeeded: true } as const;
    const lock = locked?.find((one) => one.name === packagePath(installation));
    if (lock) {
      const { version, digest } = lock;
      const reference = { team, name, selector: { kind: 'version', version } } as const;
      const meaning = lockedMeaning({ reference: lock.name, version, digest }, undefined);
      return { ...want, reference, locked: { version, digest }, meaning };
    }
    const reference = referenceFor({ team, name }, ranges[0] ?? '*');
    const stays = locked ? asInstalled(installation) : own && common(installation, ranges, own);
    return { ...want, reference, locked: undefined, meaning: stays };
  });
}

/** The version in all ranges: the lowest of those that they select, if it is in all. Otherwise the installed one stays. */
function common(
  installation: Installation,
  ranges: readonly string[],
  meanings: readonly Resolution[],
): Resolution {
  const refused = meanings.find((one) => !one.ok);
  if (refused) return refused;
  const [lowest] = meanings
    .flatMap((one) => (one.ok ? [one] : []))
    .sort((a, b) => compareVersions(a.version, b.version));
  const isCommon = lowest && ranges.every((range) => accepts(range, lowest.version));
  return isCommon ? lowest : asInstalled(installation);
}

function asInstalled(installation: Installation): Resolution {
  const { version } = installation;
  const digest = versionDigestOf(installation);
  return lockedMeaning({ reference: '', version, digest }, undefined);
}
