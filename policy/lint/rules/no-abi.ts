import type { LintRule } from '../rule.ts';

export const noAbi: LintRule = {
  id: 'no-abi',
  title: 'The profile names no abi',
  severity: 'warning',
  text: 'Without an abi rule, what is mediated depends on the host the profile is compiled on: the same file can suddenly deny what it allowed, or allow what it denied, after an upgrade. `abi <abi/3.0>,` at the head of the file fixes it. AppArmor 3.0 and later know it.',
  fires: 'profile demo /usr/bin/demo {\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n}\n',
  check({ file, profiles, report }) {
    const [first] = profiles;
    if (!first || file.statements.some((one) => one.kind === 'abi')) return;
    const { profile } = first.report;
    report(
      { start: profile.start, end: profile.name.end },
      'No abi rule says which kernel features this policy was written for.',
      {
        expected: 'abi <abi/3.0>, at the head of the file',
        suggestion: 'abi <abi/3.0>,',
      },
    );
  },
};
