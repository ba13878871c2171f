import { and, eq, or, type SQL, sql } from 'drizzle-orm';
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core';
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

/** The condition that leaves of `profiles`, or of what stands for it, what the viewer may know of. */
export function visibleTo(
  { everything, teams, profile }: Viewer,
  of: Record<'team' | 'name' | 'visibility', AnySQLiteColumn> = profiles,
): SQL | undefined {
  if (everything) return undefined;
  const isPublic = eq(of.visibility, 'public');
  if (teams.length === 0) return isPublic;
  const own = sql`${of.team} IN (SELECT value FROM json_each(${JSON.stringify(teams)}))`;
  return or(isPublic, profile === undefined ? own : and(own, eq(of.name, profile)));
}
