// How rules that apply to the same thing are combined: those of the highest priority count, and among them deny wins.
import { type EffectiveRule, priority } from './effective-rule.ts';

/** Why it is not known whether something is granted. */
export type UnknownReason =
  /** Some of what the profile includes was not read. */
  | 'includes'
  | 'budget'
  /** A variable is not known, or is for profiles elsewhere, or a pattern with it has too many values. */
  | 'variables'
  /** A rule has conditions that are not modelled. */
  | 'conditions'
  /** A `prompt` rule leaves it to the user. */
  | 'prompt'
  /** It is not known what an abi file leaves out. */
  | 'abi';

/** The reasons in words. */
export const unknownReasons: Readonly<Record<UnknownReason, string>> = {
  includes: 'not all included files could be read',
  budget: 'the profile is too complex to evaluate',
  variables: 'a variable is undefined, has too many values or is used elsewhere',
  conditions: 'a rule has conditions that are not modelled',
  prompt: 'a prompt rule lets the user decide',
  abi: 'its abi file is not one of AppArmor’s',
};

/** Whether the kernel grants one permission. */
export type Decision = { rules: readonly EffectiveRule[] } & (
  | {
      granted: boolean;
      byMode?: string;
      notMediated?: boolean;
      implied?: boolean;
      transition?: string;
    }
  | { granted: undefined; reason: UnknownReason }
);

/** A decision that is not known. */
export function unknown(reason: UnknownReason, rules: readonly EffectiveRule[] = []): Decision {
  return { granted: undefined, reason, rules };
}

/** A rule that applies; `implied`: apparmor_parser adds it, for what another rule or a hat needs. */
export interface Applying {
  effective: EffectiveRule | undefined;
}

/** The rules that count, and what they decide together; each is named once. */
export function combine<One extends Applying>(
  applying: readonly One[],
): { decision: Decision; counting: readonly One[] } {
  const rank = ({ effective }: One) => (effective ? priority(effective) : 0);
  const highest = Math.max(...applying.map(rank));
  const all = applying.filter((one) => rank(one) === highest);
  const denying = all.filter(({ effective }) => effective?.deny);
  const counting = denying.length > 0 ? denying : all;
  const rules = [...new Set(counting.flatMap(({ effective }) => effective ?? []))];
  const prompts = counting.some(
    ({ effective }) => effective?.qualifiers.effect?.value === 'prompt',
  );
  if (prompts && denying.length === 0)
    return { decision: { granted: undefined, reason: 'prompt', rules }, counting };
  const granted = counting.length > 0 && denying.length === 0;
  const implied = granted && rules.length === 0;
  return { decision: { granted, rules, ...(implied && { implied }) }, counting };
}
