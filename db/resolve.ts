import { sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import {
  type Digest,
  defaultChannel,
  latestChannel,
  type Reference,
  rangeIntervals,
  type Selector,
} from '../trust/index.ts';
import type { Database } from './database.ts';
import { channels, keys, profiles, versions } from './schema.ts';
import { preference } from './versions.ts';
import { type Viewer, visibleTo } from './viewer.ts';

/** The profile of a reference and the version that it resolves to. */
export interface Resolution {
  profileId: number;
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
  yankReason: string | null;
  /** The channel that selected the version; null for other selectors. */
  channel: string | null;
}

/**
 * Resolves references in one query, in their order; `undefined` where the viewer sees no such profile.
 */
export async function resolveReferences(
  db: Database,
  viewer: Viewer,
  references: readonly Reference[],
): Promise<(Resolution | undefined)[]> {
  const requested = JSON.stringify(
    references.map(({ team, name, selector }) => ({ team, name, ...criteriaOf(selector) })),
  );
  const one = alias(versions, 'one');
  const other = alias(profiles, 'other');
  // As visibleReplacement in profiles.ts does for one.
  const shown = sql`CASE WHEN ${profiles.replacement} = ${profiles.movedTo} || '/' || ${profiles.name} OR EXISTS (
    SELECT 1 FROM ${profiles} AS other
    WHERE ${other.team} = substr(${profiles.replacement}, 1, instr(${profiles.replacement}, '/') - 1)
      AND ${other.name} = substr(${profiles.replacement}, instr(${profiles.replacement}, '/') + 1)
      AND ${visibleTo(viewer, other) ?? sql`true`}) THEN ${profiles.replacement} END`;
  const found = await db.all<Resolution & { at: number }>(sql`
    SELECT requested.key AS "at", ${profiles.id} AS "profileId", ${profiles.latest} AS "latest",
      ${profiles.deprecation} AS "deprecation", ${shown} AS "replacement",
      ${profiles.movedTo} AS "movedTo", ${versions.version} AS "version", ${versions.digest} AS "digest",
      ${versions.yankReason} AS "yankReason",
      (SELECT count(*) FROM ${keys} WHERE ${keys.team} = ${profiles.team}
        AND ${keys.revokedAt} IS NOT NULL) AS "revokedKeys",
      CASE WHEN ${channels.name} IS NOT NULL THEN ${channels.name}
        WHEN requested.value ->> 'latest' THEN ${latestChannel} END AS "channel"
    FROM json_each(${requested}) AS requested
    CROSS JOIN ${profiles} ON ${profiles.team} = requested.value ->> 'team'
      AND ${profiles.name} = requested.value ->> 'name' AND ${visibleTo(viewer) ?? sql`true`}
    LEFT JOIN ${channels} ON ${channels.profileId} = ${profiles.id}
      AND ${channels.name} = requested.value ->> 'channel'
    LEFT JOIN ${versions} ON ${versions.id} = CASE
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
      END`);
  const resolutions: (Resolution | undefined)[] = references.map(() => undefined);
  for (const { at, ...resolution } of found) resolutions[at] = resolution;
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
