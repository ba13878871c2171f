// The patterns of the rules of the linted file.

import type { Word } from '../syntax/tree.ts';
import { visitRuleWords } from '../syntax/words.ts';
import type { SeenProfile } from './rule.ts';

const cache = new WeakMap<readonly SeenProfile[], Word[]>();

/** Every word of the file's own rules that is a pattern, each once. */
export function patternsOf(profiles: readonly SeenProfile[]): readonly Word[] {
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
