// The patterns of the rules of the linted file.
import { visitRuleWords } from '../semantics/words.ts';
import type { Word } from '../syntax/tree.ts';
import type { SeenProfile } from './rule.ts';

/** Every word of the file's own rules that is a pattern, each once. */
export function patternsOf(profiles: readonly SeenProfile[]): Word[] {
  const found: Word[] = [];
  for (const { rule, own } of profiles.flatMap((one) => one.rules)) {
    if (own) visitRuleWords(rule, (word, pattern) => pattern && found.push(word));
  }
  return found;
}
