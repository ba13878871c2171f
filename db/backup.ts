import { resolve } from 'node:path';
import { createClient } from '@libsql/client/sqlite3';
import { schemaDifferences } from './check/schema.ts';
import type { Database } from './database.ts';
import { fileUrl } from './file.ts';

/** A file that goes into a backup beside the database. */
export interface BackupFile {
  name: string;
  text: string;
}

const filesTable = 'CREATE TABLE backup_files (name TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL)';

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
        filesTable,
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

/** What a copy of a backup is: a database again, with the files that were beside it; or one with another schema. */
export type Unpacked = { ok: true; files: BackupFile[] } | { ok: false; differences: string[] };

/**
 * Makes a copy of a backup into a database again; `undefined` when it is no backup, or damaged. Whoever had the file
 * may have put anything into it: its schema is looked at before anything else is read, and nothing of it is changed
 * when that is not the one that migrations make.
 */
export async function unpackBackup(path: string): Promise<Unpacked | undefined> {
  const copy = createClient({ url: fileUrl(path) });
  try {
    // Nothing in the schema may call what is for statements alone (sqlite.org/pragma.html#pragma_trusted_schema).
    await copy.execute('PRAGMA trusted_schema = OFF');
    const { rows: tables } = await copy.execute(
      "SELECT 1 FROM sqlite_schema WHERE name = 'backup_files'",
    );
    if (tables.length === 0) return undefined;
    const differences = await schemaDifferences(copy, [filesTable]);
    if (differences.length > 0) return { ok: false, differences };
    // All of it: an index that leads elsewhere than its table makes one token another's.
    const { rows: damage } = await copy.execute('PRAGMA integrity_check');
    if (damage.length !== 1 || damage[0]?.integrity_check !== 'ok') return undefined;
    const { rows } = await copy.execute('SELECT name, text FROM backup_files');
    await copy.execute('DROP TABLE backup_files');
    return {
      ok: true,
      files: rows.map(({ name, text }) => ({ name: String(name), text: String(text) })),
    };
  } catch {
    return undefined;
  } finally {
    copy.close();
  }
}
