import { bytePattern, bytes, Matcher } from '../../glob/matcher.ts';
import { type Outline, Outlines, outline } from '../../glob/related.ts';
import { secretFiles } from '../../model/sensitive-files.ts';
import { allIn, type ExpandedFileRule, fileRules, patternsIntersect } from '../file-rules.ts';
import type { LintContext, LintRule } from '../rule.ts';

const places = secretFiles.map(([pattern, what, { others = false, data } = {}]) => ({
  place: outline(pattern),
  what,
  others,
  data: data === undefined ? undefined : outline(data),
}));

type Place = (typeof places)[number];

const everything = outline('/**');

let matcher: Matcher | undefined;

/** The places where a path is: most rules are about one path, and this takes a step for each of its bytes. */
function placesOf(path: string, context: LintContext): readonly Place[] {
  matcher ??= Matcher.ofProgram(places.map(({ place }) => bytePattern(place.pattern)));
  const found = matcher.matching(bytes(path), context.budget) ?? [];
  return found.map((index) => places[index] as Place);
}

/** The rules that may let a place be read, by place. */
function readingOf(
  context: LintContext,
  rules: readonly ExpandedFileRule[],
): Map<Place, ExpandedFileRule[]> {
  const reading = new Map<Place, ExpandedFileRule[]>(places.map((one) => [one, []]));
  const patterns: ExpandedFileRule[] = [];
  // Many rules may have one long path.
  const known = new Map<Outline, readonly Place[]>();
  for (const rule of rules) {
    const { effective, outline: path, permissions } = rule;
    if (effective.deny || !effective.own || effective.rule.kind !== 'file') continue;
    if (!permissions.has('read')) continue;
    if (!path.plain) {
      patterns.push(rule);
      continue;
    }
    const found = known.get(path) ?? placesOf(path.pattern, context);
    known.set(path, found);
    for (const one of found) reading.get(one)?.push(rule);
  }
  const outlines = new Outlines(patterns);
  for (const [one, by] of reading) {
    outlines.someIntersecting(one.place, context.budget, (rule) => {
      if (patternsIntersect(context, rule.outline, one.place)) by.push(rule);
      return false;
    });
  }
  return reading;
}

export const sensitiveRead: LintRule = {
  id: 'sensitive-read',
  title: 'Reading credentials',
  severity: 'info',
  text: 'A process that has read password hashes, private keys or tokens can act as another user, also on other systems and after it has left the profile. If the program needs them, say so in a comment. Rules of abstractions, and profiles that may read every file, are not reported.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /etc/shadow r,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /etc/passwd r,\n}\n',
  check(context) {
    for (const profile of context.profiles) {
      const rules = fileRules(context, profile);
      const found = new Map<ExpandedFileRule, Place[]>();
      for (const [one, readers] of readingOf(context, rules.all)) {
        for (const by of readers) {
          if (
            allIn(context, everything, [by]) ||
            (one.others && by.effective.qualifiers.owner) ||
            (one.data && allIn(context, one.data, [by]))
          )
            continue;
          const denied = rules.against(context, 'read', by, one.place);
          if (!allIn(context, one.place, denied) && !allIn(context, by.outline, denied))
            found.set(by, [...(found.get(by) ?? []), one]);
        }
      }
      for (const [by, [first, ...others]] of found) {
        const { rule } = by.effective;
        if (!first || rule.kind !== 'file') continue;
        const more = others.length > 0 ? `, and ${others.length} more like it` : '';
        context.report(rule, `This allows reading ${first.what} (${rule.path.text})${more}.`, {
          expected: 'the files the program is meant to read',
        });
      }
    }
  },
};
