/**
 * The names a registry knows. A team and a profile name become part of a path under /etc/apparmor.d and of
 * a kernel profile name, so both are narrow: lower-case ASCII, no leading or trailing punctuation. A team
 * has no dot, which keeps `aa-registry.<team>.<name>` readable in one way only.
 */
export const teamPattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
export const profileNamePattern = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;

/** The team that owns the well-known profiles. */
export const defaultTeam = 'library';

/**
 * Names that no new team gets: `runtime/default` and `localhost/NAME` are how container runtimes name choices of their
 * own. A team that has one already keeps it.
 */
const reservedTeams: ReadonlySet<string> = new Set(['runtime', 'localhost', 'unconfined']);

export function isReservedTeam(text: string): boolean {
  return reservedTeams.has(text);
}

export function isTeam(text: string): boolean {
  return teamPattern.test(text);
}

/** `..` is refused although the pattern would let it stand inside a name: no path may ever see it. */
export function isProfileName(text: string): boolean {
  return profileNamePattern.test(text) && !text.includes('..');
}
