import { sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import {
  type Digest,
  defaultChannel,
  latestChannel,
  type Manifest,
  type Reference,
  rangeIntervals,
  type Selector,
} from '../trust/index.ts';
import { allBases } from './bases.ts';
import type { Database } from './database.ts';
import { executeTogether, prepared } from './prepared.ts';
import { channelsOf, parseChannels, visibleReplacement } from './profiles.ts';
import { channels, keys, profiles, type StoredVariant, versions } from './schema.ts';
import { preference } from './versions.ts';
import { type Viewer, viewerValues, visibleToViewer } from './viewer.ts';

/** The profile of a reference and the version that it resolves to. */
export interface Resolution {
  latest: string;
  deprecation: string | null;
  /** Also null if the viewer may not see it. */
  replacement: string | null;
  movedTo: string | null;
  /** The number of revoked keys of its team. */
  revokedKeys: number;
  /** Null if no version matches the reference. */
  version: string | null;
  digest: Digest | null;
  variants: StoredVariant[] | null;
  /** Null unless it was asked for: to parse it takes as long as the rest. */
  manifest: Manifest | null;
  yankReason: string | null;
  /** The channel that selected the version; null for other selectors. */
  channel: string | null;
  /** The profile's channels, if no version matches the reference. */
  channels: string[];
}

const one = alias(versions, 'one');

const resolved = prepared((db) =>
  db
    .select({
      at: sql<number>`requested.key`,
      latest: profiles.latest,
      deprecation: profiles.deprecation,
      replacement: visibleReplacement,
      movedTo: profiles.movedTo,
      version: sql<string | null>`${versions.version}`,
      digest: sql<Digest | null>`${versions.digest}`,
      variants: versions.variants,
      manifest: sql<
        string | null
      >`CASE WHEN ${sql.placeholder('withManifests')} THEN ${versions.manifest} END`,
      yankReason: versions.yankReason,
      revokedKeys: sql<number>`(SELECT count(*) FROM ${keys} WHERE ${keys.team} = ${profiles.team}
        AND ${keys.revokedAt} IS NOT NULL)`,
      channel: sql<string | null>`CASE WHEN ${channels.name} IS NOT NULL THEN ${channels.name}
        WHEN requested.value ->> 'latest' THEN ${sql.raw(`'${latestChannel}'`)} END`,
      channels: sql<string | null>`CASE WHEN ${versions.version} IS NULL THEN ${channelsOf} END`,
    })
    .from(sql`json_each(${sql.placeholder('requested')}) AS requested`)
    // Not an inner join: SQLite must start with the references.
    .crossJoin(profiles)
    .leftJoin(
      channels,
      sql`${channels.profileId} = ${profiles.id} AND ${channels.name} = requested.value ->> 'channel'`,
    )
    .leftJoin(
      versions,
      sql`${versions.id} = CASE
      WHEN requested.value ->> 'digest' IS NOT NULL THEN (
        SELECT ${one.id} FROM ${versions} AS one
        WHERE ${one.profileId} = ${profiles.id} AND ${one.digest} = requested.value ->> 'digest'
        ORDER BY ${sql.join(preference(one), sql`, `)} LIMIT 1)
      WHEN requested.value -> 'intervals' IS NOT NULL THEN (
        SELECT ${one.id} FROM ${versions} AS one
        WHERE ${one.profileId} = ${profiles.id} AND ${one.precedence} = (
          SELECT max((
            SELECT max(${one.precedence}) FROM ${versions} AS one
            WHERE ${one.profileId} = ${profiles.id} AND ${one.yankReason} IS NULL
              AND ${one.prerelease} = (interval.value ->> 'prerelease')
              AND ${one.precedence} >= interval.value ->> 'from'
              AND ${one.precedence} < interval.value ->> 'to'))
          FROM json_each(requested.value -> 'intervals') AS interval))
      ELSE (
        SELECT ${one.id} FROM ${versions} AS one
        WHERE ${one.profileId} = ${profiles.id} AND ${one.version} = coalesce(
          requested.value ->> 'version',
          ${channels.version},
          CASE WHEN requested.value ->> 'latest' THEN ${profiles.latest} END))
      END`,
    )
    .where(sql`${profiles.team} = requested.value ->> 'team'
      AND ${profiles.name} = requested.value ->> 'name' AND ${visibleToViewer()}`),
);

/**
 * Resolves references in one query, in their order, on request with the versions' manifests; `undefined` where the viewer
 * sees no such profile.
 */
export async function resolveReferences(
  db: Database,
  viewer: Viewer,
  references: readonly Reference[],
  withManifests = false,
): Promise<(Resolution | undefined)[]> {
  const values = { requested: requestedOf(references), withManifests, ...viewerValues(viewer) };
  return inOrder(references, await resolved(db).all(values));
}

/** The same with manifests and the current base policies, in one round trip. */
export async function resolveWithBases(
  db: Database,
  viewer: Viewer,
  references: readonly Reference[],
) {
  const requested = requestedOf(references);
  const values = { requested, withManifests: true, ...viewerValues(viewer) };
  const [found, bases] = await executeTogether(db, values, resolved(db), allBases(db));
  return { resolutions: inOrder(references, found), bases };
}

/** References as the query reads them. */
function requestedOf(references: readonly Reference[]): string {
  return JSON.stringify(
    references.map(({ team, name, selector }) => ({ team, name, ...criteriaOf(selector) })),
  );
}

type Row = Omit<Resolution, 'manifest' | 'channels'> & {
  at: number;
  manifest: string | null;
  channels: string | null;
};

function inOrder(
  references: readonly Reference[],
  found: readonly Row[],
): (Resolution | undefined)[] {
  const resolutions: (Resolution | undefined)[] = references.map(() => undefined);
  for (const { at, channels, manifest, ...resolution } of found) {
    resolutions[at] = {
      ...resolution,
      manifest: manifest === null ? null : JSON.parse(manifest),
      channels: channels === null ? [] : Object.keys(parseChannels(channels)),
    };
  }
  return resolutions;
}

/** A selector as the query reads it. */
function criteriaOf(selector: Selector) {
  switch (selector.kind) {
    case 'version':
      return { version: selector.version };
    case 'digest':
      return { digest: selector.digest };
    case 'range':
      return { intervals: rangeIntervals(selector.range) };
    case 'channel':
      return selector.channel === latestChannel ? { latest: true } : { channel: selector.channel };
    case 'default':
      return { channel: defaultChannel, latest: true };
  }
}
