// The search index: one row of the FTS5 table `search` per profile, updated in the transactions that change it. A row is
// a set of words prefixed with their scope or facet, so that every search is a lookup of ready row lists; filtering by
// FTS5's columns would scan all rows with a word.
import { and, eq, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { Grade } from '../policy/index.ts';
import type { Manifest } from '../trust/index.ts';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import {
  type Facet,
  profileFacets,
  profiles,
  searchDocuments,
  searchSpellings,
  summaries,
  versions,
} from './schema.ts';
import { facetWordSql } from './search-document.ts';
import { isSpelt, spellingsOf, wordsOf } from './search-text.ts';
import { summaryVersion } from './summaries.ts';

/** The version of the index. Raise it when its contents change: entries of older versions are rebuilt (analyses.ts). */
export const indexVersion = 3;

/** The maximum number of words per manifest that misspelt queries can find. */
const maxSpeltWords = 200;

/** A version to index. */
export interface Indexed {
  team: string;
  name: string;
  version: string;
  manifest: Manifest;
  /** The words of the index (`documentOf`). */
  words: string;
  grade: Grade;
}

/** The statements that store the search document of a stored version. */
export function storeSearchDocument(db: Database, indexed: Indexed): Statement[] {
  const { team, name, version, words, grade } = indexed;
  const document = { words, grade, indexVersion };
  const versionId = sql`(SELECT ${versions.id} FROM ${versions} JOIN ${profiles}
    ON ${profiles.id} = ${versions.profileId} WHERE ${profiles.team} = ${team}
    AND ${profiles.name} = ${name} AND ${versions.version} = ${version})`;
  return [
    db
      .insert(searchDocuments)
      .values({ versionId, ...document })
      .onConflictDoUpdate({ target: searchDocuments.versionId, set: document }),
    storeSpellings(db, indexed),
  ];
}

function storeSpellings(db: Database, { name, manifest }: Indexed): Statement {
  const { description, images, tags = [] } = manifest;
  const words = new Set(wordsOf([name, description, ...images, ...tags].join(' ')));
  const spellings = [...words]
    .filter(isSpelt)
    .slice(0, maxSpeltWords)
    .flatMap((word) => spellingsOf(word).map((spelling) => [spelling, word]));
  return db
    .insert(searchSpellings)
    .select(
      sql`SELECT value ->> 0, value ->> 1 FROM json_each(${JSON.stringify(spellings)}) WHERE true`,
    )
    .onConflictDoNothing();
}

/**
 * The statements that index a profile after earlier statements of the transaction. If its latest version has no search
 * document yet, the background job creates it (analyses.ts).
 */
export function indexProfile(
  db: Database,
  team: string,
  name: string,
): [Statement, ...Statement[]] {
  return indexProfiles(db, sql`${profiles.team} = ${team} AND ${profiles.name} = ${name}`);
}

/** As {@link indexProfile}, for all profiles that match a condition. */
export function indexProfiles(db: Database, which: SQL): [Statement, ...Statement[]] {
  const document = db
    .select({ found: sql`1` })
    .from(versions)
    .innerJoin(searchDocuments, eq(searchDocuments.versionId, versions.id))
    .where(
      and(
        eq(versions.profileId, profiles.id),
        eq(versions.version, profiles.latest),
        eq(searchDocuments.indexVersion, indexVersion),
      ),
    );
  return [
    db.run(sql`DELETE FROM search
      WHERE rowid IN (SELECT ${profiles.id} FROM ${profiles} WHERE ${which})`),
    db.run(sql`DELETE FROM ${profileFacets}
      WHERE ${profileFacets.profileId} IN (SELECT ${profiles.id} FROM ${profiles} WHERE ${which})`),
    db.run(sql`INSERT INTO ${profileFacets} (profile_id, facet, value) ${facetRows(which)}`),
    db.run(sql`INSERT INTO search (rowid, words) SELECT ${profiles.id}, ${searchDocuments.words} || ${addedWords}
      FROM ${profiles}
      JOIN ${versions} ON ${versions.profileId} = ${profiles.id} AND ${versions.version} = ${profiles.latest}
      JOIN ${searchDocuments} ON ${searchDocuments.versionId} = ${versions.id}
      WHERE ${which}`),
    db
      .update(profiles)
      .set({ indexVersion: sql`CASE WHEN EXISTS ${document} THEN ${indexVersion} ELSE 0 END` })
      .where(which),
  ];
}

/** The ids of the profiles that match a condition, with each value of each facet. */
function facetRows(which: SQL): SQL {
  const latest = sql`${profiles} JOIN ${versions} ON ${versions.profileId} = ${profiles.id}
    AND ${versions.version} = ${profiles.latest}`;
  const rows = (facet: Facet, value: SQLWrapper, from: SQL = latest) =>
    sql`SELECT ${profiles.id}, ${sql.raw(`'${facet}'`)}, ${value} FROM ${from} WHERE ${which} AND ${value} IS NOT NULL`;
  const each = (list: SQL) => sql`${latest} JOIN json_each(${list}) AS each`;
  const value = sql`each.value`;
  const { manifest, variants } = versions;
  // The texts of a version: of its variants, or the only one.
  const digests = sql`SELECT ${versions.digest} UNION ALL
    SELECT variant.value ->> 'digest' FROM json_each(${variants}) AS variant`;
  const lines = sql`${latest}
    JOIN ${summaries} ON ${summaries.digest} IN (${digests})
      AND ${summaries.summaryVersion} = ${sql.raw(String(summaryVersion))}
    JOIN json_each(${summaries.text}, '$.profiles') AS profile
    JOIN json_each(profile.value, '$.lines') AS line ON line.value ->> 'severity' <> 'low'`;
  return sql.join(
    [
      rows('team', profiles.team, sql`${profiles}`),
      rows('image', value, each(sql`${profiles.images}`)),
      rows('tag', value, each(sql`${manifest} -> '$.tags'`)),
      rows(
        'grade',
        searchDocuments.grade,
        sql`${latest} JOIN ${searchDocuments} ON ${searchDocuments.versionId} = ${versions.id}`,
      ),
      rows('release', sql`coalesce(${variants} ->> '$[0].from', ${manifest} ->> 'abi')`),
      rows('permits', sql`line.value ->> 'topic'`, lines),
    ],
    sql` UNION `,
  );
}

/** The words of facets that are not in the search document. */
const addedWords = sql`coalesce((SELECT group_concat(' ' || ${sql.join(
  [
    sql`CASE ${profileFacets.facet} WHEN 'release' THEN ${facetWordSql('release', profileFacets.value)}`,
    sql`ELSE ${facetWordSql('permits', profileFacets.value)} END`,
  ],
  sql` `,
)}, '') FROM ${profileFacets}
  WHERE ${profileFacets.profileId} = ${profiles.id} AND ${profileFacets.facet} IN ('release', 'permits')), '')`;
