import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readlink,
  realpath,
  rename,
  stat,
  unlink,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SdkError } from './error.ts';
import { Place, readText, type StagedFile, write } from './host/tree.ts';

// Files that the user names. What is below a system's root is opened by host/tree.ts alone.

const { O_RDONLY, O_WRONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;

/** The largest file of configuration that is read, in bytes. */
const maxConfiguration = 1024 * 1024;

/** What `work` gives; `undefined` when there is no such file. ENOTDIR: as below a HOME that is /dev/null. */
export async function ifPresent<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Whether there is something at a path, behind links too. */
export async function isPresent(path: string): Promise<boolean> {
  return (await ifPresent(stat(path))) !== undefined;
}

/**
 * All of a file that a user names, of at most `limit` bytes. A pipe that this process was given, as by `<(…)` or as
 * /dev/stdin, is read to its end. A FIFO or a socket with a name is refused: it could keep a command waiting for ever.
 * Throws an {@link SdkError} for these and for what is too large, and the system's error for the rest.
 *
 * @param check called with what the file is before it is read; throws for one that must not be read
 */
export async function readBounded(
  path: string,
  limit: number,
  check: (stats: Stats) => void = () => {},
): Promise<Buffer<ArrayBuffer>> {
  const file = await openReadable(path);
  try {
    check(await file.stat());
    return await readAll(file, path, limit);
  } finally {
    await file.close();
  }
}

/** Opens a file that a user names, as {@link readBounded} does. */
export function openReadable(path: string): Promise<FileHandle> {
  return openUnlessNamedPipe(path, O_RDONLY);
}

/**
 * Opens a file to read or write it. Sockets and named FIFOs are refused immediately: opening a FIFO would wait for its
 * other end.
 * An unnamed pipe has one, so that opening it again, to wait for data, does not block.
 */
async function openUnlessNamedPipe(path: string, access: number): Promise<FileHandle> {
  const file = await open(path, access | O_NONBLOCK | O_NOCTTY).catch(
    (error: NodeJS.ErrnoException) => {
      // A socket, or a FIFO without a reader.
      if (error.code === 'ENXIO') throw notRegular(path);
      throw error;
    },
  );
  let reopened: FileHandle | undefined;
  try {
    if (!(await file.stat()).isFIFO()) return file;
    const target = await readlink(`/proc/self/fd/${file.fd}`).catch(() => '');
    if (!target.startsWith('pipe:')) throw notRegular(path);
    reopened = await open(path, access);
    return reopened;
  } catch (error) {
    await file.close();
    throw error;
  } finally {
    if (reopened) await file.close();
  }
}

/** Throws an {@link SdkError} unless `path` is a regular file or nothing at all. */
export async function requireRegularFile(path: string): Promise<void> {
  const found = await ifPresent(stat(path));
  if (found && !found.isFile()) throw notRegular(path);
}

function notRegular(path: string): SdkError {
  return new SdkError('file-unusable', `${path} is no regular file`);
}

/** A regular file without other names, and what it was when it was read. */
interface OwnFile {
  bytes: Buffer<ArrayBuffer>;
  stats: Stats;
}

/**
 * Reads a regular file without other names. No link is followed, and nothing else is opened. Returns `undefined` when
 * there is no such file.
 *
 * @param name what messages call the file
 */
async function readOwn(path: string, limit: number, name: string): Promise<OwnFile | undefined> {
  // Before it is opened: opening a device or a FIFO can have effects.
  const found = await ifPresent(lstat(path));
  if (!found) return undefined;
  if (found.isSymbolicLink()) {
    throw new SdkError('file-unusable', `${name} is a link, which is not followed`);
  }
  if (!found.isFile()) throw notRegular(name);
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw notRegular(name);
    if (stats.nlink > 1) {
      const reason = `${name} is a hard link to a file that has another name too`;
      throw new SdkError('file-unusable', reason);
    }
    return { bytes: await readAll(file, name, limit), stats };
  } finally {
    await file.close();
  }
}

/** The bytes of a regular file without other names; `undefined` when there is none. See {@link replaceFile}. */
export async function readOwnFile(
  path: string,
  limit: number,
): Promise<Buffer<ArrayBuffer> | undefined> {
  return (await readOwn(path, limit, path))?.bytes;
}

/**
 * Replaces a file's contents, atomically, if they still are `before`; keeps its owner and permissions. Throws an
 * {@link SdkError} for a link, anything but a regular file, and other contents.
 *
 * The folder is opened once, and all steps are relative to it (`/proc/self/fd/N/name` stands for openat(2)). Otherwise
 * the owner of a folder on the way could exchange it for a link in between, and root would write elsewhere.
 */
export async function replaceFile(
  path: string,
  before: Uint8Array,
  after: Uint8Array,
): Promise<void> {
  const folder = await open(dirname(path), O_RDONLY | O_DIRECTORY);
  try {
    const held = `/proc/self/fd/${folder.fd}`;
    // Only Linux has it.
    const at = (await ifPresent(stat(held))) ? held : dirname(path);
    const file = join(at, basename(path));
    const found = await readOwn(file, before.length, path).catch((error: unknown) => {
      if (error instanceof TooLarge) return undefined;
      throw error;
    });
    if (!found?.bytes.equals(before)) {
      throw new SdkError('file-unusable', `${path} has changed meanwhile and was left alone`);
    }
    const staged = join(at, `.${basename(path)}.${randomUUID()}.tmp`);
    await writeNew(staged, after, found.stats.mode & 0o777, {
      ignoreUmask: true,
      owner: found.stats,
    });
    try {
      await rename(staged, file);
    } catch (error) {
      await unlink(staged).catch(() => {});
      throw error;
    }
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A file exceeds its limit. */
class TooLarge extends SdkError {}

/** Adds the path to an error of the system's: Node says of an open file only which call failed. */
function withPath(error: unknown, path: string): unknown {
  return error instanceof Error && 'syscall' in error && !('path' in error)
    ? Object.assign(error, { path })
    : error;
}

async function readAll(
  file: FileHandle,
  path: string,
  limit: number,
): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await file
      .read(Buffer.allocUnsafe(64 * 1024), 0, 64 * 1024)
      .catch((error: unknown) => {
        throw withPath(error, path);
      });
    if (bytesRead === 0) return Buffer.concat(chunks);
    length += bytesRead;
    if (length > limit) {
      throw new TooLarge('file-unusable', `${path} has more than ${limit} bytes`);
    }
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

/** The text of a file of configuration; `undefined` when there is none. Throws as {@link readBounded}. */
export async function readTextIfPresent(
  path: string | Place,
  check?: (stats: Stats) => void,
): Promise<string | undefined> {
  if (path instanceof Place) return readText(path, maxConfiguration);
  return (await ifPresent(readBounded(path, maxConfiguration, check)))?.toString('utf8');
}

/** A file's owner and group. */
interface Owner {
  uid: number;
  gid: number;
}

/**
 * Sets a file's owner as far as this process may. Without root it can't give files away, and can set only groups of its
 * own.
 */
async function setOwner(file: FileHandle, { uid, gid }: Owner): Promise<void> {
  const now = await file.stat();
  if (now.uid === uid && now.gid === gid) return;
  if (!(await mayChown(file, uid, gid))) await mayChown(file, now.uid, gid);
}

async function mayChown(file: FileHandle, uid: number, gid: number): Promise<boolean> {
  try {
    await file.chown(uid, gid);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return false;
    throw error;
  }
}

/**
 * Writes a file that must not exist yet, so that it survives a power cut. Throws EEXIST when it does.
 *
 * @param owner its owner and group, as far as this process may set them
 * @param target the file that it is for, in messages
 */
export async function writeNew(
  path: string,
  data: Uint8Array | string,
  mode: number,
  {
    ignoreUmask = false,
    owner,
    target = path,
  }: { ignoreUmask?: boolean; owner?: Owner | undefined; target?: string } = {},
): Promise<void> {
  // 'wx' neither follows nor replaces anything that somebody put there first.
  const file = await open(path, 'wx', mode).catch(async (error: NodeJS.ErrnoException) => {
    // As in /proc, which is there and takes no new files.
    if (error.code === 'ENOENT' && (await ifPresent(stat(dirname(path))))) {
      throw new SdkError('file-unusable', `${target} can't be created`);
    }
    throw error;
  });
  try {
    await file.writeFile(data);
    if (owner) await setOwner(file, owner);
    if (ignoreUmask) await file.chmod(mode);
    await file.sync();
  } catch (error) {
    await unlink(path);
    throw withPath(error, path);
  } finally {
    await file.close();
  }
}

/** Stages `data` for `path` with these permissions. An absent folder is created. */
async function stageFile(
  path: string,
  data: Uint8Array | string,
  mode: number,
): Promise<StagedFile> {
  const folder = dirname(path);
  // Others may never write there, whatever the umask says.
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const staged = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  await writeNew(staged, data, mode, { ignoreUmask: true, target: path });
  return {
    path: staged,
    discard: () => unlink(staged),
    commit: async () => {
      await rename(staged, path);
      await syncFolder(folder);
    },
  };
}

/** Writes a file whole or not at all: a reader of `path` sees the old data or the new. */
export async function writeFileAtomically(
  path: string | Place,
  data: Uint8Array | string,
  mode: number,
): Promise<void> {
  if (path instanceof Place) return write(path, data, mode);
  const staged = await stageFile(path, data, mode);
  try {
    await staged.commit();
  } catch (error) {
    await staged.discard().catch(() => {});
    throw error;
  }
}

/** Makes what was renamed, linked or removed in a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Writes a command's output to `path`, atomically; through a link to its target. A device or an unnamed pipe, such as
 * /dev/stdout, is written to and never replaced; a FIFO is refused. A folder that does not exist is an error: it is more
 * likely a typing mistake than meant. As with a shell's `>`, the user's own file keeps its permissions, and a new one
 * gets those that the umask leaves; so does one that another user has prepared.
 */
export async function writeOutput(path: string, data: Uint8Array | string): Promise<void> {
  const found = await ifPresent(stat(path));
  const mode = 0o666 & ~process.umask();
  if (!found) {
    await stat(dirname(path));
    return writeFileAtomically(path, data, mode);
  }
  await requireOwnLinks(path);
  if (!found.isFile()) return writeToOpen(path, data);
  const isOwn = found.uid === process.geteuid?.();
  await writeFileAtomically(await realpath(path), data, isOwn ? found.mode & 0o777 : mode);
}

/** Writes to a device or an unnamed pipe. */
async function writeToOpen(path: string, data: Uint8Array | string): Promise<void> {
  const file = await openUnlessNamedPipe(path, O_WRONLY);
  try {
    await file.writeFile(data);
  } finally {
    await file.close();
  }
}

/** The file that a path leads to. Refuses other users' links as {@link requireOwnLinks} does. */
export async function followLink(path: string): Promise<string> {
  await requireOwnLinks(path);
  return (await lstat(path)).isSymbolicLink() ? realpath(path) : path;
}

/** The maximum number of links that lead on from one another, as in the kernel. */
const maxLinks = 40;

/**
 * Refuses a path that is another user's link, or leads to one, in a sticky folder that all may write to, such as /tmp.
 * The kernel does so with fs.protected_symlinks (proc_sys_fs(5)) for programs that open the link itself.
 */
async function requireOwnLinks(path: string): Promise<void> {
  let at = path;
  for (let links = 0; links < maxLinks; links++) {
    // What a link of /proc says, such as pipe:[1], is no path.
    const link = await ifPresent(lstat(at));
    if (!link?.isSymbolicLink()) return;
    const folder = await stat(dirname(at));
    const isShared = (folder.mode & 0o1002) === 0o1002;
    if (isShared && link.uid !== process.geteuid?.() && link.uid !== folder.uid) {
      const reason = `${at} is another user's link in a folder that all may write to`;
      throw new SdkError('file-unusable', reason);
    }
    at = resolve(await realpath(dirname(at)), await readlink(at));
  }
}
