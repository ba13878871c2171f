// Which rules of a profile decide about a request that the kernel logged, whatever the profile's mode: the kernel that
// logged it mediates it.
import { Budget } from '../budget.ts';
import { Matcher } from '../glob/matcher.ts';
import type { Access } from '../rules/kinds.ts';
import { type DecidingRule, describeRule } from './deciding-rule.ts';
import { type Decision, type UnknownReason, unknown, unknownReasons } from './decision.ts';
import { anyString, walkBeside } from './difference.ts';
import { limitDecision } from './limits.ts';
import { type ProfileModel, questionSteps } from './profile-model.ts';
import { isPartlyKnown, stringPattern } from './questions.ts';
import { type LookedUp, lookUps, type RequestedLookUp } from './requests.ts';
import type { Grant } from './table.ts';

/**
 * - `denied`: `rules` deny some of it explicitly; a deny rule overrides any allow rule.
 * - `unmatched`: no rule allows some of it.
 * - `unknown`: for `reason`.
 * - `allowed`: `rules` allow all of it.
 */
export interface Evaluation {
  outcome: 'denied' | 'unmatched' | 'unknown' | 'allowed';
  rules: DecidingRule[];
  reason?: EvaluationReason;
  /** The log or the profile does not say all that it depends on. */
  unsure: boolean;
}

/** Why it is not known what a profile says about a request; `request`: rules have no words for it. */
export type EvaluationReason = UnknownReason | 'request';

/** The reasons in words. */
export const evaluationReasons: Readonly<Record<EvaluationReason, string>> = {
  ...unknownReasons,
  request: 'rules have no words for what the record says',
};

/** Evaluates a request against the rules of a profile. */
export function evaluate(profile: ProfileModel, access: Access): Evaluation {
  if (access.kind === 'rlimit') {
    const value = access.value === undefined ? 'infinity' : BigInt(access.value);
    return evaluationOf([[limitDecision(profile.rules, access.name, value)]]);
  }
  if (access.kind === 'capability')
    return evaluationOf([[profile.capabilityGrant(access.name).decision]]);
  const whole = evaluateStrings(profile, access);
  const labels = 'peer' in access && access.kind !== 'dbus' ? access.peer?.split('//&') : undefined;
  if (!labels || labels.length === 1 || whole.outcome === 'allowed') return whole;
  // A stack of profiles that is not allowed as a whole is if each of them is (aa_label_match in the kernel's label.c).
  return combined(labels.map((peer) => evaluateStrings(profile, { ...access, peer } as LookedUp)));
}

function evaluateStrings(profile: ProfileModel, access: LookedUp): Evaluation {
  const asked = lookUps(access);
  if (!asked) return { outcome: 'unknown', rules: [], reason: 'request', unsure: true };
  return combined(asked.map((one) => evaluationOf(decisionsOn(profile, one))));
}

/** What is decided in each column about the string, or about each of those that it stands for. */
function decisionsOn(
  profile: ProfileModel,
  { of, columns, string }: RequestedLookUp,
): Decision[][] {
  const table = profile.table(of);
  const budget = new Budget(questionSteps);
  const failed = (reason: UnknownReason) => [[unknown(reason)]];
  if (typeof table === 'string') return failed(table);
  const indexes = columns.map((column) => table.columns.indexOf(column));
  const decisions: Decision[][] = indexes.map(() => []);
  const add = (state: Parameters<typeof table.grants>[0]) => {
    const grants = table.grants(state);
    for (const [at, index] of indexes.entries())
      decisions[at]?.push((grants[index] as Grant).decision);
  };
  if (!isPartlyKnown(string)) {
    const accepted = table.matcher.matching(string, budget);
    if (!accepted) return failed('budget');
    add({ accepted });
    return decisions;
  }
  const matcher = Matcher.of([stringPattern(string)], budget);
  const covered =
    matcher &&
    walkBeside({ matcher }, table.matcher, anyString, budget, (state, beside) => {
      if (state.accepted.length > 0) add(beside);
    });
  return covered ? decisions : failed('budget');
}

/** What decisions mean together; each list is of the strings of which one was looked up. */
function evaluationOf(decisions: readonly Decision[][]): Evaluation {
  return combined(
    decisions.map((some): Evaluation => {
      const evaluations = some.map((one): Evaluation => {
        const rules = [...one.rules].map(describeRule);
        if (one.granted === undefined)
          return { outcome: 'unknown', rules, reason: one.reason, unsure: true };
        const denied = rules.length > 0 ? 'denied' : 'unmatched';
        return { outcome: one.granted ? 'allowed' : denied, rules, unsure: false };
      });
      const unsure = new Set(evaluations.map(({ outcome }) => outcome)).size > 1;
      return { ...combined(evaluations), ...(unsure && { unsure }) };
    }),
  );
}

/** The worst of evaluations, with all rules that decided so. */
function combined(evaluations: readonly Evaluation[]): Evaluation {
  const outcome = outcomes.find((one) => evaluations.some((some) => some.outcome === one));
  const deciding = evaluations.filter((one) => one.outcome === outcome);
  const rules = new Map(
    deciding.flatMap((one) => one.rules.map((rule) => [JSON.stringify(rule), rule] as const)),
  );
  const reason = deciding[0]?.reason;
  return {
    ...{ outcome: outcome ?? 'allowed', rules: [...rules.values()] },
    ...(reason !== undefined && { reason }),
    unsure: deciding.some(({ unsure }) => unsure),
  };
}

const outcomes = ['denied', 'unmatched', 'unknown', 'allowed'] as const;
