import type { LintRule } from '../rule.ts';
import { includesOf } from './include-path.ts';

export const oldInclude: LintRule = {
  id: 'old-include',
  title: '#include looks like a comment',
  severity: 'info',
  text: '`#include` is the deprecated spelling of `include`. Readers mistake it for a comment, and "# include" is one.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  #include <abstractions/base>\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  include <abstractions/base>\n}\n',
  check({ file, report }) {
    for (const one of includesOf(file.statements)) {
      if (one.kind !== 'include' || !one.hash) continue;
      report({ start: one.start, end: one.start + 8 }, '#include is the old spelling of include.', {
        expected: 'include',
        fix: { start: one.start, end: one.start + 1, text: '' },
      });
    }
  },
};
