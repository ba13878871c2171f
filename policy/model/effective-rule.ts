// The rules of a profile one by one, with what the blocks around them say.

import type { Unit } from '../checks/unit.ts';
import { isRule, type Qualifiers, type Rule, type Statement } from '../syntax/tree.ts';

/** A rule with the qualifiers of the blocks around it. */
export interface EffectiveRule {
  rule: Rule;
  qualifiers: Pick<Qualifiers, 'priority' | 'audit' | 'effect' | 'owner'>;
  deny: boolean;
  unit: Unit;
  /** In the main file, not in an include. */
  own: boolean;
}

/** The rules of a list of statements and of its blocks, in order. */
export function effectiveRules(
  statements: readonly Statement[],
  outer: EffectiveRule['qualifiers'],
  unit: EffectiveRule['unit'],
  own: boolean,
  found: EffectiveRule[] = [],
): EffectiveRule[] {
  for (const one of statements) {
    if (one.kind === 'block') {
      effectiveRules(one.body, merge(outer, one.qualifiers), unit, own, found);
    } else if (isRule(one)) {
      const qualifiers = merge(outer, one.qualifiers);
      found.push({ rule: one, qualifiers, deny: qualifiers.effect?.value === 'deny', unit, own });
    }
  }
  return found;
}

/** The priority of a rule; 0 where it has none. That of a capability rule has no effect (measured with 4.1.0 and 5.0.2). */
export function priority({ rule, qualifiers }: EffectiveRule): number {
  return rule.kind === 'capability' ? 0 : Number(qualifiers.priority?.value ?? 0);
}

function merge(outer: EffectiveRule['qualifiers'], inner: Qualifiers): EffectiveRule['qualifiers'] {
  if (inner.words.length === 0) return outer;
  return {
    ...outer,
    ...(inner.priority && { priority: inner.priority }),
    ...(inner.audit && { audit: inner.audit }),
    ...(inner.effect && { effect: inner.effect }),
    ...(inner.owner && { owner: inner.owner }),
  };
}

/**
 * Whether a deny rule keeps what it denies out of the log: without `audit`. Of `all`, apparmor_parser does so with it
 * (measured with 4.1 and 5.0).
 */
export function isQuiet({ rule, deny, qualifiers }: EffectiveRule): boolean {
  const audits = qualifiers.audit?.value === 'audit';
  return deny && audits === (rule.kind === 'all');
}
