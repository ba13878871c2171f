import type { LintRule } from '../rule.ts';

export const bareNetwork: LintRule = {
  id: 'bare-network',
  title: 'Every kind of network is allowed',
  severity: 'warning',
  text: '`network,` also allows raw packets, netlink and rarely used protocol families, in which kernel bugs are found most often. Name the families: for most programs `network inet,` `network inet6,` and `network unix,`. For containers this is only a note.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  network,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  network inet stream,\n}\n',
  check({ profiles, report }) {
    for (const { rules, container } of profiles) {
      for (const { rule, own, deny } of rules) {
        if (
          !own ||
          deny ||
          rule.kind !== 'network' ||
          rule.words.length > 0 ||
          rule.conditions.length > 0
        )
          continue;
        report(rule, 'This allows every protocol family, raw packets among them.', {
          expected: 'network inet, network inet6, network unix: the families it uses',
          ...(container && { severity: 'info' as const }),
        });
      }
    }
  },
};
