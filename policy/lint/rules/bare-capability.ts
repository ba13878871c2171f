import type { LintRule } from '../rule.ts';

export const bareCapability: LintRule = {
  id: 'bare-capability',
  title: 'Every capability is allowed',
  severity: 'warning',
  text: '`capability,` allows every capability, including those that amount to root. Name the ones the program needs; `aa-logprof` and the kernel log show them. In a container, the runtime’s own set of capabilities still limits the program, so this is only a note there.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  capability,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  capability net_bind_service,\n}\n',
  check({ profiles, report }) {
    for (const { rules, container } of profiles) {
      for (const { rule, own, deny } of rules) {
        if (!own || deny || rule.kind !== 'capability' || rule.words.length > 0) continue;
        report(
          rule,
          container
            ? 'This allows every capability; only the container’s own set still limits it.'
            : 'This allows every capability, also those that amount to root.',
          {
            expected: 'capability and the names of those it needs',
            ...(container && { severity: 'info' as const }),
          },
        );
      }
    }
  },
};
