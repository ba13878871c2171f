import { wildcardOf } from '../glob/aare.ts';
import { patternTextsIntersect } from '../glob/automaton.ts';
import { type Outline, Outlines, outline } from '../glob/related.ts';
import { error } from '../raw-diagnostic.ts';
import type { ChangeProfileRule } from '../rules/change_profile.ts';
import { type CheckedProfile, defineCheck } from './check.ts';
import type { Context } from './context.ts';
import type { Unit } from './unit.ts';

/** A change_profile rule for programs, with its patterns expanded. */
interface Change {
  rule: ChangeProfileRule;
  unit: Unit;
  exec: string;
  target: string;
  order: number;
  /** Of both patterns, one after the other. */
  outline: Outline;
  /** It wins over rules that are not exact. */
  exact: boolean;
}

/** Two change_profile rules for the same program agree on safe or unsafe. */
export const changeProfileConflict = defineCheck({
  diagnostics: {
    'change-profile-conflict': error(
      'Conflicting change_profile rules',
      'Two change_profile rules that match the same program and profile differ in safe and unsafe. A rule without wildcards wins over patterns, and one without a profile is a pattern.',
      'profile demo {\n  change_profile safe /bin/a -> b,\n  change_profile unsafe /bin/a -> b,\n}\n',
    ),
  },
  create: (context, report) => ({
    profile(profile) {
      if (!profile.rules.changeProfile.some(({ rule }) => isUnsafe(rule))) return;
      const changes = expandedChanges(profile, context);
      const unsafe = new Outlines(changes.filter(({ rule }) => isUnsafe(rule)));
      for (const safe of changes) {
        if (isUnsafe(safe.rule)) continue;
        let other: Change | undefined;
        unsafe.someIntersecting(safe.outline, context.budget, (one) => {
          if (!intersect(one, safe, context)) return false;
          other = one;
          return true;
        });
        if (!other) continue;
        const [first, second] = other.order < safe.order ? [other, safe] : [safe, other];
        const [before, after] = isUnsafe(first.rule) ? ['unsafe', 'safe'] : ['safe', 'unsafe'];
        report(
          second.unit,
          'change-profile-conflict',
          second.rule.exec ?? second.rule,
          `The rule for ${first.rule.exec?.text} starts it ${before}, this one ${after}.`,
          { expected: `${before} in both` },
        );
      }
    },
  }),
});

const isUnsafe = ({ execMode }: ChangeProfileRule) => execMode?.value === 'unsafe';

/** The rules that allow a profile for programs; those whose variables have no value are refused elsewhere. */
function expandedChanges({ rules, variables }: CheckedProfile, context: Context): Change[] {
  const { symbols, dialect } = context;
  const isExact = (pattern: string) => {
    const wildcard = wildcardOf(pattern);
    return wildcard === 'none' || (wildcard === 'class' && dialect.classesAreExact);
  };
  return rules.changeProfile.flatMap(({ rule, unit }, order) => {
    if (!rule.exec || rule.qualifiers.effect?.value === 'deny') return [];
    const exec = symbols.expandPath(rule.exec.value, variables);
    const target = symbols.expand(rule.target?.value ?? '**', variables);
    if (!exec.ok || !target.ok) return [];
    const exact = isExact(exec.text) && isExact(target.text);
    return [
      {
        ...{ rule, unit, order, exact, exec: exec.text, target: target.text },
        outline: outline(`${exec.text}\0${target.text}`),
      },
    ];
  });
}

/** Whether two rules count alike and match a common program and profile. */
function intersect(one: Change, other: Change, { budget }: Context): boolean {
  if (one.exact !== other.exact) return false;
  return [
    [one.exec, other.exec],
    [one.target, other.target],
  ].every(([a = '', b = '']) => {
    if (!budget.spend(20)) return false;
    return patternTextsIntersect(a, b, budget) ?? false;
  });
}
