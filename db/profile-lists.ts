// Lists of profiles that need no search: by team and name, and by when they were published.
import { and, asc, desc, eq, lt, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { type Counted, type Counts, readCounted } from './facets.ts';
import { prepared } from './prepared.ts';
import { isLatest, type ProfileSummary } from './profiles.ts';
import { analyses, profiles, searchDocuments, versions } from './schema.ts';
import type { Filters } from './search-terms.ts';
import { type Viewer, viewerValues, visibleToViewer } from './viewer.ts';

/** How a list is sorted instead of by relevance: by team and name, or the most recently published first. */
export const sorts = ['name', 'published'] as const;
export type Sort = (typeof sorts)[number];

export interface ProfileQuery extends Filters {
  /** Words that must all match; the last may be a prefix. */
  text?: string | undefined;
  sort?: Sort | undefined;
  /** Whether to count the matches by facets. */
  counted?: boolean;
  after?: Place | undefined;
  limit: number;
}

/** Where a page ended; it stays valid when profiles are added. */
export type Place =
  | { team: string; name: string }
  /** The latest version's place in the log. */
  | { published: number }
  /** `similar` when no profile has the words of the query and similar words are searched. */
  | { level: number; id: number; similar: boolean };

export interface FoundProfiles {
  items: ProfileSummary[];
  /** Where the next page begins, if any. */
  next: Place | undefined;
  similar: boolean;
  /** Whether they are in the order that the query asks for: a search with too many matches is not. */
  sorted?: boolean;
  /** If they are wanted. */
  counts?: Counts | undefined;
}

/** The columns of a {@link ProfileSummary}, which determine most of a page's cost. */
export const columns = {
  id: profiles.id,
  team: profiles.team,
  name: profiles.name,
  latest: profiles.latest,
  description: profiles.description,
  images: profiles.images,
  visibility: profiles.visibility,
  deprecation: profiles.deprecation,
  published: profiles.published,
  tags: sql<string | null>`${versions.manifest} -> 'tags'`,
  publishedAt: versions.publishedAt,
  grade: searchDocuments.grade,
  suppressed: sql<number | null>`(SELECT ${analyses.suppressed} FROM ${analyses}
    WHERE ${analyses.versionId} = ${versions.id})`,
};

/** Profiles as lists show them, joined with their latest versions. */
export function summaries(db: Database) {
  return db
    .select(columns)
    .from(profiles)
    .innerJoin(versions, isLatest)
    .leftJoin(searchDocuments, eq(searchDocuments.versionId, versions.id));
}

/** A list by team and name: of one team or of all, from the start or after a profile. */
function selectByName(ofTeam: boolean, isAfter: boolean) {
  const team = sql.placeholder('team');
  const after = sql`(${profiles.team}, ${profiles.name}) >
    (${sql.placeholder('afterTeam')}, ${sql.placeholder('afterName')})`;
  return prepared((db) =>
    summaries(db)
      .where(
        and(
          visibleToViewer(),
          ofTeam ? eq(profiles.team, team) : undefined,
          isAfter ? after : undefined,
        ),
      )
      .orderBy(asc(profiles.team), asc(profiles.name))
      .limit(sql.placeholder('limit')),
  );
}

const lists = {
  all: { first: selectByName(false, false), next: selectByName(false, true) },
  team: { first: selectByName(true, false), next: selectByName(true, true) },
};

/** The profiles of a team by name. Placeholders: `team`, and after which profile (`afterTeam`, `afterName`); `limit`. */
export const profilesOfTeam = lists.team.next;

/** The most recently published profiles, those before a place in the log. */
const recent = prepared((db) =>
  summaries(db)
    .where(and(visibleToViewer(), lt(profiles.published, sql.placeholder('before'))))
    .orderBy(desc(profiles.published))
    .limit(sql.placeholder('limit')),
);

/** A page of all profiles, or of a team's by name. */
export async function listProfiles(
  db: Database,
  viewer: Viewer,
  { team, after, limit, sort }: ProfileQuery,
  counted: Counted | undefined,
): Promise<FoundProfiles> {
  const values = { team, limit: limit + 1, ...valuesAfter(after), ...viewerValues(viewer) };
  const named = lists[team === undefined ? 'all' : 'team'];
  const list = sort === 'published' ? recent : named[after && 'name' in after ? 'next' : 'first'];
  const { rows, counts } = await readCounted(db, list(db), values, counted);
  return { ...pageBy(sort, rows, limit), similar: false, sorted: true, counts };
}

/** The values of the placeholders for the place after which a list continues. */
export function valuesAfter(after: Place | undefined) {
  const place = after && 'name' in after ? after : undefined;
  return {
    afterTeam: place?.team ?? '',
    afterName: place?.name ?? '',
    before: after && 'published' in after ? after.published : Number.MAX_SAFE_INTEGER,
  };
}

/** The page of sorted rows, of which there may be one more than the limit. */
export function pageBy(
  sort: Sort | undefined,
  rows: ProfileSummary[],
  limit: number,
): Pick<FoundProfiles, 'items' | 'next'> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  if (rows.length <= limit || !last) return { items, next: undefined };
  const { team, name, published } = last;
  return { items, next: sort === 'published' ? { published } : { team, name } };
}
