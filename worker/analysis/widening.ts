// What a version's text permits beyond another's. Pure; its work and its result are bounded for any input.
import { type CheckOptions, findWidening, type PolicyWidening } from '../../policy/index.ts';
import type { Compiler, WideningTask } from '../ports.ts';
import { optionsOf, permissionSteps } from './permissions.ts';

/** What `to` may permit beyond `from`; what is not known counts. Without a base policy, includes count as empty. */
export function wideningOf({ from, to, compilers }: WideningTask): PolicyWidening {
  const found = findWidening(from, to, allOptions(compilers), permissionSteps.compared);
  return found ?? { at: undefined, lines: [], more: 0 };
}

/** One after the other, since base policies are large. */
function* allOptions(compilers: readonly Compiler[]): Generator<CheckOptions> {
  for (const one of compilers) yield optionsOf(one);
}

/** The result of a comparison that was stopped at a limit. */
export function stoppedWidening(reason: string): PolicyWidening {
  return { at: undefined, lines: [`not known: the analysis was stopped: it ${reason}`], more: 0 };
}
