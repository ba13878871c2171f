/**
 * The names of teams and profiles. They become part of a path below /etc/apparmor.d and of a kernel profile name, so both
 * are narrow: lower-case ASCII without leading or trailing punctuation. A team name has no dot, so that
 * `aa-registry.<team>.<name>` is unambiguous.
 */
export const teamPattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
export const profileNamePattern = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;

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
