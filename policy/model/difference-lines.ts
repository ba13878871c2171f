// The differences of two policies in lines of text, for people who decide whether to accept them.
import { shortened, visibleLine } from '../visible.ts';
import type { PolicyComparison } from './compare.ts';
import { unknownReasons } from './decision.ts';
import { describeDifference, type Effect } from './policy-difference.ts';

/** The maximum number of lines that are listed, and of characters of each. */
const maxLines = 20;
const maxLength = 500;

/** The effects of a difference that may permit more. */
export const wideningEffects: readonly Effect[] = ['more', 'either'];

/**
 * The differences with one of these effects, and everything unknown, one in each line.
 *
 * @param unread the included files that were not read
 */
export function differenceLines(
  { differences, unknown }: PolicyComparison,
  unread: readonly string[],
  effects: readonly Effect[],
): string[] {
  const several = new Set([...differences, ...unknown].map(({ profile }) => profile)).size > 1;
  // A child is named also where it alone differs.
  const placeOf = (one: { profile: string; class: string }) =>
    several || one.profile.includes('//') ? `${one.profile}: ${one.class}` : one.class;
  const names = unread.length === 0 ? '' : ` (${unread.join(', ')})`;
  return [
    ...differences
      .filter(({ effect }) => effects.includes(effect))
      .map((one) => `${placeOf(one)}: ${describeDifference(one)}`),
    ...unknown.map((one) => {
      const why = `${unknownReasons[one.reason]}${one.reason === 'includes' ? names : ''}`;
      return `${placeOf(one)}: not known: ${why}`;
    }),
  ];
}

/** The first 20 lines, of at most 500 characters each, and how many more there are. */
export function firstLines(lines: readonly string[]): { lines: string[]; more: number } {
  return {
    lines: lines
      .slice(0, maxLines)
      // Names in a profile may have any bytes.
      .map(visibleLine)
      .map((line) => shortened(line, maxLength)),
    more: Math.max(0, lines.length - maxLines),
  };
}
