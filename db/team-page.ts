import { and, asc, eq, gt, or, type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { keysOfTeam, type RegisteredKey } from './keys.ts';
import { afterAll, entriesOfTeam, type StoredEntry } from './log-page.ts';
import { executeTogether, prepared } from './prepared.ts';
import { profilesOfTeam } from './profile-lists.ts';
import type { ProfileSummary } from './profiles.ts';
import { profiles, teams } from './schema.ts';
import { type Team, teamNamed } from './teams.ts';
import { type Viewer, viewerValues, visibleToViewer } from './viewer.ts';

/** What the page of a team shows. */
export interface ShownTeam {
  team: Team;
  /** All its keys, including revoked ones. */
  keys: RegisteredKey[];
  /** A page of the profiles that the viewer may see, by name. */
  profiles: ProfileSummary[];
  /** The newest entries of the log about it, which are public. */
  entries: StoredEntry[];
}

/**
 * Reads in one round trip what the page of a team shows; `undefined` if there is no such team.
 *
 * @param page how many profiles and entries to list, and after which profile's name
 */
export async function findShownTeam(
  db: Database,
  viewer: Viewer,
  name: string,
  { after = '', limit }: { after?: string | undefined; limit: number },
): Promise<ShownTeam | undefined> {
  const [[team], keys, listed, entries] = await executeTogether(
    db,
    {
      ...{ team: name, afterTeam: name, afterName: after, before: afterAll, limit },
      ...viewerValues(viewer),
    },
    teamNamed(db),
    keysOfTeam(db),
    profilesOfTeam(db),
    entriesOfTeam(db),
  );
  return team && { team, keys, profiles: listed, entries };
}

/** Whether the viewer is a member of a team, for a prepared query; administrators are of all. */
const isMember: SQL = sql`(${sql.placeholder('viewerEverything')}
  OR instr(${sql.placeholder('viewerTeams')}, '"' || ${teams.name} || '"') > 0)`;

const listed = prepared((db) =>
  db
    .select()
    .from(teams)
    .where(
      and(
        gt(teams.name, sql.placeholder('after')),
        or(
          isMember,
          sql`EXISTS (SELECT 1 FROM ${profiles}
            WHERE ${eq(profiles.team, teams.name)} AND ${visibleToViewer()})`,
        ),
      ),
    )
    .orderBy(asc(teams.name))
    .limit(sql.placeholder('limit')),
);

/** Teams by name, after a name: those with a profile that the viewer may see, and the viewer's own. */
export async function listTeams(
  db: Database,
  viewer: Viewer,
  { after = '', limit }: { after?: string | undefined; limit: number },
): Promise<Team[]> {
  return listed(db).all({ after, limit, ...viewerValues(viewer) });
}
