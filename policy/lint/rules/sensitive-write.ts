import { outline } from '../../glob/related.ts';
import type { EffectiveRule } from '../../model/effective-rule.ts';
import { trustedFiles } from '../../model/sensitive-files.ts';
import { allIn, fileRules } from '../file-rules.ts';
import type { LintRule } from '../rule.ts';

const everything = outline('/**');

export const sensitiveWrite: LintRule = {
  id: 'sensitive-write',
  title: 'Writing a file that grants privileges',
  severity: 'info',
  text: 'Some files are executed or trusted by programs with more privileges. A program that can write one can soon escape this profile. If the program is meant to write it, say so in a comment.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /etc/** rw,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /etc/** r,\n  /etc/demo.conf rw,\n}\n',
  check(context) {
    for (const profile of context.profiles) {
      if (profile.container) continue;
      const rules = fileRules(context, profile);
      // Rules for everything are reported as such.
      const wide = new Set(
        rules.all
          .filter(({ effective }) => effective.own && !effective.deny)
          .filter((one) => allIn(context, everything, [one]))
          .map(({ effective }) => effective),
      );
      const found = new Map<EffectiveRule, string[]>();
      for (const [path, how] of trustedFiles) {
        // A file may belong to whom the program runs as. What is appended counts as well.
        const { owner } = profile.model.file('a', path);
        const by = owner.granted !== false ? owner.rules.find(({ own }) => own) : undefined;
        if (by?.rule.kind !== 'file' || wide.has(by)) continue;
        found.set(by, [...(found.get(by) ?? []), `${path}: ${how}`]);
      }
      for (const [{ rule }, reasons] of found) {
        const more = reasons.length > 1 ? `, and ${reasons.length - 1} more like it` : '';
        context.report(rule, `This allows writing ${reasons[0]}${more}.`, {
          expected: 'the files the program is meant to write',
        });
      }
    }
  },
};
