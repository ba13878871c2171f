import { profileMaker } from '../../policy/index.ts';
import { definedProfiles } from '../../trust/index.ts';
import type { Refusal } from '../refusal.ts';
import type { VerifiedProfile } from '../resolve/index.ts';
import { findDefinition } from './definitions.ts';
import { loadedProfilesOf } from './installation.ts';
import { readPolicy } from './kernel.ts';
import { installedPlace, policyPlace, readInstallation } from './state.ts';
import { lookAt } from './tree.ts';

/** Refuses a package with a profile that another file defines: each boot would load both. */
export function checkDefinitions(
  root: string,
  profile: VerifiedProfile,
): Refusal<'profile-defined-elsewhere'> | undefined {
  const names = definedProfiles(profile);
  const other = findDefinition(policyPlace(root), names, installedPlace(root, profile));
  if (other === undefined) return undefined;
  const where =
    other.name === undefined
      ? `may also be defined by ${other.path}, a dangling link`
      : `is also defined in ${other.path}`;
  const reason = `profile ${other.name ?? names.join(', ')} ${where}; remove that file, as each boot would load both and one replaces the other`;
  return { ok: false, id: 'profile-defined-elsewhere', reason };
}

/**
 * Refuses a package with a profile that this machine's kernel has, though neither the package's installed version nor a
 * file in its place defines it. The profiles that a container runtime loads itself don't count: a package of such a name
 * is meant to replace one.
 */
export async function checkLoaded(
  profile: VerifiedProfile,
): Promise<Refusal<'profile-loaded-elsewhere'> | undefined> {
  const before = await readInstallation('/', profile);
  // Without a record, as after it was damaged, the file in its place tells.
  if (!before && lookAt(installedPlace('/', profile).ofAnybody)) return undefined;
  const own = before ? loadedProfilesOf(before) : [];
  const policy = await readPolicy();
  const loaded = definedProfiles(profile).filter(
    (name) => policy.has(name) && !own.includes(name) && profileMaker(name) === undefined,
  );
  if (loaded.length === 0) return undefined;
  const are = loaded.length === 1 ? 'is' : 'are';
  return {
    ok: false,
    id: 'profile-loaded-elsewhere',
    reason: `${loaded.join(', ')} ${are} loaded already, and not by this program`,
    next: 'To replace what is loaded, add --replace to "pull".',
  };
}
