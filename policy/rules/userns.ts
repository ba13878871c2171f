// User namespaces (apparmor.d(5), "User Namespace rules").

import { type KeywordRule, keywordRule } from './keyword-rule.ts';
import type { RuleKind } from './kind.ts';

export type UsernsRule = KeywordRule<'userns'>;

/** To create a user namespace. */
export interface UsernsAccess {
  kind: 'userns';
}

const syntax = keywordRule({
  kind: 'userns',
  since: '4.0',
  permissions: ['create'],
  onePermission: true,
});

export const userns: RuleKind<UsernsRule, UsernsAccess> = {
  ...syntax,
  abi: '4.0',
  class: 'userns',
  permissions: () => ['create'],
  accesses: ['userns'],
  narrowest: () => ['userns', 'create'],
  operations: /^userns_create$/,
  requested: () => ({ kind: 'userns' }),
  required: () => [],
  describe: () => 'create user namespaces, in which they have every capability',
};
