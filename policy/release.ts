// AppArmor releases, as far as the policy language differs between them.

/** A release of the AppArmor userspace, oldest first. */
export const releases = ['2.13', '3.0', '3.1', '4.0', '4.1', '5.0', '6.0'] as const;
export type Release = (typeof releases)[number];

/** True when `text` names a release this module knows. */
export function isRelease(text: string): text is Release {
  return (releases as readonly string[]).includes(text);
}

/** Negative when `a` is older than `b`, 0 when they are the same. */
export function compareReleases(a: Release, b: Release): number {
  return releases.indexOf(a) - releases.indexOf(b);
}

/** What an older release does with a construct: refuse the file, or accept it without enforcing it. */
export interface Requirement {
  release: Release;
  what: string;
  start: number;
  end: number;
}
