import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { searchSpellings } from './schema.ts';
import { isSpelt, spellingsOf, withinOneEdit } from './search-text.ts';

/** The maximum number of candidates for similar words, and of similar words in a search. */
const maxSpellings = 200;
const maxAlike = 16;

/** The indexed words within one edit of a word. */
export async function similarWords(db: Database, word: string): Promise<string[]> {
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
