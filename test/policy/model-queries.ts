// Compares a profile's model with the tables that apparmor_parser compiles from it, for links.
import type { ProfileModel } from '../../policy/model/profile-model.ts';
import { bits, type CompiledProfile } from './compiled-policy.ts';

/** The difference between a model and the compiled tables for a link; undefined if they agree, `unknown` if the model is. */
export function linkDifference(
  profile: ProfileModel,
  compiled: CompiledProfile,
  path: string,
  target: string,
) {
  for (const owner of [true, false]) {
    const decisions = profile.file('l', path, target);
    const decision = owner ? decisions.owner : decisions.others;
    if (decision.granted === undefined) return 'unknown';
    const tables = mayLink(compiled, path, target, owner);
    if (decision.granted !== tables)
      return { path, target, owner, model: decision.granted, tables };
  }
  return undefined;
}

/** As the kernel's profile_path_link. */
function mayLink(compiled: CompiledProfile, path: string, target: string, owner: boolean): boolean {
  const own = compiled.file(Buffer.from(path), owner);
  const pair = compiled.file(Buffer.from(`${path}\0${target}`), owner);
  if (!(own.allow & pair.allow & bits.l)) return false;
  if (!(pair.allow & bits.k)) return true;
  const its = compiled.file(Buffer.from(target), owner);
  const wanted = own.allow & ~bits.l;
  if (wanted & ~its.allow) return false;
  return (
    !(wanted & bits.x) || own.exec === its.exec || `unsafe ${own.exec}` === `unsafe ${its.exec}`
  );
}
