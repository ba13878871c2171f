import { resolve } from 'node:path';
import { createClient } from '@libsql/client/sqlite3';
import type { Database } from './database.ts';
import { fileUrl } from './file.ts';

/** A file that goes into a backup beside the database. */
export interface BackupFile {
  name: string;
  text: string;
}

/**
 * Writes the database as it stands at one moment into a new file, with `files` beside it, while others go on reading
 * and writing. Throws when the file exists.
 */
export async function writeBackup(db: Database, path: string, files: BackupFile[]): Promise<void> {
  await db.$client.execute({ sql: 'VACUUM INTO ?', args: [resolve(path)] });
  const copy = createClient({ url: fileUrl(path) });
  try {
    await copy.batch(
      [
        'CREATE TABLE backup_files (name TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL)',
        ...files.map(({ name, text }) => ({
          sql: 'INSERT INTO backup_files VALUES (?, ?)',
          args: [name, text],
        })),
      ],
      'write',
    );
  } finally {
    copy.close();
  }
}

/**
 * Makes a copy of a backup into a database again and returns the files that were beside it; `undefined` when it is no
 * backup, or damaged.
 */
export async function unpackBackup(path: string): Promise<BackupFile[] | undefined> {
  const copy = createClient({ url: fileUrl(path) });
  try {
    const { rows: damage } = await copy.execute('PRAGMA quick_check');
    if (damage.length !== 1 || damage[0]?.quick_check !== 'ok') return undefined;
    const { rows } = await copy.execute('SELECT name, text FROM backup_files');
    await copy.execute('DROP TABLE backup_files');
    return rows.map(({ name, text }) => ({ name: String(name), text: String(text) }));
  } catch {
    return undefined;
  } finally {
    copy.close();
  }
}
