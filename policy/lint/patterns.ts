// The patterns of the rules of the linted file.

import type { Word } from '../syntax/tree.ts';
import { visitRuleWords } from '../syntax/words.ts';
import type { LintedProfile } from './rule.ts';

const cache = new WeakMap<readonly LintedProfile[], Word[]>();

/** Every word of the file's own rules that is a pattern, each once. */
export function patternsOf(profiles: readonly LintedProfile[]): readonly Word[] {
  const known = cache.get(profiles);
  if (known) return known;
  const found: Word[] = [];
  const add = (word: Word, pattern: boolean) => void (pattern && found.push(word));
  for (const { rules } of profiles) {
    for (const { rule, own } of rules) if (own) visitRuleWords(rule, add);
  }
  cache.set(profiles, found);
  return found;
}
