// Which capabilities a profile grants.

import { combine, type Decision } from './decision.ts';
import type { EffectiveRule } from './effective-rule.ts';

/** Whether rules grant a capability, by its name in apparmor.d(5). */
export function capabilityDecision(rules: readonly EffectiveRule[], name: string): Decision {
  const applying = rules.filter(
    ({ rule }) =>
      rule.kind === 'all' ||
      (rule.kind === 'capability' &&
        (rule.words.length === 0 || rule.words.some(({ value }) => value === name))),
  );
  return combine(applying.map((effective) => ({ effective }))).decision;
}
