import { randomUUID } from 'node:crypto';
import { constants, link, mkdir, open, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { acquireLock, type Lock } from '../../db/lock.ts';
import { generateNoteKey, type NoteKey, parseNoteSigner } from '../../trust/index.ts';

/** The data folder is unusable. */
export class DataError extends Error {}

/** The files of a data folder. */
export function dataFiles(folder: string) {
  return {
    database: join(folder, 'registry.db'),
    logKey: join(folder, 'log.key'),
    lock: join(folder, 'registry.lock'),
  };
}

/** The folder of a host's state, and the files by which it is recognised (see sdk/host/state.ts). */
const hostState = '/var/lib/aa-registry';
const hostFiles = ['installed', 'pending', 'kept', 'set-aside', 'sync.json'];

/**
 * Refuses the folder of a host's state, also before a host uses it: a data folder is private to its registry, while every user may read the host's
 * state. A folder that already contains a registry's database stays usable until a host uses it.
 */
async function refuseHostState(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    // mkdir reports other obstacles.
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [] as string[];
    throw new DataError(`the data folder ${folder} can't be read: ${error.message}`);
  });
  const isUsed = names.some((name) => hostFiles.includes(name));
  const hasData = names.includes('registry.db');
  if (!isUsed && (resolve(folder) !== hostState || hasData)) return;
  const what = isUsed
    ? `${folder} contains the installed state of a host`
    : `${folder} is the folder for the installed state of a host, which every user may read`;
  const move =
    hasData || names.includes('log.key') ? ', and move registry.db* and log.key there' : '';
  throw new DataError(
    `${what}; use another folder for the registry's data, such as /var/lib/aa-registry-server${move}`,
  );
}

/** Creates a data folder if absent and locks it: `shared` to serve it, `exclusive` to replace its contents. */
export async function lockData(folder: string, mode: 'shared' | 'exclusive'): Promise<Lock> {
  await refuseHostState(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = dataFiles(folder).lock;
  const acquired = ensurePrivate(path).then(() => acquireLock(path, mode));
  const lock = await acquired.catch((error: Error) => {
    const who = `user ${process.getuid?.()}`;
    throw new DataError(`the data folder ${folder} can't be used by ${who}: ${error.message}`);
  });
  if (lock) return lock;
  const who = mode === 'shared' ? 'is being restored' : 'is in use by a registry; stop it first';
  throw new DataError(`the data folder ${folder} ${who}`);
}

/** Creates a file if absent and limits it to its owner: a user who can open the lock file could block the registry. */
async function ensurePrivate(path: string): Promise<void> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  const file = await open(path, flags, 0o600);
  try {
    if (((await file.stat()).mode & 0o077) !== 0) await file.chmod(0o600);
  } finally {
    await file.close();
  }
}

/** Reads the log's key, if the file exists. Throws a {@link DataError} if it is malformed. */
export async function readLogKey(path: string): Promise<NoteKey | undefined> {
  const stored = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (stored === undefined) return undefined;
  const { mode } = await stat(path);
  // Group access is allowed: container volumes assign a group.
  if ((mode & 0o007) !== 0) {
    throw new DataError(
      `${path} is the log's private key and is readable by every user: run chmod 600 ${path}`,
    );
  }
  const key = await parseNoteSigner(stored.trim());
  if (!key) throw new DataError(`${path} is not a log key; restore it from a backup`);
  return key;
}

/**
 * Loads the log's key, creating it at the first start, readable by its owner only. It is never replaced. It is named after
 * the registry's public URL if there is one, since the host name may be that of a short-lived container.
 */
export async function loadLogKey(path: string, publicUrl?: string): Promise<NoteKey> {
  const stored = await readLogKey(path);
  if (stored) return stored;
  const name =
    publicUrl === undefined ? `${hostname()}/aa-registry` : `${new URL(publicUrl).host}/log`;
  const key = await generateNoteKey(name.replaceAll(/[\s+]/g, '-'));
  await writeLogKey(path, key.signer);
  return (await readLogKey(path)) ?? key;
}

/** Stores a log key, readable by its owner only, unless one exists. */
export async function writeLogKey(path: string, signer: string): Promise<void> {
  // Written completely and then linked: a crash leaves no partial key, and a concurrent process can't replace it.
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(`${signer}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(temporary);
  }
}
