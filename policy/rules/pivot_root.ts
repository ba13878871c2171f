// pivot_root(2) (apparmor.d(5), "Pivot Root Rules").
import { quoted } from '../glob/literal.ts';
import { type KeywordRule, keywordRule } from './keyword-rule.ts';
import type { RuleKind } from './kind.ts';
import { isAbsolute, isMatchable, matching } from './rule-text.ts';

export type PivotRootRule = KeywordRule<'pivot_root'>;

/** To change the root of the mount namespace. */
export interface PivotRootAccess {
  kind: 'pivot_root';
  newRoot: string;
  oldRoot?: string | undefined;
}

const syntax = keywordRule({
  kind: 'pivot_root',
  conditions: ['oldroot'],
  words: 1,
  wordsLast: true,
  path: true,
  arrow: true,
  comments: true,
  repeatable: ['oldroot'],
});

export const pivot_root: RuleKind<PivotRootRule, PivotRootAccess> = {
  ...syntax,
  class: 'mount',
  permissions: () => ['pivot_root'],
  accesses: ['pivot_root'],
  narrowest({ newRoot, oldRoot }, pattern) {
    if (!isAbsolute(newRoot) || (oldRoot !== undefined && !isAbsolute(oldRoot))) return undefined;
    if (!isMatchable(newRoot) || !isMatchable(oldRoot)) return undefined;
    return ['pivot_root', ...matching('oldroot', oldRoot, pattern), quoted(pattern(newRoot))];
  },
  operations: /^pivotroot$/,
  requested({ field }) {
    const newRoot = field('name');
    if (newRoot === undefined) return undefined;
    return { kind: 'pivot_root', newRoot, oldRoot: field('srcname') };
  },
  required: () => [['name'], ['srcname']],
  describe: ({ newRoot, oldRoot }) =>
    `make ${newRoot} their root${oldRoot === undefined ? '' : ` and put the old one at ${oldRoot}`}`,
};
