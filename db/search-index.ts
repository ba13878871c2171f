// The search index: one row of the FTS5 table `search` for each profile, kept in the transactions that change
// what it says. A row is a set of words, each with a mark of what it is about, so that whatever a search asks for
// is a list of rows that the index has ready: filtering by FTS5's columns would go through all that have a word.
import { and, asc, eq, lt, type SQL, sql } from 'drizzle-orm';
import { capabilitiesOf, type Grade, gradeOf, lint, parse } from '../policy/index.ts';
import type { Manifest } from '../trust/index.ts';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import { contents, profiles, searchDocuments, searchSpellings, versions } from './schema.ts';
import { isSpelt, ruleWords, spellingsOf, wordsOf } from './search-text.ts';

/** Raised when the index is made otherwise: what an older one made is then made anew ({@link reindex}). */
export const indexVersion = 2;

/** Where words are found: in the name, or in its surroundings, or in the description too, or anywhere. */
export const scopes = [1, 2, 3, 4] as const;

/** The index's word for a word in a scope. */
export const scopedWord = (scope: (typeof scopes)[number], word: string) => `${scope}${word}`;

/** What profiles can be narrowed down by, and the letter that its values begin with in the index. */
const letters = { team: 't', name: 'n', grade: 'g', image: 'i', tag: 'k', capability: 'c' };

/** The index's word for a value of a facet: hexadecimal, so that every value is one word of its own. */
export function facetWord(facet: keyof typeof letters, value: string): string {
  const bytes = [...new TextEncoder().encode(value)];
  return `f${letters[facet]}${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** A version, as search sees it. */
interface Indexed {
  team: string;
  name: string;
  version: string;
  text: string;
  grade: Grade;
  manifest: Manifest;
}

/** The words of the index for a version. */
function documentOf({ team, name, text, grade, manifest }: Indexed): string {
  const { description, images, tags = [] } = manifest;
  const fields = [
    wordsOf(name),
    wordsOf([team, ...images, ...tags].join(' ')),
    wordsOf(description),
    ruleWords(text),
  ];
  const words = fields.flatMap((field, at) =>
    scopes.slice(at).flatMap((scope) => field.map((word) => scopedWord(scope, word))),
  );
  const facets = [
    facetWord('team', team),
    facetWord('name', name),
    facetWord('grade', grade),
    ...images.map((image) => facetWord('image', image)),
    ...tags.map((tag) => facetWord('tag', tag)),
    ...capabilitiesOf(parse(text).file).map((capability) => facetWord('capability', capability)),
  ];
  return [...new Set([...words, ...facets])].join(' ');
}

/** The statements that note what a version which has been stored is found by. */
export function noteVersion(db: Database, indexed: Indexed): Statement[] {
  const { team, name, version, grade } = indexed;
  const document = { words: documentOf(indexed), grade, indexVersion };
  const versionId = sql`(SELECT ${versions.id} FROM ${versions} JOIN ${profiles}
    ON ${profiles.id} = ${versions.profileId} WHERE ${profiles.team} = ${team}
    AND ${profiles.name} = ${name} AND ${versions.version} = ${version})`;
  return [
    db
      .insert(searchDocuments)
      .values({ versionId, ...document })
      .onConflictDoUpdate({ target: searchDocuments.versionId, set: document }),
    noteSpellings(db, indexed),
  ];
}

function noteSpellings(db: Database, { name, manifest }: Indexed): Statement {
  const { description, images, tags = [] } = manifest;
  const words = new Set(wordsOf([name, description, ...images, ...tags].join(' ')));
  const spellings = [...words]
    .filter(isSpelt)
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
 * version was not looked at yet, {@link reindex} does so soon.
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

/**
 * Indexes up to `limit` of the profiles whose index is out of date, each in a transaction of its own; how many
 * it saw to. Everything else goes on meanwhile, and ending half way loses nothing.
 */
export async function reindex(db: Database, limit: number): Promise<number> {
  const stale = await db
    .select({
      team: profiles.team,
      name: profiles.name,
      manifest: versions.manifest,
      version: versions.version,
      text: contents.text,
    })
    .from(profiles)
    .innerJoin(
      versions,
      and(eq(versions.profileId, profiles.id), eq(versions.version, profiles.latest)),
    )
    .innerJoin(contents, eq(contents.digest, versions.digest))
    .where(lt(profiles.indexVersion, indexVersion))
    .orderBy(asc(profiles.indexVersion))
    .limit(limit);
  for (const profile of stale) {
    const { team, name, text } = profile;
    const grade = gradeOf(lint(text, { packageName: name }).diagnostics);
    const statements = [...noteVersion(db, { ...profile, grade }), ...indexProfile(db, team, name)];
    await db.batch(statements as [Statement, ...Statement[]]);
    // A moment for whoever waits for an answer: lint may take a while.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return stale.length;
}
