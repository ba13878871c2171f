import { splitFlag } from '../../syntax/profile-head.ts';
import type { LintRule } from '../rule.ts';

export const complainMode: LintRule = {
  id: 'complain-mode',
  title: 'The profile only complains',
  severity: 'warning',
  text: 'In complain mode, what no rule allows is logged and allowed; only deny rules still deny. Use it while you write a profile, not on a host that relies on it.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo flags=(complain) {\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n}\n',
  check({ profiles, report }) {
    for (const { report: one } of profiles) {
      for (const flag of one.profile.flags?.values ?? []) {
        if (splitFlag(flag.value).name === 'complain')
          report(
            flag,
            'In complain mode, the profile logs and allows what no rule allows; only its deny rules refuse anything.',
            {
              expected: 'enforce mode, which needs no flag',
            },
          );
      }
    }
  },
};
