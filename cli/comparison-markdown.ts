// What one policy permits and another does not, as Markdown for a comment on a change (GitHub, GitLab).
import {
  describeDifference,
  type PolicyComparison,
  type PolicyDifference,
  unknownReasons,
} from '../policy/index.ts';
import { shortened } from '../policy/visible.ts';
import { ruleText } from './deciding-rules.ts';
import type { ComparedNames } from './policy-comparison.ts';
import { fenceFor } from './terminal/fence.ts';
import { visibleLine } from './terminal/io.ts';

/** The maximum number of differences in each part. GitHub refuses comments of more than 65,536 characters. */
const maxDifferences = 40;
/** The maximum number of rules of each difference, and of characters of a line. */
const maxRules = 3;
const maxLength = 300;

/** The parts, in the order of what a reviewer has to see. */
const parts = [
  { title: 'Permits more', effects: ['more', 'either'], folded: false },
  { title: 'Permits less', effects: ['less'], folded: true },
  { title: 'Permits the same otherwise', effects: ['same'], folded: true },
] as const;

/**
 * A comparison as Markdown: what is permitted beyond the left policy first. Texts of the policies stand in code blocks that
 * they can't end.
 */
export function markdownComparison(
  { differences, unknown }: PolicyComparison,
  names: ComparedNames,
): string {
  if (differences.length === 0 && unknown.length === 0) return 'Both permit the same.';
  const blocks: string[] = [];
  for (const { title, effects, folded } of parts) {
    const some = differences.filter(({ effect }) => effects.some((one) => one === effect));
    if (some.length === 0) continue;
    const heading = `${title} (${some.length})`;
    const block = codeBlock(lines(some, names));
    if (folded) blocks.push(`<details><summary>${heading}</summary>`, block, '</details>');
    else blocks.push(`**${heading}**`, block);
  }
  if (unknown.length > 0) {
    const reasons = unknown.map((one) => `${placeOf(one)}: ${unknownReasons[one.reason]}`);
    const unread = names.unread.map((file) => `not read: ${file}`);
    const all = [...reasons, ...unread].map((line) => shortened(visibleLine(line), maxLength));
    blocks.push('**Not known**', codeBlock(cut(all, maxDifferences)));
  }
  return blocks.join('\n\n');
}

/** Each difference, with the rules that decide about it as comments of the diff. */
function lines(differences: readonly PolicyDifference[], { left, right }: ComparedNames): string[] {
  const shown = differences.slice(0, maxDifferences).flatMap((one) => {
    const [sign, ...words] = describeDifference(one).split(' ');
    const rules = [
      ...one.leftRules.map((rule) => `- ${ruleText(rule, left)}`),
      ...one.rightRules.map((rule) => `+ ${ruleText(rule, right)}`),
    ];
    const title = visibleLine(`${sign} ${placeOf(one)}: ${words.join(' ')}`);
    return [title, ...cut(rules, maxRules).map((rule) => `    ${rule}`)].map((line) =>
      shortened(line, maxLength),
    );
  });
  const more = differences.length - maxDifferences;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

function placeOf(one: { profile: string; class: string }): string {
  return one.profile.includes('//') ? `${one.profile}: ${one.class}` : one.class;
}

function cut(all: readonly string[], most: number): string[] {
  return all.length > most ? [...all.slice(0, most), `and ${all.length - most} more`] : [...all];
}

/** A fenced code block. */
function codeBlock(content: readonly string[]): string {
  const fence = fenceFor(content.join('\n'), 3);
  return [`${fence}diff`, ...content, fence].join('\n');
}
