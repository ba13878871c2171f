// Comments on added rules: what was reported that needs each, and what it permits besides.
import { evaluate, type IncludeResolver, model, permittedBeyond } from '../policy/index.ts';
import { shortened } from '../policy/visible.ts';
import { hostProfilesOf } from '../sdk/denials/label.ts';
import type { Addition } from '../sdk/denials/patch.ts';
import { beyondLines, eventLine } from './denials-report.ts';
import type { AdvisedEvent } from './fleet-event.ts';
import { visibleLine } from './terminal/io.ts';

/** The maximum number of events named above a rule, and the length of a comment, in characters. */
const maxEvents = 3;
const maxLength = 160;

/**
 * Puts comments above the rules that were added to a profile's text. What is said of an event comes from hosts: it is one line
 * of visible characters, and begins with words of its own, so that it is neither a rule, an include nor a suppression.
 *
 * @param original the text before
 * @param patched the text with the rules, each on a line of its own
 */
export function withEvidence(
  original: string,
  patched: string,
  {
    added,
    events,
    resolver,
  }: { added: readonly Addition[]; events: readonly AdvisedEvent[]; resolver: IncludeResolver },
): string {
  const isAdded = new Set(added.map(({ rule }) => rule));
  const lines = patched.split('\n');
  const before = model(original, { resolver, presume: true }).profiles;
  const after = model(patched, { resolver, presume: true }).profiles;
  const reasons = new Map<number, AdvisedEvent[]>();
  const besides = new Map<number, string[]>();
  for (const event of events) {
    const { access } = event.finding;
    if (!access) continue;
    for (const profile of after.filter(({ name }) =>
      hostProfilesOf(event.finding).includes(name),
    )) {
      for (const { file, line } of evaluate(profile, access).rules) {
        const rule = lines[line - 1]?.trim();
        if (file !== undefined || rule === undefined || !isAdded.has(rule)) continue;
        reasons.set(line, [...(reasons.get(line) ?? []), event]);
        const former = before.find(({ name }) => name === profile.name);
        if (former && !besides.has(line))
          besides.set(line, beyondLines(permittedBeyond(former, access, rule)));
      }
    }
  }
  return lines
    .flatMap((text, at) => {
      const found = reasons.get(at + 1);
      if (!found) return [text];
      const indent = /^\s*/.exec(text)?.[0] ?? '';
      const named = found.slice(0, maxEvents).map((one) => `Reported ${eventLine(one)}`);
      const more = found.length - named.length;
      const comments = [
        ...named,
        ...(more > 0 ? [`Reported besides: ${more} more events`] : []),
        ...(besides.get(at + 1) ?? []),
      ];
      return [
        ...comments.map((one) => `${indent}# ${shortened(visibleLine(one), maxLength)}`),
        text,
      ];
    })
    .join('\n');
}
