// Which limits a profile sets. The kernel lowers them when a process enters the profile, and refuses to raise them
// beyond (aa_task_setrlimit in its resource.c).
import { limitName, limitOf } from '../rules/rlimit.ts';
import { parseText } from '../syntax/parser.ts';
import type { Decision } from './decision.ts';
import type { EffectiveRule } from './effective-rule.ts';

/** A limit as the kernel has it (see {@link limitOf}). */
export type Limit = bigint | 'infinity';

/** A limit that a profile sets, and the rule that sets it. */
export interface SetLimit {
  value: Limit;
  effective: EffectiveRule;
}

/** The limits that rules set, by their names: of several for one, the last counts. */
export function limitsOf(rules: readonly EffectiveRule[]): Map<string, SetLimit> {
  const found = new Map<string, SetLimit>();
  for (const effective of rules) {
    const { rule } = effective;
    if (rule.kind === 'rlimit') found.set(limitName(rule), { value: limitOf(rule), effective });
  }
  return found;
}

/** Whether rules let a process have a limit of this value; names the rule that sets one. */
export function limitDecision(
  rules: readonly EffectiveRule[],
  name: string,
  value: Limit,
): Decision {
  const setting = rules.findLast(({ rule }) => rule.kind === 'rlimit' && limitName(rule) === name);
  if (setting?.rule.kind !== 'rlimit') return { granted: true, rules: [] };
  const limit = limitOf(setting.rule);
  const granted = limit === 'infinity' || (value !== 'infinity' && value <= limit);
  return { granted, rules: [setting] };
}

/** A limit as rules write it, such as `nofile` and `1K`; undefined where it is none. */
export function readLimit(name: string, value: string): { name: string; value: Limit } | undefined {
  const { file, diagnostics } = parseText(`profile p {\nset rlimit ${name} <= ${value},\n}\n`);
  const [profile, ...others] = file.statements;
  const [rule, ...more] = profile?.kind === 'profile' ? profile.body : [];
  if (diagnostics.length + others.length + more.length > 0 || rule?.kind !== 'rlimit')
    return undefined;
  return { name: limitName(rule), value: limitOf(rule) };
}
