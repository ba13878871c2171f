import {
  type CheckOptions,
  comparePolicies,
  type PolicyComparison,
  type PolicyText,
} from '../policy/index.ts';

/** What a version permits in place of another. */
export type PolicyChange =
  | {
      known: true;
      /** The names of both, the earlier one first. */
      from: string;
      to: string;
      comparison: PolicyComparison;
      /** Included files that were not read. */
      unread: readonly string[];
    }
  /** They can't be compared, for this reason. */
  | { known: false; reason: string };

/**
 * What a comparison may cost, with both models, in steps (see policy/budget.ts): more than twice what the
 * largest profiles of distributions need. It takes some seconds.
 */
export const comparisonSteps = 10_000_000;

/** The text of a version, and what it is called. */
export interface NamedText extends PolicyText {
  name: string;
}

/**
 * Compares what two versions permit.
 *
 * @param options the included files and the release; `complain`: both are loaded in complain mode, whatever their flags are
 */
export function compareVersionTexts(
  from: NamedText,
  to: NamedText,
  options: CheckOptions & { complain?: boolean | undefined },
): PolicyChange {
  const change = comparePolicies(from, to, { ...options, steps: comparisonSteps });
  if (change.known) return { ...change, from: from.name, to: to.name };
  const { name } = change.refused === 'from' ? from : to;
  return { known: false, reason: `apparmor_parser would refuse ${name}: ${change.error}` };
}
