import type { LintRule } from '../rule.ts';

export const allRule: LintRule = {
  id: 'all-rule',
  title: 'Everything is allowed',
  severity: 'warning',
  text: '`all,` allows every access there is, also of kinds that later releases add. What remains of the profile are its deny rules.',
  fires: 'abi <abi/4.0>,\nprofile demo /usr/bin/demo {\n  all,\n}\n',
  clean: 'abi <abi/4.0>,\nprofile demo /usr/bin/demo {\n  /usr/bin/demo mr,\n}\n',
  check({ profiles, report }) {
    for (const { rule, deny, own } of profiles.flatMap((one) => one.rules)) {
      if (rule.kind === 'all' && own && !deny)
        report(rule, 'This allows everything.', { expected: 'the rules the program needs' });
    }
  },
};
