import {
  Budget,
  type CheckOptions,
  check,
  compareModels,
  model,
  type PolicyComparison,
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
const comparisonSteps = 10_000_000;

/** The text of a version, and what it is called. */
export interface NamedText {
  name: string;
  text: string;
}

/**
 * Compares what two versions permit.
 *
 * @param options the included files and the release; `complain`: both are loaded in complain mode, whatever their flags are
 */
export function comparePolicies(
  from: NamedText,
  to: NamedText,
  { complain, ...options }: CheckOptions & { complain?: boolean | undefined },
): PolicyChange {
  for (const { name, text } of [from, to]) {
    const error = check(text, options).diagnostics.find(({ severity }) => severity === 'error');
    if (!error) continue;
    const { line, column } = error.span.start;
    const place = `${error.file === undefined ? '' : `${error.file}:`}${line}:${column}`;
    return {
      known: false,
      reason: `apparmor_parser would refuse ${name}: ${place}: ${error.message}`,
    };
  }
  const budget = new Budget(comparisonSteps);
  const [before, after] = [
    model(from.text, { ...options, budget }),
    model(to.text, { ...options, budget }),
  ];
  return {
    ...{ known: true, from: from.name, to: to.name },
    comparison: compareModels(before, after, { budget, complain }),
    unread: [...new Set([...before.unread, ...after.unread])],
  };
}
