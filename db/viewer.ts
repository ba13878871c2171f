import { and, eq, or, type SQL, sql } from 'drizzle-orm';
import { profiles } from './schema.ts';

/** Whose eyes a query has: everybody sees the public profiles, and some see private ones. */
export interface Viewer {
  /** Whether it sees all there is, as who runs the registry does. */
  everything: boolean;
  /** The teams whose private profiles it sees. */
  teams: readonly string[];
  /** The only private profile that it sees of those teams; all of them when left out. */
  profile?: string | undefined;
}

/** Whoever has not said who they are. */
export const anonymous: Viewer = { everything: false, teams: [] };

/** The condition that leaves of `profiles` what the viewer may know of. */
export function visibleTo({ everything, teams, profile }: Viewer): SQL | undefined {
  if (everything) return undefined;
  const isPublic = eq(profiles.visibility, 'public');
  if (teams.length === 0) return isPublic;
  const own = sql`${profiles.team} IN (SELECT value FROM json_each(${JSON.stringify(teams)}))`;
  return or(isPublic, profile === undefined ? own : and(own, eq(profiles.name, profile)));
}
