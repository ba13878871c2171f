import { and, eq } from 'drizzle-orm';
import { analysisColumns, isCurrentAnalysis, type StoredAnalysis } from './analyses.ts';
import type { Database } from './database.ts';
import { keysOfTeam, type RegisteredKey } from './keys.ts';
import { executeTogether, prepared } from './prepared.ts';
import {
  channelsOf,
  isNamed,
  type Profile,
  parseChannels,
  visibleReplacement,
} from './profiles.ts';
import { analyses, contents, profiles, versions } from './schema.ts';
import { aboveAll, bySelector, preference, type Version, versionsOfProfile } from './versions.ts';
import { type Viewer, viewerValues } from './viewer.ts';

/** What the page of a version of a profile shows. */
export interface ShownVersion {
  profile: Profile;
  version: Version;
  /** Null if there is no current one. */
  analysis: StoredAnalysis | null;
  /** The text of the profile. */
  text: string;
  /** Versions by channel. */
  channels: Record<string, string>;
  /** A page of the profile's versions, highest first. */
  versions: Version[];
  /** The keys of its team. */
  keys: RegisteredKey[];
}

function selectShown(db: Database) {
  return db
    .select({
      profile: profiles,
      version: versions,
      analysis: analysisColumns,
      text: contents.text,
      channels: channelsOf,
      replacement: visibleReplacement,
    })
    .from(profiles)
    .innerJoin(versions, eq(versions.profileId, profiles.id))
    .innerJoin(contents, eq(contents.digest, versions.digest))
    .leftJoin(analyses, isCurrentAnalysis)
    .orderBy(...preference(versions))
    .limit(1);
}

const latest = prepared((db) =>
  selectShown(db).where(and(isNamed, eq(versions.version, profiles.latest))),
);
const selected = bySelector((db, isSelected) => selectShown(db).where(isSelected));

/**
 * Reads in one round trip what the page of a version shows; `undefined` if the viewer sees no such profile or version.
 *
 * @param selector a version's number or digest; the latest by default
 * @param page how many versions to list, and below which precedence key
 */
export async function findShownVersion(
  db: Database,
  viewer: Viewer,
  { team, name, selector }: { team: string; name: string; selector: string | undefined },
  { before = aboveAll, limit }: { before?: string | undefined; limit: number },
): Promise<ShownVersion | undefined> {
  const query = selector === undefined ? latest(db) : selected(db, selector);
  const values = { team, name, selector, before, limit, ...viewerValues(viewer) };
  const [[row], listed, keys] = await executeTogether(
    db,
    values,
    query,
    versionsOfProfile(db),
    keysOfTeam(db),
  );
  if (!row) return undefined;
  const { replacement, channels, ...shown } = row;
  return {
    ...shown,
    profile: { ...row.profile, replacement },
    channels: parseChannels(channels),
    versions: listed.flatMap(({ version }) => version ?? []),
    keys,
  };
}
