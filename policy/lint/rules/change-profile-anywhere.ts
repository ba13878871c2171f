import type { LintRule } from '../rule.ts';

export const changeProfileAnywhere: LintRule = {
  id: 'change-profile-anywhere',
  title: 'The program may choose its own confinement',
  severity: 'warning',
  text: 'A change_profile rule without a target, or with ** for one, lets the program move to any profile, also to unconfined. Name the profiles it may change to.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  change_profile,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  change_profile -> demo-worker,\n}\n',
  check({ ownRules, report }) {
    for (const { rule, deny } of ownRules('change_profile')) {
      if (deny) continue;
      const target = rule.target?.value;
      if (target === undefined || target === '**' || target === '*')
        report(rule, 'This allows a change to any profile, unconfined among them.', {
          expected: '-> and the profiles it may change to',
        });
      else if (target === 'unconfined')
        report(rule, 'This allows leaving all confinement.', {
          expected: 'a profile instead of unconfined',
        });
    }
  },
};
