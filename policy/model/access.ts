// Which rules decide about an access, and about which part of it.
import { type Access, kindOf, kindOfAccess } from '../rules/kinds.ts';
import type { Match, Scope } from '../rules/matching.ts';
import type { EffectiveRule } from './effective-rule.ts';

/** The parts of an access that rules may decide differently: its permissions; one part where it has none. */
export function partsOf(access: Access): readonly string[] {
  return kindOfAccess(access).parts?.(access) ?? [access.kind];
}

/** Whether a rule allows or denies one part of an access (see {@link partsOf}). */
export function ruleApplies(
  scope: Scope,
  { rule, qualifiers }: EffectiveRule,
  access: Access,
  part: string,
): Match {
  const { decides, applies } = kindOf(rule);
  if (decides !== 'every access' && !decides.includes(access.kind)) return false;
  const owner = qualifiers.owner?.value;
  if (owner !== undefined && (access.kind === 'file' || access.kind === 'link')) {
    if (access.owner === undefined) return decides === 'every access' || undefined;
    if (access.owner !== (owner === 'owner')) return decides === 'every access';
  }
  return applies(rule, access, part, scope);
}
