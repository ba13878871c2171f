// Asks a profile's model and the tables that apparmor_parser compiles from it the same questions.
import type { ProfileModel } from '../../policy/model/model.ts';
import { bits, type CompiledProfile } from './compiled-policy.ts';
import { inTables } from './model-judge.ts';

const letters = Object.keys(bits) as (keyof typeof bits)[];

/** What the model says in the words of the tables; undefined where it is not known. */
function modelled(profile: ProfileModel, path: string, owner: boolean) {
  let allow = 0;
  let exec = '';
  for (const letter of letters) {
    const answers = profile.file(letter, path);
    const decision = owner ? answers.owner : answers.others;
    if (decision.granted === undefined) return undefined;
    if (!decision.granted) continue;
    allow |= bits[letter];
    // Of a child profile, apparmor_parser puts its last name before the target of a cx rule.
    if (letter === 'x')
      exec = inTables(
        ('transition' in decision && decision.transition) || '',
        profile.name.split('//').at(-1) ?? '',
      );
  }
  return { allow, exec };
}

/** Where the model and the tables differ on a path; undefined where they agree. `unknown`: the model does not say. */
export function difference(
  profile: ProfileModel,
  compiled: CompiledProfile,
  path: string,
): { path: string; owner: boolean; model: unknown; tables: unknown } | 'unknown' | undefined {
  for (const owner of [true, false]) {
    const model = modelled(profile, path, owner);
    if (!model) return 'unknown';
    const tables = compiled.file(Buffer.from(path), owner);
    // A link is decided by the pair: the tables hold more than that at its name.
    const mask = ~bits.l;
    if ((model.allow & mask) !== (tables.allow & mask) || model.exec !== tables.exec)
      return { path, owner, model, tables };
  }
  return undefined;
}

/** Where they differ on a link; as {@link difference}. */
export function linkDifference(
  profile: ProfileModel,
  compiled: CompiledProfile,
  path: string,
  target: string,
) {
  for (const owner of [true, false]) {
    const answers = profile.file('l', path, target);
    const decision = owner ? answers.owner : answers.others;
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
