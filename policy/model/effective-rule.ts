// The rules of a profile one by one, with what the blocks around them say.

import type { Place, RuleList } from '../checks/profile-rules.ts';
import type { Unit } from '../checks/unit.ts';
import { compareReleases, type Release } from '../release.ts';
import { isRule, type Qualifiers, type Rule } from '../syntax/tree.ts';

/** A rule with the qualifiers of the blocks around it. */
export interface EffectiveRule {
  rule: Rule;
  qualifiers: Pick<Qualifiers, 'priority' | 'audit' | 'effect' | 'owner'>;
  deny: boolean;
  unit: Unit;
  /** In the main file, not in an include. */
  own: boolean;
}

/** What apparmor_parser takes of a block with qualifiers: it drops all other rules (measured with 3.0.8, 4.1.0 and 5.0.2). */
export const keptInBlocks: readonly Rule['kind'][] = ['file', 'file-all', 'link', 'change_profile'];

/**
 * Whether apparmor_parser drops a rule: of an `if`, all releases drop limits, and those before 4.0 what they drop of a
 * block, but for capabilities.
 */
function isDropped({ kind }: Rule, { blocks, conditional }: Place, release: Release): boolean {
  if (keptInBlocks.includes(kind)) return false;
  if (blocks.length > 0 || (conditional && kind === 'rlimit')) return true;
  return conditional && kind !== 'capability' && compareReleases(release, '4.0') < 0;
}

/** The rules of a list and of its blocks that have an effect, in order. */
export function effectiveRules(
  { statements, unit, place }: RuleList,
  own: boolean,
  release: Release,
): EffectiveRule[] {
  const outer = place.blocks.reduce<EffectiveRule['qualifiers']>(merge, {});
  return statements.flatMap((one): EffectiveRule[] => {
    if (one.kind === 'block') {
      const inside = { ...place, blocks: [...place.blocks, one.qualifiers] };
      return effectiveRules({ statements: one.body, unit, place: inside }, own, release);
    }
    if (!isRule(one) || isDropped(one, place, release)) return [];
    const qualifiers =
      place.blocks.length === 0
        ? one.qualifiers
        : qualifiersInBlock(one.qualifiers, outer, release);
    return [{ rule: one, qualifiers, deny: qualifiers.effect?.value === 'deny', unit, own }];
  });
}

/**
 * The qualifiers of a rule in a block with these. Before 4.0 apparmor_parser logs what is denied where both say `audit`.
 * Since then it loses `deny` and the priority, so that the rule permits, and takes what was not logged as logged (measured
 * with 3.0.8, 4.1.0 and 5.0.2).
 */
function qualifiersInBlock(
  own: Qualifiers,
  outer: EffectiveRule['qualifiers'],
  release: Release,
): EffectiveRule['qualifiers'] {
  const { audit, effect, priority, ...both } = merge(outer, own);
  if (own.effect?.value !== 'deny' || !effect) {
    const kept = compareReleases(release, '4.0') < 0 && priority ? { priority } : {};
    return { ...both, ...kept, ...(audit && { audit }), ...(effect && { effect }) };
  }
  const [inner, around] = [own.audit, outer.audit].map((one) => one?.value === 'audit');
  if (compareReleases(release, '4.0') < 0)
    return { ...both, effect, ...(inner && around && audit && { audit }) };
  return { ...both, ...((around || !inner) && { audit: { ...effect, value: 'audit' } }) };
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
