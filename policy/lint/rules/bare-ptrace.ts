import type { LintRule } from '../rule.ts';

export const barePtrace: LintRule = {
  id: 'bare-ptrace',
  title: 'Tracing is wide open',
  severity: 'warning',
  text: 'A program that may trace every process can read their memory and run code in them, under their profile or none. Restrict the rule with peer=, for most programs to the profile itself.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  ptrace,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  ptrace (read, trace) peer=demo,\n}\n',
  check({ ownRules, report }) {
    const strong = ['trace', 'w', 'rw', 'write'];
    for (const { rule, deny } of ownRules('ptrace')) {
      if (deny) continue;
      const peer = rule.conditions.find((one) => one.name.value === 'peer')?.values[0]?.value;
      const traces =
        rule.permissions.length === 0 ||
        rule.permissions.some((word) => strong.includes(word.value));
      if (traces && (peer === undefined || peer === '**' || peer === '{,**}' || peer === '{**,}')) {
        report(rule, 'This allows tracing every process, and so running code in any of them.', {
          expected: 'peer= with the profile that is traced',
        });
      }
    }
  },
};
