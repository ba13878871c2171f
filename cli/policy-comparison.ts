// What one policy permits and another does not, as lines of text and as JSON.
import { describeDifference, type PolicyComparison, unknownReasons } from '../policy/index.ts';
import type { PolicyChange } from '../sdk/policy-change.ts';
import { placed, ruleText } from './deciding-rules.ts';
import { visibleLine } from './terminal/io.ts';

/** The names of two compared policies, and the included files that were not read. */
export interface ComparedNames {
  left: string;
  right: string;
  unread: readonly string[];
}

/** A comparison as lines, each difference with the rules that decide about it. */
export function describeComparison(
  { differences, unknown }: PolicyComparison,
  { left, right, unread }: ComparedNames,
): string[] {
  if (differences.length === 0 && unknown.length === 0) return ['the same policy'];
  const lines: string[] = [];
  const several = new Set(differences.map(({ profile }) => profile)).size > 1;
  const headingOf = (one: { profile: string; class: string }) =>
    visibleLine(several || one.profile.includes('//') ? `${one.profile}: ${one.class}` : one.class);
  let heading = '';
  for (const one of differences) {
    const next = headingOf(one);
    if (next !== heading) lines.push(next);
    heading = next;
    lines.push(`  ${visibleLine(describeDifference(one))}`);
    for (const rule of one.leftRules) lines.push(`      - ${ruleText(rule, left)}`);
    for (const rule of one.rightRules) lines.push(`      + ${ruleText(rule, right)}`);
  }
  for (const one of unknown)
    lines.push(`unknown: ${headingOf(one)}: ${unknownReasons[one.reason]}`);
  if (unknown.length > 0 && unread.length > 0)
    lines.push(`  not read: ${unread.map(visibleLine).join(', ')}`);
  return lines;
}

/** A comparison as JSON; `same` is null if that is not known. */
export function comparisonData(
  { differences, unknown }: PolicyComparison,
  { left, right, unread }: ComparedNames,
) {
  return {
    same: unknown.length > 0 ? null : differences.length === 0,
    differences: differences.map((one) => ({
      ...one,
      example: one.example ?? null,
      leftRules: placed(one.leftRules, left),
      rightRules: placed(one.rightRules, right),
    })),
    unknown,
    unread,
  };
}

/** What a version permits in place of the installed one, as lines with a heading. */
export function describeChange(change: PolicyChange, installed: string): string[] {
  if (!change.known)
    return [`What it permits can’t be compared with ${installed}: ${visibleLine(change.reason)}`];
  const { comparison, from: left, to: right, unread } = change;
  const { differences, unknown } = comparison;
  if (differences.length + unknown.length === 0) return [`It permits the same as ${installed}.`];
  const lines = describeComparison(comparison, { left, right, unread });
  return [`What it permits, compared with ${installed}:`, ...lines.map((line) => `  ${line}`)];
}

/** The same as JSON: {@link comparisonData}, with the reason if the versions can't be compared. */
export function changeData(change: PolicyChange) {
  if (!change.known)
    return { same: null, differences: [], unknown: [], unread: [], reason: change.reason };
  const { comparison, from: left, to: right, unread } = change;
  return { ...comparisonData(comparison, { left, right, unread }), reason: null };
}
