import { Range, type SemVer, validRange } from 'semver';
import { isPrerelease, isVersion, precedenceKey } from './version.ts';

/** In characters. */
const maxLength = 128;

/** The characters of a range; no control characters, which could disturb a terminal or a log. */
const spelling = /^[0-9A-Za-z.*^~<>=| -]+$/;

/**
 * Whether `text` is a range of versions as npm writes them (node-semver): `^1.2`, `~1.2.3`, `1.x`, `>=1 <3`,
 * `1.2 - 1.4`, `^1 || ^3`. A complete version is not a range: it means only itself.
 */
export function isRange(text: string): boolean {
  return (
    text.length <= maxLength &&
    spelling.test(text) &&
    text.trim() === text &&
    !isVersion(text) &&
    validRange(text) !== null
  );
}

/** Whether a range includes a version. As in npm, pre-releases only if the range names one of the same release. */
export function isInRange(version: string, range: string): boolean {
  return isVersion(version) && rangeTest(range)(precedenceOf(version));
}

/** What decides whether a range includes a version. */
export interface Precedence {
  prerelease: boolean;
  key: string;
}

/** The precedence of a version, to be computed once for many ranges. */
export function precedenceOf(version: string): Precedence {
  return { prerelease: isPrerelease(version), key: precedenceKey(version) };
}

/** {@link isInRange} for many versions: the range is parsed once. */
export function rangeTest(range: string): (version: Precedence) => boolean {
  const intervals = rangeIntervals(range);
  return ({ prerelease, key }) =>
    intervals.some(
      (interval) => interval.prerelease === prerelease && interval.from <= key && key < interval.to,
    );
}

/** Versions between two precedence keys (version.ts), `from` included and `to` not: releases, or pre-releases. */
export interface Interval {
  prerelease: boolean;
  from: string;
  to: string;
}

/** Keys before and after those of all versions. */
const lowest = '0';
const highest = '~';

/**
 * The intervals of precedence keys that a range includes, for an index on these. `range` must satisfy {@link isRange}.
 *
 * @example
 * rangeIntervals('^1.2') // the releases from 1.2.0 up to 2.0.0, and no pre-releases
 */
export function rangeIntervals(range: string): Interval[] {
  return new Range(range).set.flatMap((comparators) => {
    let from = lowest;
    let to = highest;
    const named: SemVer[] = [];
    for (const { operator, semver, value } of comparators) {
      // The comparator of `*`, which has no bound.
      if (value === '') continue;
      if (semver.prerelease.length > 0) named.push(semver);
      const key = precedenceKey(semver.version);
      if (operator !== '<' && operator !== '<=') {
        from = later(from, operator === '>' ? after(key) : key);
      }
      if (operator !== '>' && operator !== '>=') {
        to = earlier(to, operator === '<' ? key : after(key));
      }
    }
    const release = { prerelease: false, from, to };
    const prereleases = named.map(({ major, minor, patch }) => {
      const end = precedenceKey(`${major}.${minor}.${patch}`);
      // The keys of a release's pre-releases lack its final character.
      return {
        prerelease: true,
        from: later(from, end.slice(0, -1)),
        to: earlier(to, end),
      };
    });
    return [release, ...prereleases].filter((interval) => interval.from < interval.to);
  });
}

/** The first possible key after this one. */
const after = (key: string) => `${key} `;
const later = (a: string, b: string) => (a > b ? a : b);
const earlier = (a: string, b: string) => (a < b ? a : b);
