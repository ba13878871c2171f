// The search index: one row of the FTS5 table `search` for each profile, kept in the transactions that change
// what it says. A row is a set of words, each with a mark of what it is about, so that whatever a search asks for
// is a list of rows that the index has ready: filtering by FTS5's columns would go through all that have a word.
import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { Grade } from '../policy/index.ts';
import type { Manifest } from '../trust/index.ts';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import { profiles, searchDocuments, searchSpellings, versions } from './schema.ts';
import { isSpelt, spellingsOf, wordsOf } from './search-text.ts';

/** The version of the index. Raise it when its contents change: entries of older versions are rebuilt (analyses.ts). */
export const indexVersion = 2;

/** How many words of what a publisher says of a profile are found when they are misspelt. */
const maxSpeltWords = 200;

/** A version, as search sees it. */
export interface Indexed {
  team: string;
  name: string;
  version: string;
  manifest: Manifest;
  /** The words of the index (`documentOf`). */
  words: string;
  grade: Grade;
}

/** The statements that note what a version which has been stored is found by. */
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
 * The statements that index a profile as it stands after those before them in the transaction. Where its latest
 * version was not looked at yet, the background job does so soon (analyses.ts).
 */
export function indexProfile(
  db: Database,
  team: string,
  name: string,
): [Statement, ...Statement[]] {
  return indexProfiles(db, sql`${profiles.team} = ${team} AND ${profiles.name} = ${name}`);
}

/** As {@link indexProfile}, of all profiles that a condition is true of. */
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
    db.run(sql`INSERT INTO search (rowid, words) SELECT ${profiles.id}, ${searchDocuments.words}
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
