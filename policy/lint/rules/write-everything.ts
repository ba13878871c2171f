import { outline } from '../../glob/related.ts';
import { allIn, fileRules } from '../file-rules.ts';
import type { LintRule } from '../rule.ts';

const everything = outline('/**');

export const writeEverything: LintRule = {
  id: 'write-everything',
  title: 'Every file is writable',
  severity: 'warning',
  text: 'A program that may write anywhere can change its own configuration, other programs and, in most cases, the limits of its own profile. Name the directories it writes to. Container profiles are not reported: they start with `file,`, as docker-default does, and deny rules close the ways out (see weaker-than-docker-default).',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /** rw,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /** r,\n  /var/lib/demo/** rw,\n}\n',
  check(context) {
    for (const profile of context.profiles) {
      if (profile.container) continue;
      for (const one of fileRules(context, profile).all) {
        const { rule } = one.effective;
        if (
          one.effective.deny ||
          !one.effective.own ||
          one.effective.qualifiers.owner ||
          !(one.permissions.has('write') || one.permissions.has('append')) ||
          !allIn(context, everything, [one])
        )
          continue;
        const what = one.permissions.has('write') ? 'writing to' : 'appending to';
        context.report(rule, `This allows ${what} every file.`, {
          expected: 'the directories the program writes to',
        });
      }
    }
  },
};
