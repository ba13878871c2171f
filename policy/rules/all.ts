import type { KeywordKind } from './kind.ts';

export const all: KeywordKind = {
  kind: 'all',
  keywords: ['all'],
  section: 'All rule',
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
};
