// What a comparison does not know that takes includes which were not read as empty.
import { describeRule } from './deciding-rule.ts';
import type { Model } from './model.ts';
import type { ProfileModel } from './profile-model.ts';

/**
 * Whether the second profile may permit more by what was not read: it includes other files than the first, or no longer has
 * a deny rule, which takes away what an include may grant.
 */
export function mayGainUnread(left: ProfileModel, right: ProfileModel): boolean {
  if (!hasSame(left.includes, right.includes)) return true;
  if (left.includes.length === 0) return false;
  const denied = new Set(denyRules(right));
  return denyRules(left).some((text) => !denied.has(text));
}

/** Whether the same files were not read of two policies. */
export function hasSameUnread(left: Model, right: Model): boolean {
  return hasSame(left.unread, right.unread);
}

const denyRules = ({ rules }: ProfileModel) =>
  rules.map(describeRule).flatMap(({ deny, text }) => (deny ? [text] : []));

function hasSame(left: readonly string[], right: readonly string[]): boolean {
  const [one, two] = [new Set(left), new Set(right)];
  return one.size === two.size && [...one].every((file) => two.has(file));
}
