import type { LintRule } from '../rule.ts';

export const bareMount: LintRule = {
  id: 'bare-mount',
  title: 'Mounting is wide open',
  severity: 'warning',
  text: 'File rules apply to paths. A program that may mount anything anywhere can give any file any path: a bind mount of /etc over /tmp makes it writable. Restrict what may be mounted, and where.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  mount,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  mount fstype=tmpfs -> /run/demo/,\n}\n',
  check({ ownRules, report }) {
    for (const { rule, deny } of ownRules('mount')) {
      if (deny || rule.keyword.value !== 'mount') continue;
      if (rule.words.length === 0 && !rule.target && rule.conditions.length === 0) {
        report(
          rule,
          'This allows mounting anything anywhere, which makes rules about paths ineffective.',
          { expected: 'fstype=, options= and the mount point' },
        );
      }
    }
  },
};
