// Which capabilities a profile grants.
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
