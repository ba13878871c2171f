// AppArmor releases, as far as the policy language differs between them.

/** A release of the AppArmor userspace, oldest first. */
export const releases = ['2.13', '3.0', '3.1', '4.0', '4.1', '5.0', '6.0'] as const;
export type Release = (typeof releases)[number];

/** Negative when `a` is older than `b`, 0 when they are the same. */
export function compareReleases(a: Release, b: Release): number {
  return releases.indexOf(a) - releases.indexOf(b);
}
