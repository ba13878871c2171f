// The version policy `semver` of a team: a version may permit no more than the one that it follows, unless it is a new
// major version or its signed manifest gives a reason.
import type { Manifest } from './statement.ts';
import { breakingPart, isNewMajor } from './version.ts';

/** A version of a profile, and the lower one that it follows. */
export interface Successor extends Pick<Manifest, 'widens'> {
  team: string;
  name: string;
  version: string;
  before: string;
}

/** Why a version is refused, in a sentence, and what to do, in another. */
export interface WideningRefusal {
  message: string;
  next: string;
}

/** The refusal of a version if it may permit more than the one that it follows; undefined if the policy lets it. */
export function wideningRefusal({
  team,
  name,
  version,
  before,
  widens,
}: Successor): WideningRefusal | undefined {
  if (widens !== undefined || isNewMajor(before, version)) return undefined;
  return {
    message:
      `${team}/${name}@${version} may permit more than ${before}, which it follows, and the version policy of team ` +
      `${team} is semver.`,
    next:
      `Publish it as a new ${breakingPart(version)} version, sign a reason with "publish --widens REASON", or let it ` +
      'permit no more.',
  };
}
