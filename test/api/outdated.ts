import type { Database } from '../../db/database.ts';

/** Removes the search index from a database, as before its introduction. */
export async function outdate({ $client }: Database): Promise<void> {
  await $client.batch([
    'UPDATE profiles SET index_version = 0',
    'DELETE FROM search WHERE rowid IN (SELECT id FROM profiles)',
    'DELETE FROM search_documents',
    'DELETE FROM search_spellings',
  ]);
}
