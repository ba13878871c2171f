import { and, asc, eq, type SQL, sql } from 'drizzle-orm';
import { everyCapability, type Grade } from '../policy/index.ts';
import { isProfileName } from '../trust/index.ts';
import type { Database } from './database.ts';
import { prepared } from './prepared.ts';
import { isLatest, type ProfileSummary } from './profiles.ts';
import { analyses, profiles, searchDocuments, searchSpellings, versions } from './schema.ts';
import { facetWord, scopedWord, scopes } from './search-document.ts';
import { isSpelt, queryWords, spellingsOf, withinOneEdit } from './search-text.ts';
import { type Viewer, viewerValues, visibleToViewer } from './viewer.ts';

/** The filters of a search. */
export interface Filters {
  team?: string | undefined;
  /** A container image that the profiles are for. */
  image?: string | undefined;
  tag?: string | undefined;
  /** A capability that the profiles allow. */
  capability?: string | undefined;
  grade?: Grade | undefined;
}

export interface ProfileQuery extends Filters {
  /** Words that must all match; the last may be a prefix. */
  text?: string | undefined;
  after?: Place | undefined;
  limit: number;
}

/** Where a page ended; it stays valid when profiles are added. */
export type Place =
  | { team: string; name: string }
  /** `similar` when no profile has the words of the query and similar words are searched. */
  | { level: number; id: number; similar: boolean };

export interface FoundProfiles {
  items: ProfileSummary[];
  /** Where the next page begins, if any. */
  next: Place | undefined;
  similar: boolean;
}

/** The columns of a {@link ProfileSummary}, which determine most of a page's cost. */
const columns = {
  id: profiles.id,
  team: profiles.team,
  name: profiles.name,
  latest: profiles.latest,
  description: profiles.description,
  images: profiles.images,
  visibility: profiles.visibility,
  deprecation: profiles.deprecation,
  publishedAt: versions.publishedAt,
  grade: searchDocuments.grade,
  suppressed: sql<number | null>`(SELECT ${analyses.suppressed} FROM ${analyses}
    WHERE ${analyses.versionId} = ${versions.id})`,
};

/**
 * Finds the profiles that the viewer may see and that match a query: without words, by team and name; with words, the best
 * matches first, or similar words if there are none.
 *
 * The rank of a match is the first of {@link levelsOf} that contains it. Unlike bm25's word frequencies it does not depend
 * on other profiles: pages neither repeat nor lose results when profiles are added, and the cost of a page does not grow
 * with the number of matches, since FTS5 returns each level in the order of ids.
 */
export async function findProfiles(
  db: Database,
  viewer: Viewer,
  query: ProfileQuery,
): Promise<FoundProfiles> {
  const { text = '', after, limit } = query;
  const words = queryWords(text);
  if (words.length === 0 && text.trim() !== '') return noProfiles;
  const facets = facetsOf(query, words.length > 0);
  if (words.length === 0 && facets.length === 0) return listByName(db, viewer, query);

  const start = after && 'id' in after ? after : { level: 0, id: 0, similar: false };
  if (words.length === 0) return search(db, viewer, [all(facets)], start, limit);
  if (!start.similar) {
    const terms = termsOf(
      text,
      words,
      words.map(() => []),
    );
    const found = await searchWords(db, viewer, terms, facets, start, limit);
    if (found.items.length > 0 || after) return found;
  }
  const alike = await Promise.all(words.map((word) => similarWords(db, word)));
  if (alike.every((others) => others.length === 0)) return noProfiles;
  const terms = termsOf(text, words, alike);
  return searchWords(db, viewer, terms, facets, { ...start, similar: true }, limit);
}

const noProfiles: FoundProfiles = { items: [], next: undefined, similar: false };

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

function summaries(db: Database) {
  return db
    .select(columns)
    .from(profiles)
    .innerJoin(versions, isLatest)
    .leftJoin(searchDocuments, eq(searchDocuments.versionId, versions.id));
}

const lists = {
  all: { first: selectByName(false, false), next: selectByName(false, true) },
  team: { first: selectByName(true, false), next: selectByName(true, true) },
};

/** The profiles of a team by name. Placeholders: `team`, and after which profile (`afterTeam`, `afterName`); `limit`. */
export const profilesOfTeam = lists.team.next;

async function listByName(
  db: Database,
  viewer: Viewer,
  { team, after, limit }: ProfileQuery,
): Promise<FoundProfiles> {
  const place = after && 'name' in after ? after : undefined;
  const list = lists[team === undefined ? 'all' : 'team'][place ? 'next' : 'first'];
  const rows = await list(db).all({
    team,
    afterTeam: place?.team,
    afterName: place?.name,
    limit: limit + 1,
    ...viewerValues(viewer),
  });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next = rows.length > limit && last ? { team: last.team, name: last.name } : undefined;
  return { items, next, similar: false };
}

/** The terms of a search: every word, or a similar one. */
interface SearchTerms {
  /** Names that match the query exactly. */
  names: string[];
  words: { word: string; alike: string[] }[];
  /** Whether the last word may be a prefix, as while typing. */
  lastIsPrefix: boolean;
}

function termsOf(text: string, words: string[], alike: string[][]): SearchTerms {
  const names = ['-', '_', '.'].map((between) => words.join(between));
  if (words.length === 1) names.push(...(alike[0] ?? []));
  if (isProfileName(text.trim().toLowerCase())) names.push(text.trim().toLowerCase());
  return {
    names: [...new Set(names)],
    words: words.map((word, at) => ({ word, alike: alike[at] ?? [] })),
    // A single letter is a prefix of too many words.
    lastIsPrefix: (words.at(-1) ?? '').length > 1,
  };
}

type Scope = (typeof scopes)[number];

/** The number of {@link levelsOf}. */
const levelCount = 1 + 2 * scopes.length;

/** The FTS5 expression for all words in a scope. */
function expressionOf(
  { words, lastIsPrefix }: SearchTerms,
  scope: Scope,
  mayLackEnd: boolean,
): string {
  return all(
    words.map(({ word, alike }, at) => {
      const end = mayLackEnd && lastIsPrefix && at === words.length - 1 ? '*' : '';
      const others = alike.map((other) => `"${scopedWord(scope, other)}"`);
      return any([`"${scopedWord(scope, word)}"${end}`, ...others]);
    }),
  );
}

/** FTS5 expressions, best matches first, each excluding the matches of those before it. */
function levelsOf(terms: SearchTerms): string[] {
  const levels = [any(terms.names.map((name) => facetWord('name', name)))];
  let before = levels[0] as string;
  for (const scope of scopes) {
    const whole = expressionOf(terms, scope, false);
    const lastIsPrefix = expressionOf(terms, scope, true);
    levels.push(without(whole, before), without(lastIsPrefix, any([whole, before])));
    before = lastIsPrefix;
  }
  return levels;
}

/** The level of {@link levelsOf} that a matching profile belongs to, by its index words. */
function levelIn(indexed: string, { names, words, lastIsPrefix }: SearchTerms): number {
  const known = new Set(indexed.split(' '));
  if (names.some((name) => known.has(facetWord('name', name)))) return 0;
  const has = (scope: Scope, { word, alike }: SearchTerms['words'][number]) =>
    [word, ...alike].some((one) => known.has(scopedWord(scope, one)));
  const hasPrefix = (start: string) => [...known].some((one) => one.startsWith(start));
  for (const scope of scopes) {
    if (words.every((word) => has(scope, word))) return 2 * scope - 1;
    const matched = words.every(
      (one, at) =>
        has(scope, one) ||
        (lastIsPrefix && at === words.length - 1 && hasPrefix(scopedWord(scope, one.word))),
    );
    if (matched) return 2 * scope;
  }
  return 2 * scopes.length;
}

/**
 * A page of the profiles that match the terms. Most searches match no more than a page, which is found by two expressions
 * and sorted here; searching all levels would scan long lists repeatedly, so that is done only for longer ones.
 */
async function searchWords(
  db: Database,
  viewer: Viewer,
  terms: SearchTerms,
  facets: string[],
  start: Extract<Place, { level: number }>,
  limit: number,
): Promise<FoundProfiles> {
  const levels = levelsOf(terms).map((level) => all([...facets, level]));
  if (start.id > 0 || start.level > 0) return search(db, viewer, levels, start, limit);
  // Whole words first: they may fill the page, and prefixes cost more.
  const whole = expressionOf(terms, 4, false);
  const rows = await firstPage(db).all({
    whole: all([...facets, whole]),
    prefix: all([...facets, without(expressionOf(terms, 4, true), whole)]),
    ...levelValues(levels),
    limit: limit + 1,
    ...viewerValues(viewer),
  });
  const { similar } = start;
  if (rows.length > limit) return pageOf(rows, levels, start, limit);
  const places = rows.map(({ words, level: _, ...summary }) => ({
    level: levelIn(words ?? '', terms),
    summary,
  }));
  return { items: inOrder(places), next: undefined, similar };
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

/** The FTS5 expressions of the filters. The team alone needs no search without words. */
function facetsOf(
  { team, image, tag, capability, grade }: ProfileQuery,
  hasWords: boolean,
): string[] {
  const filters: string[][] = [];
  if (image !== undefined) filters.push(imageNames(image).map((one) => facetWord('image', one)));
  if (tag !== undefined) filters.push([facetWord('tag', tag)]);
  if (capability !== undefined) {
    filters.push([capability, everyCapability].map((one) => facetWord('capability', one)));
  }
  if (grade !== undefined) filters.push([facetWord('grade', grade)]);
  if (team !== undefined && (hasWords || filters.length > 0))
    filters.push([facetWord('team', team)]);
  return filters.map(any);
}

/** The names of an image that a profile may list: as given, without tag and digest, without Docker Hub's prefixes. */
function imageNames(image: string): string[] {
  const bare = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  return [...new Set([image, bare, bare.replace(/^(?:docker\.io\/)?(?:library\/)?/, '')])];
}

const any = (expressions: string[]) => `(${expressions.join(' OR ')})`;
const all = (expressions: string[]) => `(${expressions.join(' AND ')})`;
const without = (expression: string, other: string) => `(${expression} NOT ${other})`;

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
  db: Database,
  viewer: Viewer,
  levels: string[],
  start: Extract<Place, { level: number }>,
  limit: number,
): Promise<FoundProfiles> {
  const rest = levels.slice(start.level);
  const query = laterPages[rest.length];
  if (rest.length === 0 || !query) return noProfiles;
  const rows = await query(db).all({
    ...levelValues(rest),
    after: start.id,
    limit: limit + 1,
    ...viewerValues(viewer),
  });
  return pageOf(rows, levels, start, limit);
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

/** The maximum number of candidates for similar words, and of similar words in a search. */
const maxSpellings = 200;
const maxAlike = 16;

/** The indexed words within one edit of a word. */
async function similarWords(db: Database, word: string): Promise<string[]> {
  if (!isSpelt(word)) return [];
  const rows = await db
    .selectDistinct({ word: searchSpellings.word })
    .from(searchSpellings)
    .where(
      sql`${searchSpellings.spelling} IN (SELECT value FROM json_each(${JSON.stringify(spellingsOf(word))}))`,
    )
    .limit(maxSpellings);
  return rows
    .map((row) => row.word)
    .filter((other) => other !== word && withinOneEdit(word, other))
    .slice(0, maxAlike);
}
