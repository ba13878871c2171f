import { type SQL, sql } from 'drizzle-orm';
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core';
import { profiles } from './schema.ts';

/** Who a query is for: everyone sees public profiles, members of teams also private ones. */
export interface Viewer {
  /** Whether they see everything, as administrators do. */
  everything: boolean;
  /** The teams whose private profiles they see. */
  teams: readonly string[];
  /** The only private profile that they see of those teams; all by default. */
  profile?: string | undefined;
}

/** A viewer without a token. */
export const anonymous: Viewer = { everything: false, teams: [] };

/** What a team's own packages may need: what everyone sees, and what is the team's. */
export function ofTeam(team: string): Viewer {
  return { everything: false, teams: [team] };
}

/**
 * The condition of a prepared query that restricts `profiles`, or an alias of it, to what the viewer may see. The values of
 * its placeholders are {@link viewerValues}.
 */
export function visibleToViewer(
  of: Record<'team' | 'name' | 'visibility', AnySQLiteColumn> = profiles,
): SQL {
  const only = sql.placeholder('viewerProfile');
  return sql`(${of.visibility} = 'public' OR ${sql.placeholder('viewerEverything')}
    OR (instr(${sql.placeholder('viewerTeams')}, '"' || ${of.team} || '"') > 0
      AND (${only} IS NULL OR ${of.name} = ${only})))`;
}

/** The values of the placeholders of {@link visibleToViewer}. */
export function viewerValues({ everything, teams, profile }: Viewer) {
  return {
    viewerEverything: everything,
    viewerTeams: teams.length === 0 ? '[]' : JSON.stringify(teams),
    viewerProfile: profile ?? null,
  };
}
