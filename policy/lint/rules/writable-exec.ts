import type { Outline } from '../../glob/related.ts';
import type { EffectiveRule } from '../../model/effective-rule.ts';
import { allIn, type ExpandedFileRule, fileRules, patternsIntersect } from '../file-rules.ts';
import type { LintRule } from '../rule.ts';

export const writableExec: LintRule = {
  id: 'writable-exec',
  title: 'Writable files can be run',
  severity: 'warning',
  text: 'A program that can write a file and run it can run anything. If the transition is to another profile or to none, it escapes this one. Keep writable files and programs apart.',
  fires:
    'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /var/lib/demo/** rw,\n  /var/lib/demo/plugins/* ix,\n}\n',
  clean:
    'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /var/lib/demo/data/** rw,\n  /var/lib/demo/plugins/* ix,\n}\n',
  check(context) {
    for (const profile of context.profiles) {
      const rules = fileRules(context, profile);
      const writers = rules.allowing('write');
      // Aliases make several of a rule.
      const reported = new Set<EffectiveRule>();
      for (const one of rules.all) {
        const { rule } = one.effective;
        if (
          one.effective.deny ||
          !one.effective.own ||
          rule.kind !== 'file' ||
          !one.permissions.has('exec') ||
          reported.has(one.effective)
        )
          continue;
        const denied = (permission: 'write' | 'exec', by: ExpandedFileRule, path: Outline) =>
          allIn(context, path, rules.against(context, permission, by, path));
        // Denied running of everything it matches: nothing to rewrite.
        if (denied('exec', one, one.outline)) continue;
        let writer: ExpandedFileRule | undefined;
        writers.someIntersecting(one.outline, context.budget, (two) => {
          const earlier = !writer || writer.order >= two.order;
          if (
            earlier &&
            patternsIntersect(context, one.outline, two.outline) &&
            !denied('write', two, two.outline) &&
            !denied('write', two, one.outline)
          )
            writer = two;
          return false;
        });
        if (!writer) continue;
        reported.add(one.effective);
        const by = writer.effective.rule;
        const same = by === rule;
        const text = by.kind === 'file' ? `${by.path.text} ${by.mode.text}` : 'file';
        context.report(
          rule,
          same
            ? 'This allows both running and writing the same files.'
            : `Files that this rule lets run are also writable: "${text}" matches them.`,
          {
            expected: 'a deny rule for writing it, or separate directories for programs and data',
          },
        );
      }
    }
  },
};
