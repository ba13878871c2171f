/**
 * The names of teams and profiles. They become part of a path below /etc/apparmor.d and of a kernel profile name, so both
 * are narrow: lower-case ASCII without leading or trailing punctuation. A team name has no dot, so that
 * `aa-registry.<team>.<name>` is unambiguous.
 */
export const teamPattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
export const profileNamePattern = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;

/** The longest name of a profile that a package may define, in characters. */
const maxDefinedName = 255;

/**
 * Whether a package may list a profile of this name, as the kernel has it: a word, or a path that the profile attaches
 * to. What separates namespaces, children and labels, and what would have to be quoted, is refused.
 */
export function isDefinedName(text: string): boolean {
  if (text.length > maxDefinedName || text.includes('//')) return false;
  return isPathName(text)
    ? /^\/[ -~]*[!-~]$/.test(text) && !/["\\&]/.test(text)
    : /^[A-Za-z0-9_](?:[A-Za-z0-9_.+ -]*[A-Za-z0-9_.+-])?$/.test(text);
}

/** Whether a profile is named by the path that it attaches to. */
export function isPathName(name: string): boolean {
  return name.startsWith('/');
}

/** The team that owns the well-known profiles. */
export const defaultTeam = 'library';

/**
 * Reserved team names: container runtimes give `runtime/default` and `localhost/NAME` a meaning of their own. Existing
 * teams with such a name keep it.
 */
const reservedTeams: ReadonlySet<string> = new Set(['runtime', 'localhost', 'unconfined']);

export function isReservedTeam(text: string): boolean {
  return reservedTeams.has(text);
}

export function isTeam(text: string): boolean {
  return teamPattern.test(text);
}

/** Whether `text` is a profile name. `..` is refused, although the pattern allows it, since names become part of paths. */
export function isProfileName(text: string): boolean {
  return profileNamePattern.test(text) && !text.includes('..');
}
