// Which words of rules and heads of profiles may hold variables.
import { kindOf, type Rule } from '../rules/kinds.ts';
import type { WordVisitor } from './nodes.ts';
import type { Profile } from './tree.ts';

/** Calls `visit` for every word of a rule that may hold variables. */
export function visitRuleWords(rule: Rule, visit: WordVisitor): void {
  kindOf(rule).visitWords(rule, visit);
}

/** Calls `visit` for every word in the head of a profile that may hold variables. */
export function visitHeadWords(profile: Profile, visit: WordVisitor): void {
  visit(profile.name, true);
  if (profile.attachment) visit(profile.attachment, true);
  // Variables are not expanded in the values of extended attributes.
  for (const one of profile.xattrs?.conditions ?? []) {
    for (const value of one.values) if (!value.value.includes('@{')) visit(value, true);
  }
  for (const flag of profile.flags?.values ?? [])
    if (!flag.value.startsWith('kill.signal')) visit(flag, false);
}
