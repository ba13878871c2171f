import { createClient, LibsqlError } from '@libsql/client/sqlite3';
import { fileUrl, makePrivate } from './file.ts';

/** A lock that is held; the system takes it back from a process that dies. */
export interface Lock {
  release: () => Promise<void>;
}

/** How long another process may take with the lock file itself, in milliseconds. */
const timeout = 200;

/**
 * Locks a file, which is made when it is absent: `shared` with others who share it, or `exclusive`; `undefined` when
 * somebody else holds it otherwise. SQLite's own locks on an otherwise unused database do it: Node has none.
 */
export async function acquireLock(
  path: string,
  mode: 'shared' | 'exclusive',
): Promise<Lock | undefined> {
  // A file that can be read can be locked.
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
