import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { unpackBackup, writeBackup } from '../../db/backup.ts';
import { type Base, findBase, putBase } from '../../db/bases.ts';
import { checkDatabase, type DifferenceId } from '../../db/check/index.ts';
import { valueDifferences } from '../../db/check/values.ts';
import type { Database } from '../../db/database.ts';
import { readLogHead } from '../../db/log.ts';
import { migrate } from '../../db/migrate.ts';
import { openFile } from '../../db/node.ts';
import { listAdminTokens } from '../../db/tokens.ts';
import { listAdministrators } from '../../db/users.ts';
import { openRemote } from '../../db/web.ts';
import { sha256 } from '../../trust/index.ts';
import {
  type NoteKey,
  openNote,
  parseNoteSigner,
  parseNoteVerifier,
} from '../../trust/log/index.ts';
import { DataError, dataFiles, lockData, readLogKey, writeLogKey } from './data.ts';

export { DataError } from './data.ts';

/** Backs up a data folder into a new file, readable by its owner only. */
export async function backUp({
  folder,
  file,
  withLogKey,
  force,
}: {
  folder: string;
  file: string;
  withLogKey: boolean;
  force: boolean;
}): Promise<{ entries: number; bytes: number }> {
  const files = dataFiles(folder);
  const db = await openExisting(files.database);
  const temporary = join(dirname(file), `.${basename(file)}.${randomUUID()}.tmp`);
  try {
    if (!force && (await exists(file)))
      throw new DataError(`${file} already exists; use --force to replace it`);
    const key = withLogKey ? await readLogKey(files.logKey) : undefined;
    if (withLogKey && !key) throw new DataError(`the log key ${files.logKey} does not exist`);
    // Created first with its final permissions, so that no other user can ever read it.
    await (await open(temporary, 'wx', 0o600)).close();
    await writeBackup(db, temporary, key ? [{ name: 'log.key', text: key.signer }] : []);
    const entries = await countEntries(temporary);
    await sync(temporary);
    await rename(temporary, file);
    await sync(dirname(file));
    return { entries, bytes: (await stat(file)).size };
  } finally {
    db.$client.close();
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      await rm(`${temporary}${suffix}`, { force: true });
    }
  }
}

/** The result of a restore. */
export interface Restored {
  entries: number;
  /** The number of entries that only the replaced log had. */
  lost: number;
  /** The path to which the replaced database was moved. */
  previous: string | undefined;
  /** The administrators in the backup, which the log does not prove: its author chose them. */
  administrators: Administrators;
}

export interface Administrators {
  users: string[];
  tokens: { id: number; label: string; user: string | null; createdAt: string }[];
}

/**
 * Restores a data folder's database, and its log key if the backup contains it. The backup is checked before anything is
 * changed; replaced files are renamed.
 */
export async function restore({
  folder,
  file,
  replace,
}: {
  folder: string;
  file: string;
  replace: boolean;
}): Promise<Restored> {
  if (!(await exists(file))) throw new DataError(`the backup ${file} does not exist`);
  const files = dataFiles(folder);
  const lock = await lockData(folder, 'exclusive');
  const temporary = `${files.database}.restored`;
  try {
    const present = await exists(files.database);
    if (present && !replace) {
      throw new DataError(
        `${files.database} already exists; use --yes to replace it with the backup`,
      );
    }
    await copyPrivately(file, temporary);
    const unpacked = await unpackBackup(temporary);
    if (!unpacked) throw new DataError(`${file} is not a backup of a registry, or is damaged`);
    if (!unpacked.ok) {
      const { differences } = unpacked;
      const [first] = differences;
      const more =
        differences.length > 1 ? ` (and ${differences.length - 1} more differences)` : '';
      throw new DataError(
        `${file} does not have the schema of a registry: ${first}${more}; nothing was restored`,
      );
    }
    const packedKey = unpacked.files.find(({ name }) => name === 'log.key')?.text;
    const key = await chooseLogKey(files.logKey, packedKey, replace);
    const { entries, administrators } = await prepare(temporary, key);
    const lost = present ? (await countEntries(files.database).catch(() => 0)) - entries : 0;

    await sync(temporary);
    let previous: string | undefined;
    if (present) {
      previous = `${files.database}.replaced-${new Date().toISOString().replaceAll(':', '')}`;
      // With its write-ahead log, which must have the same name.
      for (const suffix of ['-wal', '-shm', '']) {
        await rename(`${files.database}${suffix}`, `${previous}${suffix}`).catch(ignoreAbsent);
      }
    }
    await rename(temporary, files.database);
    if (packedKey !== undefined) {
      const other = (await readLogKey(files.logKey).catch(() => undefined))?.signer !== packedKey;
      if (other) {
        await rename(files.logKey, `${files.logKey}.replaced`).catch(ignoreAbsent);
        await writeLogKey(files.logKey, packedKey);
      }
    }
    await sync(folder);
    return { entries, lost: Math.max(0, lost), previous, administrators };
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      await rm(`${temporary}${suffix}`, { force: true });
    }
    await lock.release();
  }
}

/** The key of the restored log: the backup's, or the existing one. */
async function chooseLogKey(
  path: string,
  packed: string | undefined,
  replace: boolean,
): Promise<NoteKey> {
  const present = await readLogKey(path);
  if (packed === undefined) {
    if (present) return present;
    throw new DataError(
      `the backup does not contain the log's key, and ${path} does not exist: restore that file first`,
    );
  }
  const key = await parseNoteSigner(packed);
  if (!key) throw new DataError('the log key in the backup is damaged');
  if (present && present.signer !== key.signer && !replace) {
    throw new DataError(
      `${path} is the key of another log; use --yes to replace it with the key in the backup`,
    );
  }
  return key;
}

/** Brings a restored database to the current schema and checks that `key` has signed its log. */
async function prepare(
  path: string,
  key: NoteKey,
): Promise<Pick<Restored, 'entries' | 'administrators'>> {
  const db = await openFile(path);
  try {
    await migrate(db);
    const [malformed] = await valueDifferences(db);
    if (malformed !== undefined) {
      throw new DataError(`the backup contains malformed values (${malformed})`);
    }
    const { frontier, checkpoint } = await readLogHead(db);
    if (checkpoint !== '' && !(await openNote(checkpoint, [key])).ok) {
      throw new DataError(`the log in the backup was not signed with the key ${key.name}`);
    }
    const [users, tokens] = [await listAdministrators(db), await listAdminTokens(db, new Date())];
    await db.$client.execute('PRAGMA wal_checkpoint(TRUNCATE)');
    const shown = tokens.map(({ id, label, user, createdAt }) => ({ id, label, user, createdAt }));
    return { entries: frontier.size, administrators: { users, tokens: shown } };
  } finally {
    db.$client.close();
  }
}

/**
 * Makes a base policy the current one of its release in a data folder, also while a registry serves it. `text` is the
 * content as contract/base.ts encodes it. Returns the current one, and whether that changed.
 */
export async function importBase(
  folder: string,
  { text, ...about }: Pick<Base, 'release' | 'files' | 'bytes'> & { text: string },
): Promise<{ base: Base; changed: boolean }> {
  const db = await openExisting(dataFiles(folder).database);
  try {
    // The registry may not have been started since it was updated.
    await migrate(db);
    const digest = await sha256(new TextEncoder().encode(text));
    const base = { ...about, digest, createdAt: new Date().toISOString() };
    const changed = await putBase(db, { ...base, text });
    return { base: (changed ? undefined : await findBase(db, about.release)) ?? base, changed };
  } finally {
    db.$client.close();
  }
}

/** Verifies a data folder's database, or a remote one, against its log. */
export async function check({
  folder,
  remote,
  authToken,
  verifier,
  report,
  progress,
}: {
  folder: string;
  remote: string | undefined;
  authToken: string | undefined;
  verifier: string | undefined;
  report: (id: DifferenceId, detail: string) => void;
  progress: (what: string, count: number) => void;
}): Promise<{ entries: number; signed: boolean }> {
  const files = dataFiles(folder);
  const named = verifier === undefined ? undefined : await parseNoteVerifier(verifier);
  if (verifier !== undefined && !named) throw new DataError(`"${verifier}" is not a verifier key`);
  const key = named ?? (remote === undefined ? await readLogKey(files.logKey) : undefined);
  const db =
    remote === undefined ? await openExisting(files.database) : openRemote(remote, authToken);
  try {
    const entries = await checkDatabase(db, { key, report, progress });
    return { entries, signed: key !== undefined };
  } finally {
    db.$client.close();
  }
}

async function openExisting(path: string): Promise<Database> {
  if (!(await exists(path)))
    throw new DataError(
      `the database ${path} does not exist; use --data to select the registry’s folder`,
    );
  return openFile(path);
}

async function countEntries(path: string): Promise<number> {
  const db = await openFile(path);
  try {
    return (await readLogHead(db)).frontier.size;
  } finally {
    db.$client.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

/** Copies a file into a new one with mode 0600; copyFile would copy the mode. */
async function copyPrivately(from: string, to: string): Promise<void> {
  await rm(to, { force: true });
  const source = await open(from, 'r');
  try {
    if (!(await source.stat()).isFile()) throw new DataError(`${from} is not a regular file`);
    const copy = await open(to, 'wx', 0o600);
    await pipeline(source.createReadStream(), copy.createWriteStream());
  } finally {
    await source.close();
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
