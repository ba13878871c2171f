import { resolve } from 'node:path';
import { createClient } from '@libsql/client/sqlite3';
import { schemaDifferences } from './check/schema.ts';
import type { Database } from './database.ts';
import { fileUrl } from './file.ts';

/** A file in a backup besides the database. */
export interface BackupFile {
  name: string;
  text: string;
}

const filesTable = 'CREATE TABLE backup_files (name TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL)';

/**
 * Writes a snapshot of the database, with `files`, into a new file while others continue to read and write. Throws when
 * the file exists.
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

/** An unpacked backup: its files, or how its schema differs. */
export type Unpacked = { ok: true; files: BackupFile[] } | { ok: false; differences: string[] };

/**
 * Turns a copy of a backup back into a database; `undefined` when it is damaged or not a backup. The file is not trusted:
 * its schema is checked first, and nothing is changed unless it is the one that migrations make.
 */
export async function unpackBackup(path: string): Promise<Unpacked | undefined> {
  const copy = createClient({ url: fileUrl(path) });
  try {
    // The schema may not call functions with side effects (sqlite.org/pragma.html#pragma_trusted_schema).
    await copy.execute('PRAGMA trusted_schema = OFF');
    const { rows: tables } = await copy.execute(
      "SELECT 1 FROM sqlite_schema WHERE name = 'backup_files'",
    );
    if (tables.length === 0) return undefined;
    const differences = await schemaDifferences(copy, [filesTable]);
    if (differences.length > 0) return { ok: false, differences };
    // The full check: a forged index could make one token look like another.
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
