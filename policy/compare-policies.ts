// What one policy permits in place of another, from their texts.
import { Budget } from './budget.ts';
import { type CheckOptions, check, firstError } from './check.ts';
import { compareModels, type PolicyComparison } from './model/compare.ts';
import { type Model, model } from './model/model.ts';

/** A text of policy with the files of its dependencies, and the profile whose body it is (see `CheckOptions`). */
export interface PolicyText extends Pick<CheckOptions, 'files' | 'body'> {
  text: string;
}

/** What a policy permits in place of another. */
export type PolicyChange =
  | {
      known: true;
      comparison: PolicyComparison;
      /** Included files that were not read. */
      unread: readonly string[];
    }
  /** apparmor_parser would refuse one of them; `error` is the first error, with its place. */
  | { known: false; refused: 'from' | 'to'; error: string };

export interface ComparePoliciesOptions extends CheckOptions {
  /** What both models and their comparison may cost together, in steps. */
  steps: number;
  /** Both are loaded in complain mode, whatever their flags are. */
  complain?: boolean | undefined;
  /** Presume that includes that are not read are empty, in both (see `CompareOptions`). */
  presume?: boolean | undefined;
}

/** Compares what two policies permit. What the budget does not cover is unknown. */
export function comparePolicies(
  from: string | PolicyText,
  to: string | PolicyText,
  { steps, complain, presume = false, ...options }: ComparePoliciesOptions,
): PolicyChange {
  const budget = new Budget(steps);
  const models: Model[] = [];
  for (const [refused, side] of [
    ['from', from],
    ['to', to],
  ] as const) {
    const { text, files, body }: PolicyText = typeof side === 'string' ? { text: side } : side;
    const its = { files, body };
    const error = firstError(check(text, { ...options, ...its }).diagnostics);
    if (error) return { known: false, refused, error: error.text };
    models.push(model(text, { ...options, ...its, presume, budget }));
  }
  const [before, after] = models as [Model, Model];
  const unread = [...new Set([...before.unread, ...after.unread])];
  const presumed = presume && unread.length > 0;
  return {
    known: true,
    comparison: compareModels(before, after, { budget, complain, presumed }),
    unread,
  };
}
