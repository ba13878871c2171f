// Which hats a process may change to (change_hat in the kernel's domain.c).
import { type Decision, unknown } from './decision.ts';
import type { Model } from './model.ts';
import type { ProfileModel } from './profile-model.ts';

/** Whether a process of a profile, or of one of its hats, may change to a hat: one that the profile has, without a rule. */
export function changeHat({ profiles }: Model, profile: ProfileModel, name: string): Decision {
  if (profile.mode === 'unconfined') return { granted: false, rules: [] };
  const parent = profile.node.hat ? profile.parent : profile.name;
  const child = profiles.find((one) => one.parent === parent && one.name === `${parent}//${name}`);
  if (child) return { granted: child.node.hat, rules: [], transition: child.name };
  if (profile.incomplete) return unknown(profile.incomplete);
  // In complain mode the kernel makes up a hat.
  if (profile.mode === 'complain') return { granted: true, byMode: profile.mode, rules: [] };
  return { granted: false, rules: [] };
}
