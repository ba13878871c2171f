import type { KeywordKind } from './kind.ts';

export const pivot_root: KeywordKind = {
  kind: 'pivot_root',
  keywords: ['pivot_root'],
  section: 'Pivot Root Rules',
  conditions: ['oldroot'],
  words: 1,
  wordsLast: true,
  path: true,
  arrow: true,
  comments: true,
  repeatable: ['oldroot'],
};
