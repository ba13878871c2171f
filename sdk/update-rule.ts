import { differenceLines, type Effect, firstLines, wideningEffects } from '../policy/index.ts';
import type { PolicyChange } from './policy-change.ts';

/** Which updates of a profile are installed without approval, as profiles.toml says. */
export const updateRules = ['any', 'narrowing', 'same'] as const;

/**
 * `narrowing`: versions that permit nothing that the installed one does not; `same`: that permit exactly the same.
 */
export type UpdateRule = (typeof updateRules)[number];

/** Why an update is not installed without approval: at most 20 lines, and the number of further ones. */
export interface HoldReasons {
  reasons: string[];
  more: number;
}

/** Why a rule does not let an update in; `undefined` if it does. What is not known counts as permitting more. */
export function holdReasons(change: PolicyChange, rule: UpdateRule): HoldReasons | undefined {
  if (rule === 'any') return undefined;
  const lines = change.known
    ? differenceLines(change.comparison, change.unread, heldEffects[rule])
    : [`not known: ${change.reason}`];
  if (lines.length === 0) return undefined;
  const { lines: reasons, more } = firstLines(lines);
  return { reasons, more };
}

const heldEffects: Record<Exclude<UpdateRule, 'any'>, readonly Effect[]> = {
  narrowing: wideningEffects,
  same: [...wideningEffects, 'less'],
};
