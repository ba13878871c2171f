import { outline } from '../../glob/related.ts';
import { secretFiles } from '../../model/sensitive-files.ts';
import { allIn, type ExpandedFileRule, fileRules, patternsIntersect } from '../file-rules.ts';
import type { LintRule } from '../rule.ts';

const places = secretFiles.map(([pattern, what, { others = false, data } = {}]) => ({
  place: outline(pattern),
  what,
  others,
  data: data === undefined ? undefined : outline(data),
}));

const everything = outline('/**');

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
      const reading = rules.allowing('read');
      const found = new Map<ExpandedFileRule, (typeof places)[number][]>();
      for (const one of places) {
        reading.someIntersecting(one.place, context.budget, (by) => {
          if (
            !by.effective.own ||
            by.effective.rule.kind !== 'file' ||
            !patternsIntersect(context, by.outline, one.place) ||
            allIn(context, everything, [by]) ||
            (one.others && by.effective.qualifiers.owner) ||
            (one.data && allIn(context, one.data, [by]))
          )
            return false;
          const denied = rules.against(context, 'read', by, one.place);
          if (!allIn(context, one.place, denied) && !allIn(context, by.outline, denied))
            found.set(by, [...(found.get(by) ?? []), one]);
          return false;
        });
      }
      for (const [by, [first, ...others]] of found) {
        const { rule } = by.effective;
        if (!first || rule.kind !== 'file') continue;
        const more = others.length > 0 ? ` And ${others.length} more like it.` : '';
        context.report(rule, `This allows reading ${first.what}, here ${rule.path.text}.${more}`, {
          expected: 'the files the program is meant to read',
        });
      }
    }
  },
};
