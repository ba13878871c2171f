// The variants of a version: files for different AppArmor releases, of which a host takes one.

/** The maximum number of variants of a version: a registry lints all of them in one request. */
export const maxVariants = 4;

const releasePattern = /^(\d{1,3})\.(\d{1,3})$/;

/** Whether a text is the number of an AppArmor release, such as `4.0`. */
export function isReleaseNumber(text: string): boolean {
  return releasePattern.test(text);
}

/** Compares the numbers of two releases: negative if `a` is older. */
export function compareReleaseNumbers(a: string, b: string): number {
  const [, major = '', minor = ''] = releasePattern.exec(a) ?? [];
  const [, otherMajor = '', otherMinor = ''] = releasePattern.exec(b) ?? [];
  return Number(major) - Number(otherMajor) || Number(minor) - Number(otherMinor);
}

/** Whether releases are the oldest ones of variants, in order. */
export function areVariants(releases: readonly string[]): boolean {
  return releases.every(
    (release, at) => at === 0 || compareReleaseNumbers(releases[at - 1] ?? '', release) < 0,
  );
}

/**
 * The index of the variant for a release: the one with the newest oldest release that is not newer. -1 if the release is
 * older than those of all variants.
 */
export function variantFor(variants: readonly string[], release: string): number {
  return variants.findLastIndex((oldest) => compareReleaseNumbers(oldest, release) <= 0);
}

/** The index of the variant that is served for a release: the first for one before those of all, and without a release. */
export function servedVariant(variants: readonly string[], release: string | undefined): number {
  return release === undefined ? 0 : Math.max(0, variantFor(variants, release));
}

/**
 * The variants that the same hosts take of two versions, as pairs of indices. A version without variants has one file, as
 * has a release before those of all variants: the first.
 */
export function counterparts(
  before: readonly string[] = [],
  after: readonly string[] = [],
): [before: number, after: number][] {
  const releases = [...before, ...after];
  const pairs = new Map([['0,0', [0, 0] as [number, number]]]);
  for (const release of releases) {
    const pair: [number, number] = [servedVariant(before, release), servedVariant(after, release)];
    pairs.set(pair.join(), pair);
  }
  return [...pairs.values()];
}
