// Which words of a rule are patterns, and which variables they mention.
import { variableEndAt } from '../glob/aare.ts';
import type { Condition, Profile, Rule, Word } from './tree.ts';

export type WordVisitor = (word: Word, pattern: boolean) => void;

/** Conditions whose values are plain names or numbers, not patterns. */
const plain = new Set(['options', 'option', 'set', 'type', 'ip', 'port']);

function visitCondition(one: Condition, visit: WordVisitor): void {
  if (one.conditions) for (const inside of one.conditions) visitCondition(inside, visit);
  else for (const value of one.values) visit(value, !plain.has(one.name.value));
}

/** Calls `visit` for every word of a rule that may hold variables. */
export function visitRuleWords(rule: Rule, visit: WordVisitor): void {
  switch (rule.kind) {
    case 'file':
      visit(rule.path, true);
      // The name of a profile is taken as it is written.
      if (rule.target && rule.permissions.link) visit(rule.target, true);
      return;
    case 'link':
      visit(rule.path, true);
      visit(rule.target, true);
      return;
    case 'change_profile':
      if (rule.exec) visit(rule.exec, true);
      if (rule.target) visit(rule.target, true);
      return;
    case 'file-all':
    case 'rlimit':
      return;
    default:
      for (const one of rule.conditions) visitCondition(one, visit);
      if (rule.kind !== 'capability' && rule.kind !== 'network')
        for (const word of rule.words) visit(word, true);
      if (rule.target) visit(rule.target, rule.kind === 'mount');
  }
}

/** Calls `visit` for every word in the head of a profile that may hold variables. */
export function visitHeadWords(profile: Profile, visit: WordVisitor): void {
  visit(profile.name, true);
  if (profile.attachment) visit(profile.attachment, true);
  // Variables are not expanded in the values of extended attributes.
  for (const one of profile.xattrs?.conditions ?? []) {
    for (const value of one.values) if (!value.value.includes('@{')) visit(value, true);
  }
  for (const flag of profile.flags?.values ?? []) visit(flag, false);
}

/** The names of the variables a text mentions, in order. */
export function variablesIn(text: string): string[] {
  const names: string[] = [];
  for (let at = text.indexOf('@{'); at >= 0; at = text.indexOf('@{', at + 2)) {
    const end = variableEndAt(text, at);
    if (end > 0) names.push(text.slice(at + 2, end - 1));
  }
  return names;
}
