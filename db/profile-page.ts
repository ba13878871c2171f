import { and, eq, sql } from 'drizzle-orm';
import { isChannel, latestChannel } from '../trust/index.ts';
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
import { analyses, channels, contents, profiles, versions } from './schema.ts';
import { newestValue, type ShownSummary, shownSummary } from './summaries.ts';
import { variantDigest } from './variants.ts';
import { aboveAll, bySelector, preference, type Version, versionsOfProfile } from './versions.ts';
import { type Viewer, viewerValues } from './viewer.ts';

/** What the page of a version of a profile shows. */
export interface ShownVersion {
  profile: Profile;
  version: Version;
  /** Null if there is no current one. */
  analysis: StoredAnalysis | null;
  /** The index of the shown variant; 0 without variants. */
  at: number;
  /** The text of the profile, or of that variant. */
  text: string;
  /** What it permits; null if no summary is stored. */
  summary: ShownSummary | null;
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
      summary: shownSummary(contents.digest),
      channels: channelsOf,
      replacement: visibleReplacement,
    })
    .from(profiles)
    .innerJoin(versions, eq(versions.profileId, profiles.id))
    .innerJoin(contents, eq(contents.digest, variantDigest))
    .leftJoin(analyses, isCurrentAnalysis)
    .orderBy(...preference(versions))
    .limit(1);
}

const latest = prepared((db) =>
  selectShown(db).where(and(isNamed, eq(versions.version, profiles.latest))),
);
const selected = bySelector((db, isSelected) => selectShown(db).where(isSelected));
const ofChannel = prepared((db) =>
  selectShown(db)
    .innerJoin(
      channels,
      and(eq(channels.profileId, profiles.id), eq(channels.name, sql.placeholder('selector'))),
    )
    .where(and(isNamed, eq(versions.version, channels.version))),
);

function queryOf(db: Database, selector: string | undefined) {
  if (selector === undefined || selector === latestChannel) return latest(db);
  return isChannel(selector) ? ofChannel(db) : selected(db, selector);
}

/**
 * Reads in one round trip what the page of a version shows; `undefined` if the viewer sees no such profile or version.
 *
 * @param selector a version's number or digest, or a channel; the latest by default
 * @param variant the oldest release of the variant to show; the first one by default, and if there is no such variant
 * @param page how many versions to list, and below which precedence key
 */
export async function findShownVersion(
  db: Database,
  viewer: Viewer,
  {
    team,
    name,
    selector,
    variant,
  }: { team: string; name: string; selector: string | undefined; variant?: string | undefined },
  { before = aboveAll, limit }: { before?: string | undefined; limit: number },
): Promise<ShownVersion | undefined> {
  const upTo = JSON.stringify(variant === undefined ? [] : [variant]);
  const values = {
    ...{ team, name, selector, upTo, before, limit },
    ...newestValue,
    ...viewerValues(viewer),
  };
  const [[row], listed, keys] = await executeTogether(
    db,
    values,
    queryOf(db, selector),
    versionsOfProfile(db),
    keysOfTeam(db),
  );
  if (!row) return undefined;
  const { replacement, channels: named, summary, ...shown } = row;
  const at = row.version.variants?.findIndex(({ from }) => from === variant) ?? 0;
  return {
    ...shown,
    at: Math.max(0, at),
    profile: { ...row.profile, replacement },
    channels: parseChannels(named),
    summary: summary === null ? null : (JSON.parse(summary) as ShownSummary),
    versions: listed.flatMap(({ version }) => version ?? []),
    keys,
  };
}
