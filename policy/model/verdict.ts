// What a decision says to somebody who asked for it.
import { visibleLine } from '../visible.ts';
import { type Decision, unknownReasons } from './decision.ts';
import type { FileDecision, ProfileModel } from './profile-model.ts';

export type Verdict = 'yes' | 'no' | 'owner' | 'others' | 'unknown';

export const verdictTexts: Readonly<Record<Verdict, string>> = {
  yes: 'yes',
  no: 'no',
  owner: 'only for the owner',
  others: 'not for the owner, only for others',
  unknown: 'unknown',
};

export function verdictOf({ granted }: Decision): Verdict {
  return granted === undefined ? 'unknown' : granted ? 'yes' : 'no';
}

/** The verdict about a file, and the decision that it rests on. */
export function fileVerdict(
  { owner, others }: FileDecision,
  asOwner: boolean,
): { verdict: Verdict; decision: Decision } {
  if (asOwner || owner.granted === undefined || owner.granted === others.granted)
    return { verdict: verdictOf(owner), decision: owner };
  if (others.granted === undefined) return { verdict: 'unknown', decision: others };
  return owner.granted
    ? { verdict: 'owner', decision: owner }
    : { verdict: 'others', decision: others };
}

/**
 * What follows the verdict, in words; empty where rules say all.
 *
 * @param kind what the question is about
 */
export function explainVerdict(
  { mode }: ProfileModel,
  kind: 'file' | 'capability' | 'class' | 'rlimit' | 'hat',
  decision: Decision,
): string {
  if (decision.granted === undefined) return `: ${unknownReasons[decision.reason]}`;
  if (decision.byMode) return `: the profile’s mode is ${mode}`;
  if (decision.notMediated) return ': the abi of the profile does not mediate it';
  if (decision.implied)
    return ', for its own processes: apparmor_parser adds this for hats and change_profile';
  if (kind === 'rlimit' && decision.rules.length === 0) return ': the profile does not set it';
  if (kind === 'hat' && decision.transition) {
    const child = visibleLine(decision.transition);
    return decision.granted ? `: ${child}` : `: ${child} is not a hat`;
  }
  if (kind === 'hat')
    return mode === 'unconfined' ? ': its mode is unconfined' : ': it has no such hat';
  if (decision.transition) return `, with ${visibleLine(decision.transition)}`;
  if (decision.granted || decision.rules.length > 0) return '';
  return ': no rule allows it';
}
