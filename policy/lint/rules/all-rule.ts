import type { LintRule } from '../rule.ts';

export const allRule: LintRule = {
  id: 'all-rule',
  title: 'Everything is allowed',
  severity: 'warning',
  text: '`all,` allows every access, including kinds that later releases add. Only the deny rules of the profile still restrict anything.',
  fires: 'abi <abi/4.0>,\nprofile demo /usr/bin/demo {\n  all,\n}\n',
  clean: 'abi <abi/4.0>,\nprofile demo /usr/bin/demo {\n  /usr/bin/demo mr,\n}\n',
  check({ ownRules, report }) {
    for (const { rule, deny } of ownRules('all')) {
      if (!deny)
        report(rule, 'This allows everything.', { expected: 'the rules the program needs' });
    }
  },
};
