// The search index: one row of the FTS5 table `search` for each profile, kept in the transactions that change
// what it says.
import { and, asc, eq, lt, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { capabilitiesOf, type Grade, gradeOf, lint, parse } from '../policy/index.ts';
import type { Digest, Manifest } from '../trust/index.ts';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import { contents, profiles, searchFacts, searchSpellings, versions } from './schema.ts';
import { plainWord, ruleWords, spellingsOf, wordsOf } from './search-text.ts';

/** Raised when the index is made otherwise: what an older one made is then made anew ({@link reindex}). */
const indexVersion = 1;

/** The statements that note what search has to know of a version which is being stored. */
export function noteVersion(
  db: Database,
  version: { name: string; digest: Digest; text: string; grade: Grade; manifest: Manifest },
): Statement[] {
  const { name, digest, text, grade, manifest } = version;
  const facts = {
    words: ruleWords(text).join(' '),
    capabilities: capabilitiesOf(parse(text).file),
    grade,
    indexVersion,
  };
  return [
    db
      .insert(searchFacts)
      .values({ digest, ...facts })
      .onConflictDoUpdate({ target: searchFacts.digest, set: facts }),
    noteSpellings(db, name, manifest),
  ];
}

function noteSpellings(db: Database, name: string, manifest: Manifest): Statement {
  const { description, images, tags = [] } = manifest;
  const words = new Set(wordsOf([name, description, ...images, ...tags].join(' ')));
  const spellings = [...words].flatMap((one) => {
    const word = plainWord(one);
    return word === undefined ? [] : spellingsOf(word).map((spelling) => [spelling, word]);
  });
  return db
    .insert(searchSpellings)
    .select(
      sql`SELECT value ->> 0, value ->> 1 FROM json_each(${JSON.stringify(spellings)}) WHERE true`,
    )
    .onConflictDoNothing();
}

/**
 * The statements that index a profile as it stands after those before them in the transaction. Where the text of
 * its latest version was not looked at yet, it is found by all else, and {@link reindex} sees to the rest.
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
  const facts = db
    .select({ found: sql`1` })
    .from(versions)
    .innerJoin(searchFacts, eq(searchFacts.digest, versions.digest))
    .where(
      and(
        eq(versions.profileId, profiles.id),
        eq(versions.version, profiles.latest),
        eq(searchFacts.indexVersion, indexVersion),
      ),
    );
  return [
    db.run(
      sql`DELETE FROM search WHERE rowid IN (SELECT ${profiles.id} FROM ${profiles} WHERE ${which})`,
    ),
    db.run(sql`
      INSERT INTO search (rowid, name, team, images, tags, description, rules, facets)
      SELECT ${profiles.id}, ${profiles.name}, ${profiles.team}, ${listed(profiles.images)},
        ${listed(tags)}, ${profiles.description}, coalesce(${searchFacts.words}, ''),
        ${facetList([
          facetOf('team', profiles.team),
          facetOf('name', profiles.name),
          facetOf('grade', searchFacts.grade),
          facetsOf('image', profiles.images),
          facetsOf('tag', tags),
          facetsOf('capability', searchFacts.capabilities),
        ])}
      FROM ${profiles}
      JOIN ${versions} ON ${versions.profileId} = ${profiles.id} AND ${versions.version} = ${profiles.latest}
      LEFT JOIN ${searchFacts} ON ${searchFacts.digest} = ${versions.digest}
      WHERE ${which}`),
    db
      .update(profiles)
      .set({ indexVersion: sql`CASE WHEN EXISTS ${facts} THEN ${indexVersion} ELSE 0 END` })
      .where(which),
  ];
}

const tags = sql`coalesce(${versions.manifest} -> 'tags', '[]')`;

function listed(json: SQLWrapper): SQL {
  return sql`(SELECT coalesce(group_concat(value, ' '), '') FROM json_each(${json}))`;
}

/** What profiles can be narrowed down by, and the letter that its values begin with in the index. */
const letters = {
  team: 't',
  name: 'n',
  grade: 'g',
  image: 'i',
  tag: 'k',
  capability: 'c',
} as const;
export type Facet = keyof typeof letters;

/** The index's word for a value of a facet: hexadecimal, so that every value is one word of its own. */
export function facetWord(facet: Facet, value: string): string {
  const bytes = new TextEncoder().encode(value);
  return `${letters[facet]}${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

function facetOf(facet: Facet, value: SQLWrapper): SQL {
  return sql`coalesce(${sql.raw(`'${letters[facet]}'`)} || hex(${value}), '')`;
}

function facetsOf(facet: Facet, json: SQLWrapper): SQL {
  const word = sql`${sql.raw(`'${letters[facet]}'`)} || hex(value)`;
  return sql`(SELECT coalesce(group_concat(${word}, ' '), '') FROM json_each(coalesce(${json}, '[]')))`;
}

function facetList(facets: SQL[]): SQL {
  return sql.join(facets, sql` || ' ' || `);
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
      digest: versions.digest,
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
