import type { KeywordKind } from './kind.ts';

export const all: KeywordKind = {
  kind: 'all',
  keywords: ['all'],
  section: 'All rule',
  since: '4.0',
};
