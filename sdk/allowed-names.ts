import { definedProfiles, isDefinedName } from '../trust/index.ts';
import type { Refusal } from './refusal.ts';

// The profile names that a trust file allows a team: it says which confinement of the host the team may replace.

/** The names that a team's packages may define; `undefined` for each package's own name. */
export type AllowedNames = readonly string[] | undefined;

/** Whether a text is a name, or a pattern of names, that a trust file may list. */
export function isNamePattern(text: string): boolean {
  return isDefinedName(text.replaceAll('*', 'x'));
}

/** Whether a pattern matches a name: `*` is any number of characters other than `/`. */
function matchesName(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[^\w/]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^/]*')}$`).test(name);
}

/** Refuses a package that defines profiles whose names the trust file does not allow its team. */
export function checkNames(
  team: string,
  names: AllowedNames,
  profile: Parameters<typeof definedProfiles>[0],
): Refusal<'name-not-allowed'> | undefined {
  const allowed = names ?? [profile.name];
  const others = definedProfiles(profile).filter(
    (name) => !allowed.some((pattern) => matchesName(pattern, name)),
  );
  if (others.length === 0) return undefined;
  const list = [...allowed, ...others].map((name) => `"${name}"`).join(', ');
  const more = names ? '' : ', with the names that other packages of the team need';
  return {
    ok: false,
    id: 'name-not-allowed',
    reason: `${team}/${profile.name} defines ${others.join(', ')}, which this host does not allow team ${team}`,
    next: `To allow it, write in [teams.${team}] of the trust file${more}: names = [${list}]`,
  };
}

/** The names that a team may define, for people. */
export function describeNames(names: AllowedNames): string {
  return names ? names.join(', ') || 'no profile' : 'the profile with the name of its package';
}
