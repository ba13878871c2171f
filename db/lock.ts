import { createClient, LibsqlError } from '@libsql/client/sqlite3';
import { fileUrl, makePrivate } from './file.ts';

/** A held lock; the system releases it when the process dies. */
export interface Lock {
  release: () => Promise<void>;
}

/** How long to wait for another process's access to the lock file, in milliseconds. */
const timeout = 200;

/**
 * Locks a file, creating it if absent, `shared` or `exclusive`; returns `undefined` when another process holds a
 * conflicting lock. It uses SQLite's locks on an otherwise unused database, because Node has no file locks.
 */
export async function acquireLock(
  path: string,
  mode: 'shared' | 'exclusive',
): Promise<Lock | undefined> {
  // Any user who can open the file could lock it and block the registry.
  await makePrivate(path);
  const client = createClient({ url: fileUrl(path), timeout });
  try {
    if (mode === 'shared') {
      // Reading in a transaction that does not end keeps writers out.
      const transaction = await client.transaction('deferred');
      await transaction.execute('SELECT count(*) FROM sqlite_schema');
      return {
        release: async () => {
          await transaction.rollback();
          client.close();
        },
      };
    }
    // The first write takes the lock, and the mode keeps it until the connection is closed.
    await client.execute('PRAGMA locking_mode = EXCLUSIVE');
    await client.batch(
      [
        'CREATE TABLE IF NOT EXISTS held (at TEXT)',
        'DELETE FROM held',
        "INSERT INTO held VALUES ('')",
      ],
      'write',
    );
    return { release: async () => client.close() };
  } catch (error) {
    client.close();
    if (error instanceof LibsqlError && error.code.startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
}
