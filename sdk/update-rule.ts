import { describeDifference, type Effect, unknownReasons, visibleLine } from '../policy/index.ts';
import type { PolicyChange } from './policy-change.ts';

/** Which updates of a profile are installed without approval, as profiles.toml says. */
export const updateRules = ['any', 'narrowing', 'same'] as const;

/**
 * `narrowing`: versions that permit nothing that the installed one does not; `same`: that permit exactly the same.
 */
export type UpdateRule = (typeof updateRules)[number];

/** The maximum number of reasons that are listed, and of characters of each. */
const maxReasons = 20;
const maxLength = 500;

/** Why an update is not installed without approval: at most 20 lines, and the number of further ones. */
export interface HoldReasons {
  reasons: string[];
  more: number;
}

/** Why a rule does not let an update in; `undefined` if it does. What is not known counts as permitting more. */
export function holdReasons(change: PolicyChange, rule: UpdateRule): HoldReasons | undefined {
  const lines =
    rule === 'any' ? [] : linesOf(change, rule === 'same' ? anyEffect : wideningEffects);
  if (lines.length === 0) return undefined;
  return {
    reasons: lines
      .slice(0, maxReasons)
      // Names in a profile may have any bytes.
      .map(visibleLine)
      .map((line) => (line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line)),
    more: Math.max(0, lines.length - maxReasons),
  };
}

const wideningEffects: readonly Effect[] = ['more', 'either'];
const anyEffect: readonly Effect[] = ['more', 'either', 'less'];

function linesOf(change: PolicyChange, held: readonly Effect[]): string[] {
  if (!change.known) return [`not known: ${change.reason}`];
  const { differences, unknown } = change.comparison;
  const several = new Set([...differences, ...unknown].map(({ profile }) => profile)).size > 1;
  // A child is named also where it alone differs.
  const placeOf = (one: { profile: string; class: string }) =>
    several || one.profile.includes('//') ? `${one.profile}: ${one.class}` : one.class;
  const unread = change.unread.length === 0 ? '' : ` (${change.unread.join(', ')})`;
  return [
    ...differences
      .filter(({ effect }) => held.includes(effect))
      .map((one) => `${placeOf(one)}: ${describeDifference(one)}`),
    ...unknown.map(
      (one) =>
        `${placeOf(one)}: not known: ${unknownReasons[one.reason]}${one.reason === 'includes' ? unread : ''}`,
    ),
  ];
}
