import { parse } from 'semver';

/** In characters. */
const maxLength = 128;

/**
 * Whether `text` is a version this registry accepts: semantic versioning 2.0.0, in its canonical spelling
 * and without build metadata (two versions that differ only there would have no order).
 */
export function isVersion(text: string): boolean {
  return text.length <= maxLength && parse(text)?.version === text;
}

/** Whether `version` is a pre-release, such as `1.0.0-rc.1`. */
export function isPrerelease(version: string): boolean {
  return (parse(version)?.prerelease.length ?? 0) > 0;
}

/** Precedence (semver.org section 11): negative when `a` is older than `b`, 0 when equal. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [precedenceKey(a), precedenceKey(b)];
  return left < right ? -1 : Number(left > right);
}

/**
 * A string whose order under byte-wise comparison is the version's precedence, so that a database can sort
 * and page by it. `version` must satisfy {@link isVersion}.
 */
export function precedenceKey(version: string): string {
  const parsed = parse(version);
  if (!parsed) throw new TypeError(`not a semantic version: ${version}`);
  const numbers = [parsed.major, parsed.minor, parsed.patch].map(orderedNumber).join('');
  // '~' sorts after every character of an identifier: a release comes after its pre-releases.
  if (parsed.prerelease.length === 0) return `${numbers}~`;
  // A space sorts before every character of an identifier: fewer fields come first.
  return `${numbers}${parsed.prerelease.map((field) => `${orderedField(field)} `).join('')}`;
}

/** Digits prefixed by their count, in two characters, tens and ones: longer numbers sort later. */
function orderedNumber(value: number | string): string {
  const digits = String(value);
  // What comes after '9' counts on: a version has room for a number of more than 99 digits.
  const tens = String.fromCharCode('0'.charCodeAt(0) + Math.floor(digits.length / 10));
  return `${tens}${digits.length % 10}${digits}`;
}

/** Numeric fields sort before the others, which begin with the marker `a`; semver leaves large numbers as text. */
function orderedField(field: string | number): string {
  return /^\d+$/.test(String(field)) ? `0${orderedNumber(field)}` : `a${field}`;
}
