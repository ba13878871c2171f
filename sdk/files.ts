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

// Files that the user names. Files below a system's root are opened by host/tree.ts only.

const { O_RDONLY, O_WRONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;

/** The maximum size of a configuration file, in bytes. */
const maxConfiguration = 1024 * 1024;

/** The result of `work`; `undefined` if the file does not exist. ENOTDIR: below a HOME such as /dev/null. */
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
 * Reads a file that a user names, at most `limit` bytes. An unnamed pipe, such as `<(…)` or /dev/stdin, is read to its
 * end. A named FIFO or a socket is refused, since it could block forever. Throws an {@link SdkError} for these and for
 * files that are too large, and the system's error otherwise.
 *
 * @param check called with the file's stats before it is read; throws to refuse the file
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
 * Opens a file for reading or writing. Refuses sockets and named FIFOs immediately, as opening a FIFO would block until
 * its other end is open. An unnamed pipe is already open at both ends, so reopening it in blocking mode does not wait.
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

/** Throws an {@link SdkError} unless `path` is a regular file or does not exist. */
export async function requireRegularFile(path: string): Promise<void> {
  const found = await ifPresent(stat(path));
  if (found && !found.isFile()) throw notRegular(path);
}

function notRegular(path: string): SdkError {
  return new SdkError('file-unusable', `${path} is not a regular file`);
}

/** A regular file, and its stats when it was read. */
interface OwnFile {
  bytes: Buffer<ArrayBuffer>;
  stats: Stats;
}

/**
 * Reads a regular file. Follows no link and opens nothing else. Returns `undefined` if the file does not exist.
 *
 * @param name the file's name in messages
 */
async function readRegular(
  path: string,
  limit: number,
  name: string,
): Promise<OwnFile | undefined> {
  // Checked before opening, since opening a device or a FIFO can have effects.
  const found = await ifPresent(lstat(path));
  if (!found) return undefined;
  if (found.isSymbolicLink()) {
    throw new SdkError('file-unusable', `${name} is a symbolic link; links are not followed here`);
  }
  if (!found.isFile()) throw notRegular(name);
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw notRegular(name);
    return { bytes: await readAll(file, name, limit), stats };
  } finally {
    await file.close();
  }
}

/** As {@link readRegular}, for a file that has no other names. */
async function readOwn(path: string, limit: number, name: string): Promise<OwnFile | undefined> {
  const found = await readRegular(path, limit, name);
  if (found === undefined || found.stats.nlink === 1) return found;
  throw new SdkError('file-unusable', `${name} has more than one hard link`);
}

/**
 * The bytes of a regular file in a folder that a stranger may have made; `undefined` if it does not exist. Follows no link,
 * and opens nothing else: opening a device can have effects.
 */
export async function readRegularFile(
  path: string,
  limit: number,
): Promise<Buffer<ArrayBuffer> | undefined> {
  return (await readRegular(path, limit, path))?.bytes;
}

/** The bytes of a regular file that has no other names; `undefined` if it does not exist. See {@link replaceFile}. */
export async function readOwnFile(
  path: string,
  limit: number,
): Promise<Buffer<ArrayBuffer> | undefined> {
  return (await readOwn(path, limit, path))?.bytes;
}

/**
 * Replaces a file's contents atomically if they still equal `before`; preserves its owner and permissions. Throws an
 * {@link SdkError} for a link, anything but a regular file, and changed contents.
 *
 * The folder is opened once, and all steps are relative to it (`/proc/self/fd/N/name` stands for openat(2)). Otherwise
 * the owner of a folder on the path could replace it with a link in between, and root would write elsewhere.
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
      throw new SdkError(
        'file-unusable',
        `${path} was changed by another program in the meantime; it was not overwritten`,
      );
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

/** A file exceeds its size limit. */
class TooLarge extends SdkError {}

/** Adds the path to a system error: for an open file Node names the failed call only. */
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

/** The text of a configuration file; `undefined` if it does not exist. Throws as {@link readBounded}. */
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
 * Changes a file's owner as far as this process may. Without root it can't change the user, and only to groups of its
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
 * Writes a new file durably. Throws EEXIST if it exists.
 *
 * @param owner the file's owner and group, as far as this process may set them
 * @param target the final file's name, for messages
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
  // 'wx' neither follows nor replaces anything that another user created first.
  const file = await open(path, 'wx', mode).catch(async (error: NodeJS.ErrnoException) => {
    // As in /proc, which exists but accepts no new files.
    if (error.code === 'ENOENT' && (await ifPresent(stat(dirname(path))))) {
      throw new SdkError('file-unusable', `${target} cannot be created`);
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

/** Stages `data` for `path` with these permissions. Creates a missing folder. */
async function stageFile(
  path: string,
  data: Uint8Array | string,
  mode: number,
): Promise<StagedFile> {
  const folder = dirname(path);
  // Never writable by others, whatever the umask.
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

/** Writes a file atomically: a reader of `path` sees the old data or the new. */
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

/** Makes renames, links and removals in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Writes a command's output to `path`, atomically; through a link to its target. Devices and unnamed pipes, such as
 * /dev/stdout, are written to and never replaced; a FIFO is refused. A missing folder is an error, as it is probably a
 * typing mistake. As with a shell's `>`, the user's own file keeps its permissions, and a new one gets those of the
 * umask; so does one that another user created beforehand.
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

/** Resolves a path to its file. Refuses other users' links as {@link requireOwnLinks} does. */
export async function followLink(path: string): Promise<string> {
  await requireOwnLinks(path);
  return (await lstat(path)).isSymbolicLink() ? realpath(path) : path;
}

/** The maximum length of a chain of links, as in the kernel. */
const maxLinks = 40;

/**
 * Refuses a path that is or leads through another user's link in a sticky, world-writable folder such as /tmp, as the
 * kernel does with fs.protected_symlinks (proc_sys_fs(5)) for programs that open the link itself.
 */
async function requireOwnLinks(path: string): Promise<void> {
  let at = path;
  for (let links = 0; links < maxLinks; links++) {
    // The target of a link in /proc, such as pipe:[1], is not a path.
    const link = await ifPresent(lstat(at));
    if (!link?.isSymbolicLink()) return;
    const folder = await stat(dirname(at));
    const isShared = (folder.mode & 0o1002) === 0o1002;
    if (isShared && link.uid !== process.geteuid?.() && link.uid !== folder.uid) {
      const reason = `${at} is another user's link in a world-writable folder`;
      throw new SdkError('file-unusable', reason);
    }
    at = resolve(await realpath(dirname(at)), await readlink(at));
  }
}
