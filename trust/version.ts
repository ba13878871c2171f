import { parse } from 'semver';

/** In characters. */
const maxLength = 128;

/**
 * Whether `text` is a valid version: Semantic Versioning 2.0.0 in canonical spelling, without build metadata (versions that
 * differ only in it have no order).
 */
export function isVersion(text: string): boolean {
  return text.length <= maxLength && parse(text)?.version === text;
}

/** Whether `version` is a pre-release, such as `1.0.0-rc.1`. */
export function isPrerelease(version: string): boolean {
  return (parse(version)?.prerelease.length ?? 0) > 0;
}

/**
 * Whether `version`, which is higher than `before`, is a new major version; below 1.0.0, where a minor version may change
 * anything (semver.org section 4), a new minor version.
 */
export function isNewMajor(before: string, version: string): boolean {
  const [one, two] = [parse(before), parse(version)];
  if (!one || !two) throw new TypeError(`not semantic versions: ${before}, ${version}`);
  return one.major !== two.major || (one.major === 0 && one.minor !== two.minor);
}

/** Compares by precedence (semver.org section 11): negative if `a` is lower than `b`, 0 if equal. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [precedenceKey(a), precedenceKey(b)];
  return left < right ? -1 : Number(left > right);
}

/**
 * A key that sorts byte-wise by the version's precedence, for sorting and paging in a database. `version` must satisfy
 * {@link isVersion}.
 */
export function precedenceKey(version: string): string {
  const parsed = parse(version);
  if (!parsed) throw new TypeError(`not a semantic version: ${version}`);
  const numbers = [parsed.major, parsed.minor, parsed.patch].map(orderedNumber).join('');
  // '~' sorts after every character of an identifier, so a release sorts after its pre-releases.
  if (parsed.prerelease.length === 0) return `${numbers}~`;
  // A space sorts before every character of an identifier, so fewer fields sort first.
  return `${numbers}${parsed.prerelease.map((field) => `${orderedField(field)} `).join('')}`;
}

/** Digits prefixed by their count, in two characters, tens and ones: longer numbers sort later. */
function orderedNumber(value: number | string): string {
  const digits = String(value);
  // The characters after '9' continue the count: a number may have more than 99 digits.
  const tens = String.fromCharCode('0'.charCodeAt(0) + Math.floor(digits.length / 10));
  return `${tens}${digits.length % 10}${digits}`;
}

/** Numeric fields sort before the others, which get the prefix `a`. semver returns large numbers as text. */
function orderedField(field: string | number): string {
  return /^\d+$/.test(String(field)) ? `0${orderedNumber(field)}` : `a${field}`;
}

/** The part of a version that a breaking change raises: below 1.0.0 the minor one (Semantic Versioning 2.0.0, item 4). */
export function breakingPart(version: string): 'major' | 'minor' {
  return version.startsWith('0.') ? 'minor' : 'major';
}
