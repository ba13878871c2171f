// What a version's text permits beyond another's. Pure; its work and its result are bounded for any input.
import {
  comparePolicies,
  differenceLines,
  firstLines,
  wideningEffects,
} from '../../policy/index.ts';
import type { DiffTask, Widened } from '../ports.ts';
import { optionsOf, permissionSteps } from './permissions.ts';

/** What `to` may permit beyond `from`, in lines; what is not known counts. Without a base policy, includes count as empty. */
export function wideningOf({ from, to, ...compiler }: DiffTask): Widened {
  const change = comparePolicies(from, to, {
    ...optionsOf(compiler),
    steps: permissionSteps,
    presume: compiler.base === null,
  });
  if (!change.known)
    return { accepted: false, ...asUnknown(`apparmor_parser would refuse it: ${change.error}`) };
  const { comparison, unread } = change;
  return { accepted: true, ...firstLines(differenceLines(comparison, unread, wideningEffects)) };
}

/** The result of a comparison that was stopped at a limit. */
export function stoppedWidening(reason: string): Widened {
  return { accepted: true, ...asUnknown(reason) };
}

const asUnknown = (reason: string) => firstLines([`not known: ${reason}`]);
