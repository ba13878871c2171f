// How many of the profiles that match a search have each value of a facet, up to a number of matches: the cost does not
// grow with the number of profiles.
import { type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { executeTogether, type Prepared, prepared, type Values } from './prepared.ts';
import { type Facet, facets, profileFacets, profiles } from './schema.ts';
import { visibleToViewer } from './viewer.ts';

/** The maximum number of matches that are counted. */
export const maxCounted = 1_000;

/** The maximum number of values of a facet, the most frequent ones. */
const maxValues = 40;

export interface FacetCount {
  value: string;
  count: number;
}

/** How many of the counted matches have each value, the most frequent first. */
export interface Counts {
  /** The number of counted matches: of all, or {@link maxCounted}. */
  total: number;
  /** Whether there are more matches: then every count is a minimum. */
  more: boolean;
  facets: Record<Facet, FacetCount[]>;
}

/** One more than are counted, to know that there are more. */
const most = sql.raw(String(maxCounted + 1));

/** The most recently published profiles that the viewer may see. */
const recentIds = sql`SELECT ${profiles.id} AS id FROM ${profiles}
  WHERE ${visibleToViewer()} ORDER BY ${profiles.published} DESC LIMIT ${most}`;

/** The matches of the placeholders `countedWhole`, then of `countedPrefix`, two FTS5 expressions that exclude each other. */
export const matchingIds = sql`SELECT * FROM (${matches('countedWhole')}) UNION ALL
  SELECT * FROM (${matches('countedPrefix')}) LIMIT ${most}`;

function matches(placeholder: string): SQL {
  return sql`SELECT search.rowid AS id FROM search
    CROSS JOIN ${profiles} ON ${profiles.id} = search.rowid AND ${visibleToViewer()}
    WHERE search MATCH ${sql.placeholder(placeholder)} ORDER BY search.rowid LIMIT ${most}`;
}

/** A query that counts profiles by facets; the number of all is the row without one. */
function countIds(db: Database, ids: SQL) {
  const { profileId, facet, value } = profileFacets;
  return db
    .select({
      facet: sql<Facet | ''>`counted.facet`,
      value: sql<string>`counted.value`,
      count: sql<number>`counted.number`,
    })
    .from(
      sql`(WITH found AS MATERIALIZED (${ids}), ranked AS (
        SELECT facet, value, number,
          row_number() OVER (PARTITION BY facet ORDER BY number DESC, value) AS place
        FROM (SELECT ${facet} AS facet, ${value} AS value, count(*) AS number
          FROM found CROSS JOIN ${profileFacets} ON ${profileId} = found.id GROUP BY 1, 2))
        SELECT facet, value, number FROM ranked WHERE place <= ${sql.raw(String(maxValues))}
        UNION ALL SELECT '', '', count(*) FROM found) AS counted`,
    );
}

const countRecent = prepared((db) => countIds(db, recentIds));

const countMatches = prepared((db) => countIds(db, matchingIds));

/** The matches of a search: two FTS5 expressions that exclude each other; the second costs more. */
export interface Matched {
  whole: string;
  prefix: string;
}

/** What is counted; `recent`: the most recently published profiles. */
export type Counted = 'recent' | Matched;

/** The values of the placeholders of {@link matchingIds}. */
export const matchedValues = ({ whole, prefix }: Matched) => ({
  countedWhole: whole,
  countedPrefix: prefix,
});

/** The rows of a query and, if something is counted, the counts, in one round trip. */
export async function readCounted<Row>(
  db: Database,
  query: Prepared<Row>,
  values: Values,
  counted: Counted | undefined,
): Promise<{ rows: Row[]; counts: Counts | undefined }> {
  if (counted === undefined) return { rows: await query.all(values), counts: undefined };
  const isRecent = counted === 'recent';
  const [rows, counts] = await executeTogether(
    db,
    { ...values, ...(isRecent ? {} : matchedValues(counted)) },
    query,
    isRecent ? countRecent(db) : countMatches(db),
  );
  return { rows, counts: toCounts(counts) };
}

/** The counts from the rows of a query. */
function toCounts(rows: { facet: Facet | ''; value: string; count: number }[]): Counts {
  const all = rows.find(({ facet }) => facet === '')?.count ?? 0;
  const ofFacet = (name: Facet) =>
    rows
      .filter(({ facet }) => facet === name)
      .map(({ value, count }) => ({ value, count: Math.min(count, maxCounted) }));
  return {
    total: Math.min(all, maxCounted),
    more: all > maxCounted,
    facets: Object.fromEntries(facets.map((name) => [name, ofFacet(name)])) as Counts['facets'],
  };
}
