import { and, asc, desc, eq, lt, type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { type Matched, matchedValues, matchingIds, readCounted } from './facets.ts';
import { prepared } from './prepared.ts';
import {
  columns,
  type FoundProfiles,
  listProfiles,
  type Place,
  type ProfileQuery,
  pageBy,
  type Sort,
  summaries,
  valuesAfter,
} from './profile-lists.ts';
import { isLatest, type ProfileSummary } from './profiles.ts';
import { profiles, searchDocuments, versions } from './schema.ts';
import {
  all,
  expressionOf,
  facetsOf,
  levelCount,
  levelIn,
  levelsOf,
  nothing,
  type SearchTerms,
  termsOf,
  without,
} from './search-terms.ts';
import { queryWords } from './search-text.ts';
import { similarWords } from './similar-words.ts';
import { type Viewer, viewerValues, visibleToViewer } from './viewer.ts';

/**
 * Finds the profiles that the viewer may see and that match a query: without words, by team and name; with words, the best
 * matches first, or similar words if there are none.
 *
 * The rank of a match is the first of {@link levelsOf} that contains it. Unlike bm25's word frequencies it does not depend
 * on other profiles: pages neither repeat nor lose results when profiles are added, and the cost of a page does not grow
 * with the number of matches, since FTS5 returns each level in the order of ids.
 *
 * A search is sorted otherwise only if all its matches are counted.
 */
export async function findProfiles(
  db: Database,
  viewer: Viewer,
  query: ProfileQuery,
): Promise<FoundProfiles> {
  const { text = '', after, sort, counted } = query;
  const words = queryWords(text);
  if (words.length === 0 && text.trim() !== '') return noProfiles;
  const facets = facetsOf(query, words.length > 0 || sort === 'published');
  if (words.length === 0 && facets.length === 0) {
    const ofTeam = { whole: all(facetsOf(query, true)), prefix: nothing };
    const what = query.team === undefined ? 'recent' : ofTeam;
    return listProfiles(db, viewer, query, counted ? what : undefined);
  }

  const start = after && 'id' in after ? after : { level: 0, id: 0, similar: false };
  const searching = { db, viewer, query, start };
  if (words.length === 0) {
    const expression = all(facets);
    const matched = { whole: expression, prefix: nothing };
    return (await sorted(searching, matched)) ?? search({ ...searching, matched }, [expression]);
  }
  if (!start.similar) {
    const terms = termsOf(
      text,
      words,
      words.map(() => []),
    );
    const found = await searchWords(searching, terms, facets);
    if (found.items.length > 0 || (after && found.counts?.total !== 0)) return found;
  }
  const alike = await Promise.all(words.map((word) => similarWords(db, word)));
  if (alike.every((others) => others.length === 0)) return noProfiles;
  const terms = termsOf(text, words, alike);
  return searchWords({ ...searching, start: { ...start, similar: true } }, terms, facets);
}

const noProfiles: FoundProfiles = { items: [], next: undefined, similar: false };

/** A search for a page that begins at a place. */
interface Searching {
  db: Database;
  viewer: Viewer;
  query: ProfileQuery;
  start: Extract<Place, { level: number }>;
}

/**
 * A page of the profiles that match the terms. Most searches match no more than a page, which is found by two expressions
 * and sorted here; searching all levels would scan long lists repeatedly, so that is done only for longer ones.
 */
async function searchWords(
  searching: Searching,
  terms: SearchTerms,
  facets: string[],
): Promise<FoundProfiles> {
  const { db, viewer, query, start } = searching;
  const { limit, counted } = query;
  const levels = levelsOf(terms).map((level) => all([...facets, level]));
  // Whole words first: they may fill the page, and prefixes cost more.
  const whole = expressionOf(terms, 4, false);
  const matched = {
    whole: all([...facets, whole]),
    prefix: all([...facets, without(expressionOf(terms, 4, true), whole)]),
  };
  const inAnotherOrder = await sorted(searching, matched);
  if (inAnotherOrder) return inAnotherOrder;
  if (start.id > 0 || start.level > 0) return search({ ...searching, matched }, levels);
  const values = {
    ...matched,
    ...levelValues(levels),
    limit: limit + 1,
    ...viewerValues(viewer),
  };
  const { rows, counts } = await readCounted(
    db,
    firstPage(db),
    values,
    counted ? matched : undefined,
  );
  const { similar } = start;
  if (rows.length > limit) return { ...pageOf(rows, levels, start, limit), counts };
  const places = rows.map(({ words, level: _, ...summary }) => ({
    level: levelIn(words ?? '', terms),
    summary,
  }));
  return { items: inOrder(places), next: undefined, similar, counts };
}

/** The counted matches, sorted. */
const sortedPages = {
  name: prepared((db) =>
    selectMatching(
      db,
      sql`(${profiles.team}, ${profiles.name}) > (${sql.placeholder('afterTeam')}, ${sql.placeholder('afterName')})`,
    )
      .orderBy(asc(profiles.team), asc(profiles.name))
      .limit(sql.placeholder('limit')),
  ),
  published: prepared((db) =>
    selectMatching(db, lt(profiles.published, sql.placeholder('before')))
      .orderBy(desc(profiles.published))
      .limit(sql.placeholder('limit')),
  ),
} satisfies Record<Sort, unknown>;

function selectMatching(db: Database, after: SQL) {
  return summaries(db).where(and(sql`${profiles.id} IN (${matchingIds})`, after));
}

/** A page in the order that the query asks for; `undefined` if it asks for none, or too many profiles match. */
async function sorted(
  { db, viewer, query: { sort, after, limit }, start: { similar } }: Searching,
  matched: Matched,
): Promise<FoundProfiles | undefined> {
  if (sort === undefined) return undefined;
  const { rows, counts } = await readCounted(
    db,
    sortedPages[sort](db),
    {
      ...matchedValues(matched),
      ...valuesAfter(after),
      limit: limit + 1,
      ...viewerValues(viewer),
    },
    matched,
  );
  return counts?.more ? undefined : { ...pageBy(sort, rows, limit), similar, sorted: true, counts };
}

/** Within a level, the shortest name on a page comes first. */
function inOrder(places: { level: number; summary: ProfileSummary }[]) {
  return places
    .toSorted(
      (a, b) =>
        a.level - b.level ||
        a.summary.name.length - b.summary.name.length ||
        a.summary.id - b.summary.id,
    )
    .map(({ summary }) => summary);
}

/** Levels, by the placeholders of their expressions. */
const levelValues = (levels: string[]) =>
  Object.fromEntries(levels.map((level, at) => [`level${at}`, level]));

/** The ids of profiles that the viewer may see and that match an expression, in order, up to the limit. */
function matches(expression: Placeholder, after: SQL | Placeholder = sql`0`) {
  // CROSS JOIN makes SQLite start with the search index.
  return sql`SELECT search.rowid AS id FROM search
    CROSS JOIN ${profiles} ON ${profiles.id} = search.rowid AND ${visibleToViewer()}
    WHERE search MATCH ${expression} AND search.rowid > ${after}
    ORDER BY search.rowid LIMIT ${sql.placeholder('limit')}`;
}

type Placeholder = ReturnType<typeof sql.placeholder>;

/** Matches of levels with the number of the level, in order up to the limit, in the first level only those after an id. */
function matchesOfLevels(count: number, limit: SQL | Placeholder, after?: Placeholder) {
  const parts = Array.from({ length: count }, (_, at) => {
    const found = matches(sql.placeholder(`level${at}`), at === 0 ? after : undefined);
    return sql`SELECT ${sql.raw(String(at))} AS level, id FROM (${found})`;
  });
  return sql`SELECT * FROM (${sql.join(parts, sql` UNION ALL `)} LIMIT ${limit})`;
}

function selectHits(db: Database, hits: SQL) {
  return db
    .select({
      ...columns,
      level: sql<number | null>`hits.level`,
      words: sql<string | null>`CASE WHEN hits.level IS NULL THEN ${searchDocuments.words} END`,
    })
    .from(sql`(${hits}) AS hits`)
    .innerJoin(profiles, sql`${profiles.id} = hits.id`)
    .innerJoin(versions, isLatest)
    .leftJoin(searchDocuments, eq(searchDocuments.versionId, versions.id));
}

/** All matches if they fit on a page, without their level but with their words; else those of the levels. */
const firstPage = prepared((db) => {
  const limit = sql.placeholder('limit');
  const few = sql.join(
    ['whole', 'prefix'].map((expression) => matches(sql.placeholder(expression))).map(subquery),
    sql` UNION ALL `,
  );
  const isLong = sql`(SELECT count(*) FROM few) >= ${limit}`;
  // With a limit of 0, SQLite does not begin to search the levels.
  const ofLevels = matchesOfLevels(levelCount, sql`iif(${isLong}, ${limit}, 0)`);
  return selectHits(
    db,
    sql`WITH few AS MATERIALIZED (${few} LIMIT ${limit})
      SELECT NULL AS level, id FROM few WHERE NOT ${isLong} UNION ALL ${ofLevels}`,
  );
});

const subquery = (query: SQL) => sql`SELECT * FROM (${query})`;

/** The queries for a page of the last levels, by their number. */
const laterPages = Array.from({ length: levelCount + 1 }, (_, count) =>
  prepared((db) =>
    selectHits(db, matchesOfLevels(count, sql.placeholder('limit'), sql.placeholder('after'))),
  ),
);

/** A page of the matches of the levels' expressions, from a place on. */
async function search(
  { db, viewer, query, start, matched }: Searching & { matched: Matched },
  levels: string[],
): Promise<FoundProfiles> {
  const { limit, counted } = query;
  const rest = levels.slice(start.level);
  const page = laterPages[rest.length];
  if (rest.length === 0 || !page) return noProfiles;
  const values = {
    ...levelValues(rest),
    after: start.id,
    limit: limit + 1,
    ...viewerValues(viewer),
  };
  const { rows, counts } = await readCounted(db, page(db), values, counted ? matched : undefined);
  return { ...pageOf(rows, levels, start, limit), counts };
}

/** The page of rows that were found from a place on, of which there may be one more than the limit. */
function pageOf(
  rows: (ProfileSummary & { level: number | null; words: string | null })[],
  levels: string[],
  { level: first, similar }: Extract<Place, { level: number }>,
  limit: number,
): FoundProfiles {
  const places = rows
    .map(({ level, words: _, ...summary }) => ({ level: first + (level ?? 0), summary }))
    .sort((a, b) => a.level - b.level || a.summary.id - b.summary.id);
  const page = places.slice(0, limit);
  const last = page.at(-1);
  const next =
    places.length > limit && last ? { level: last.level, id: last.summary.id, similar } : undefined;
  const items = levels.length > 1 ? inOrder(page) : page.map(({ summary }) => summary);
  return { items, next, similar };
}
