import type { KeywordKind } from './kind.ts';

export const userns: KeywordKind = {
  kind: 'userns',
  keywords: ['userns'],
  section: 'User Namespace rules',
  since: '4.0',
  access: ['create'],
};
