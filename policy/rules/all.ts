// `all`: everything (apparmor.d(5), "All rule").

import { type KeywordRule, keywordRule } from './keyword-rule.ts';
import type { RuleKind } from './kind.ts';

export type AllRule = KeywordRule<'all'>;

const syntax = keywordRule({
  kind: 'all',
  since: '4.0',
  comments: true,
  check({ qualifiers }, report) {
    if (!qualifiers.priority) return;
    report(
      'qualifier-not-allowed',
      qualifiers.priority,
      'The rule for everything has no priority.',
      {
        expected: 'all without priority=',
      },
    );
  },
});

/** `all` is never the narrowest rule for a request. */
export const all: RuleKind<AllRule, never> = {
  ...syntax,
  class: 'every class',
  permissions: () => ['all'],
  accesses: [],
  narrowest: () => undefined,
  requested: () => undefined,
  required: () => [],
  describe: () => 'do everything',
};
