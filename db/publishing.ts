import { precedenceKey } from '../trust/index.ts';
import type { StoredAnalysis } from './analyses.ts';
import type { Database } from './database.ts';
import { keysOfTeam, type RegisteredKey } from './keys.ts';
import { type LogHead, logHeadQuery, toHead } from './log.ts';
import { executeTogether } from './prepared.ts';
import { type Profile, profileNamed } from './profiles.ts';
import { type Quota, quotaOfTeam, toQuota } from './quotas.ts';
import { type Team, teamNamed } from './teams.ts';
import { analysedVersion, type Predecessor, predecessorOf, type Version } from './versions.ts';
import { type Viewer, viewerValues } from './viewer.ts';

/** What publishing a version depends on. */
export interface PublishingState {
  team: Team | undefined;
  /** The team's keys, including revoked ones. */
  keys: RegisteredKey[];
  profile: Profile | undefined;
  /** The version, if it exists. */
  version: { version: Version; analysis: StoredAnalysis | null } | undefined;
  /** The version that it follows, if the team's version policy is `semver`. */
  predecessor: Predecessor | undefined;
  quota: Quota;
  logHead: LogHead;
}

/** Reads what publishing a version depends on, in one round trip and one snapshot. */
export async function readPublishingState(
  db: Database,
  viewer: Viewer,
  { team, name, version, now }: { team: string; name: string; version: string; now: Date },
): Promise<PublishingState> {
  const values = {
    team,
    name,
    selector: version,
    below: precedenceKey(version),
    ...viewerValues(viewer),
  };
  const [teams, keys, profiles, versions, predecessors, quotas, heads] = await executeTogether(
    db,
    values,
    teamNamed(db),
    keysOfTeam(db),
    profileNamed(db),
    analysedVersion(db, version),
    predecessorOf(db),
    quotaOfTeam(db),
    logHeadQuery(db),
  );
  return {
    team: teams[0],
    keys,
    profile: profiles[0],
    version: versions[0],
    predecessor: predecessors[0],
    quota: toQuota(quotas[0], now),
    logHead: toHead(heads[0]),
  };
}
