import { allIn, denies, fileAccess, meet } from './access.ts';
import type { LintRule } from './rule.ts';

export const writableExec: LintRule = {
  id: 'writable-exec',
  title: 'A program that can be rewritten can be run',
  severity: 'warning',
  text: 'Who may write a file and run it can run anything. Where the transition is to another profile or to none, it is a way out of this one. Keep what is written and what is run apart.',
  fires:
    'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /var/lib/demo/** rw,\n  /var/lib/demo/plugins/* ix,\n}\n',
  clean:
    'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /var/lib/demo/data/** rw,\n  /var/lib/demo/plugins/* ix,\n}\n',
  check(context) {
    for (const profile of context.profiles) {
      const all = fileAccess(context, profile);
      const writers = all.filter((one) => !one.seen.deny && one.permissions.has('write'));
      for (const one of all) {
        const { rule } = one.seen;
        if (one.seen.deny || !one.seen.own || rule.kind !== 'file' || !one.permissions.has('exec'))
          continue;
        // Denied writing, or denied running, of everything it matches: nothing to rewrite.
        const locked = (['write', 'exec'] as const).some((permission) => {
          const against = denies(all, permission, one.prefix).map((deny) => deny.path);
          return against.length > 0 && allIn(context, one.path, against);
        });
        if (locked) continue;
        const writer = writers.find((two) => {
          if (!two.prefix.startsWith(one.prefix) && !one.prefix.startsWith(two.prefix))
            return false;
          const narrower = two.prefix.length > one.prefix.length ? two : one;
          const against = denies(all, 'write', narrower.prefix).map((deny) => deny.path);
          return (
            !(against.length > 0 && allIn(context, two.path, against)) &&
            meet(context, one.path, two.path)
          );
        });
        if (!writer) continue;
        const by = writer.seen.rule;
        const same = by === rule;
        const text = by.kind === 'file' ? `${by.path.text} ${by.mode.text}` : 'file';
        context.report(
          rule,
          same
            ? 'What this lets run it also lets be written.'
            : `What this lets run can be written: "${text}" matches it too.`,
          {
            expected: 'a deny rule for writing it, or directories apart',
          },
        );
      }
    }
  },
};
