// Which capabilities a profile grants, and which limits it sets.

import { limitName, limitOf } from '../rules/rlimit.ts';
import { combine } from './decision.ts';
import type { EffectiveRule } from './effective-rule.ts';
import { type Grant, loggingOf } from './table.ts';

/** What rules say about a capability, by its name in apparmor.d(5). */
export function capabilityGrant(rules: readonly EffectiveRule[], name: string): Grant {
  const applying = rules.filter(
    ({ rule }) =>
      rule.kind === 'all' ||
      (rule.kind === 'capability' &&
        (rule.words.length === 0 || rule.words.some(({ value }) => value === name))),
  );
  const { decision, counting } = combine(applying.map((effective) => ({ effective })));
  return { decision, how: '', logging: loggingOf(decision, counting) };
}

/** The rule that sets a limit, if one does. */
export function limitRule(
  rules: readonly EffectiveRule[],
  name: string,
): EffectiveRule | undefined {
  return rules.findLast(({ rule }) => rule.kind === 'rlimit' && limitName(rule) === name);
}

/** The limits that rules set, by their names: of several for one, the last counts. */
export function limitsOf(rules: readonly EffectiveRule[]): Map<string, bigint | 'infinity'> {
  const found = new Map<string, bigint | 'infinity'>();
  for (const { rule } of rules) {
    if (rule.kind === 'rlimit') found.set(limitName(rule), limitOf(rule));
  }
  return found;
}
