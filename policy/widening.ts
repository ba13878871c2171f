// Whether a policy may permit more than another, for any of several releases.
import type { CheckOptions } from './check.ts';
import { comparePolicies, type PolicyText } from './compare-policies.ts';
import { differenceLines, firstLines, wideningEffects } from './model/difference-lines.ts';
import { newestRelease } from './release.ts';

/** What a policy may permit beyond another. */
export interface PolicyWidening {
  /** The index of the base policy that shows it; undefined if includes were presumed to be empty. */
  at: number | undefined;
  /** Each difference that may permit more, and everything unknown; at most 20. */
  lines: string[];
  /** How many more there are. */
  more: number;
}

/**
 * What a policy may permit beyond another, by the first base policy that shows it; undefined if none does. What is not known
 * counts as more.
 *
 * @param bases the releases with their base policies; those with which apparmor_parser would refuse one of both policies
 * are passed over. If none is left, includes are presumed to be empty
 * @param steps what the comparison may cost with each base policy
 */
export function findWidening(
  from: string | PolicyText,
  to: string | PolicyText,
  bases: Iterable<CheckOptions>,
  steps: number,
): PolicyWidening | undefined {
  if (JSON.stringify(from) === JSON.stringify(to)) return undefined;
  let isCompared = false;
  let at = -1;
  for (const options of bases) {
    at++;
    const change = comparePolicies(from, to, { ...options, steps });
    if (!change.known) continue;
    const lines = differenceLines(change.comparison, change.unread, wideningEffects);
    if (lines.length > 0) return { at, ...firstLines(lines) };
    isCompared = true;
  }
  if (isCompared) return undefined;
  const change = comparePolicies(from, to, { target: newestRelease, presume: true, steps });
  const lines = change.known
    ? differenceLines(change.comparison, change.unread, wideningEffects)
    : [`not known: apparmor_parser would refuse one of both: ${change.error}`];
  return lines.length > 0 ? { at: undefined, ...firstLines(lines) } : undefined;
}
