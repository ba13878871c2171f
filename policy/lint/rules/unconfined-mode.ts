import type { LintRule } from '../rule.ts';

export const unconfinedMode: LintRule = {
  id: 'unconfined-mode',
  title: 'The profile does not restrict anything',
  severity: 'warning',
  text: 'With the flag unconfined, the profile restricts nothing. With default_allow, everything is allowed that no rule denies.',
  fires: 'abi <abi/4.0>,\nprofile demo /usr/bin/demo flags=(unconfined) {\n}\n',
  clean: 'abi <abi/4.0>,\nprofile demo /usr/bin/demo {\n}\n',
  check({ profiles, report }) {
    for (const { report: one } of profiles) {
      for (const flag of one.profile.flags?.values ?? []) {
        if (flag.value === 'unconfined')
          report(flag, 'With the flag unconfined this profile restricts nothing.', {
            expected: 'no such flag',
          });
        if (flag.value === 'default_allow')
          report(flag, 'With default_allow everything is allowed that no rule denies.', {
            expected: 'no such flag',
          });
      }
    }
  },
};
