import { randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  opendirSync,
  openSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  type Stats,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { isSdkError, SdkError } from '../error.ts';

/**
 * Access to the files below a system's root, which may be a hostile image. No other module of this program opens,
 * creates, renames or removes anything there: they pass a {@link Place} to this one.
 *
 * A path is walked folder by folder, each opened relative to the previous one (`/proc/self/fd/N/name` stands for
 * openat(2), which Node lacks) and with O_PATH, which only identifies a file (open(2)): it follows no link unless asked
 * to, does not block on a FIFO and has no effect on a device. Only a regular file is then opened for reading, by that
 * inode, and read up to a limit.
 *
 * - Below a root other than this machine's own, no link is followed.
 * - Below `/`, and on the path to another root, a link is followed if root or the current user created it and no other
 * user could have.
 * - Folders and files must belong to root or the current user, and must not be writable by others, unless they are on a
 * read-only file system. {@link Place.ofAnybody} is exempt.
 *
 * Everything is synchronous: the work is small and local, and nothing can run between two steps.
 */
export class Place {
  /** The system's root, an absolute path. */
  readonly root: string;
  /** The path components from the root; empty for the root itself. */
  readonly parts: readonly string[];
  readonly anybodys: boolean;

  /** `path` is relative to the root, and never leads above it. */
  constructor(root: string, path: string, anybodys = false) {
    this.root = resolve(root);
    this.parts = namesOf(resolve('/', path));
    this.anybodys = anybodys;
  }

  /** A place below this one. */
  at(...names: string[]): Place {
    return new Place(this.root, join('/', ...this.parts, ...names), this.anybodys);
  }

  get parent(): Place {
    return this.at('..');
  }

  get name(): string {
    return this.parts.at(-1) ?? '';
  }

  /** The same place without ownership checks, for contents that are not trusted anyway. */
  get ofAnybody(): Place {
    return new Place(this.root, join('/', ...this.parts), true);
  }

  /** The absolute path, for messages. */
  get path(): string {
    return join(this.root, ...this.parts);
  }

  toString(): string {
    return this.path;
  }

  toJSON(): string {
    return this.path;
  }
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** The error for something below a root that this program refuses to use: its path, the problem, and what to do. */
export function unsafePlace(
  path: string,
  what: string,
  next = 'Find out how that happened before you change it.',
): SdkError {
  return new SdkError('unsafe-place', `${path} ${what}`, { next });
}

/** The kinds of files. */
export type Kind = 'file' | 'folder' | 'link' | 'FIFO' | 'socket' | 'device';

/** The maximum number of names in a folder. */
const maxNames = 100_000;

/** The maximum number of links on the path to a place, as in the kernel. */
const maxLinks = 40;

/** How often opening or creating a file is retried while other processes create and remove it. */
const maxTries = 10;

/**
 * The maximum depth at which a folder is emptied in place; deeper ones are moved up first. Each level takes two open
 * files.
 */
const maxDepth = 32;

/** The maximum number of files that one removal deletes. This program never creates more. */
const maxRemoved = 100_000;

/** The mode of created folders: never writable by others, whatever the umask. */
const folderMode = 0o755;

/** Not in Node's constants; the same on every architecture that Node is built for (asm-generic/fcntl.h). */
const O_PATH = 0o10000000;

const { O_RDONLY, O_RDWR, O_WRONLY, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } =
  constants;

/** A file that was found, open (O_PATH) so that it stays the same. */
interface Found {
  fd: number;
  /** Its path with all links resolved. */
  path: string;
  kind: Kind;
  stats: Stats;
}

function kindOf(
  stats: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isFIFO' | 'isSocket'>,
): Kind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  if (stats.isSymbolicLink()) return 'link';
  if (stats.isFIFO()) return 'FIFO';
  return stats.isSocket() ? 'socket' : 'device';
}

/** The kernel's path of an open file, or of `name` in an open folder. */
function through(fd: number, name?: string): string {
  return name === undefined ? `/proc/self/fd/${fd}` : `/proc/self/fd/${fd}/${name}`;
}

/** Runs `work`; its system errors name `path`, as users know it. */
function naming<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const [reason] = message.split(` '`, 1);
      throw Object.assign(error, { path, message: `${reason ?? code} '${path}'` });
    }
    throw error;
  }
}

function openAt(folder: Found, name: string): Found | undefined {
  const path = join(folder.path, name);
  let fd: number;
  try {
    fd = naming(path, () => openSync(through(folder.fd, name), O_PATH | O_NOFOLLOW));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A name longer than the file system allows can't exist, though a link or an include may contain one.
    if (code === 'ENAMETOOLONG') return undefined;
    if (code !== 'ENOENT') throw error;
    if (isMounted(folder)) return undefined;
    throw unsafePlace('/proc', 'is not mounted, but required to access files', 'Mount it.');
  }
  const stats = fstatSync(fd);
  return { fd, path, kind: kindOf(stats), stats };
}

/** Whether the kernel shows this process's open files under /proc. */
function isMounted(folder: Found): boolean {
  try {
    accessSync(through(folder.fd));
    return true;
  } catch {
    return false;
  }
}

/** Whether a file belongs to root or the current user and no other user may write to it. */
function distrust({ fd, stats }: Found): { what: string; next: string } | undefined {
  const { uid, gid, mode } = stats;
  const self = process.geteuid?.() ?? 0;
  if (uid !== 0 && uid !== self) {
    const whose = self === 0 ? 'not to root' : 'neither to root nor to you';
    return { what: `belongs to user ${uid}, ${whose}`, next: 'chown root:root' };
  }
  // A umask that lets a user's own group write means that the group has no other members.
  const ownGroup = self !== 0 && gid === process.getegid?.();
  if ((mode & (ownGroup ? 0o002 : 0o022)) === 0 || isReadOnly(fd)) return undefined;
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  return { what: `can be written to by others (mode ${octal})`, next: 'chmod go-w' };
}

/** Whether the file system is read-only, as for a ConfigMap of Kubernetes. */
function isReadOnly(fd: number): boolean {
  try {
    accessSync(through(fd), constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS';
  }
}

function requireTrusted(found: Found): void {
  const distrusted = distrust(found);
  if (!distrusted) return;
  const { what, next } = distrusted;
  const doubt = 'after checking that its content is what you expect';
  throw unsafePlace(found.path, what, `Run: ${next} ${found.path} (${doubt}).`);
}

const articles: Record<Kind, string> = {
  file: 'a file',
  folder: 'a folder',
  link: 'a link',
  FIFO: 'a FIFO',
  socket: 'a socket',
  device: 'a device',
};

function requireKind(found: Found, wanted: 'file' | 'folder'): void {
  if (found.kind === wanted) return;
  const what = `is ${articles[found.kind]}, and ${articles[wanted]} is needed`;
  throw unsafePlace(found.path, what, `Remove it, or put ${articles[wanted]} there.`);
}

/** The target of a link that may be followed; throws for any other link. */
function follow(folder: Found, name: string, link: Found, place: Place, isBelow: boolean): string {
  const target = naming(link.path, () => readlinkSync(through(folder.fd, name)));
  if (isBelow && place.root !== '/') {
    const leads = resolve(folder.path, target);
    const away = leads !== place.root && !leads.startsWith(`${place.root}/`);
    const where = away ? `leads out of ${place.root}, to ${target}` : `leads to ${target}`;
    const next = 'Links below --root are not followed: replace the link with its target.';
    throw unsafePlace(link.path, `is a link, which ${where}`, next);
  }
  // In a sticky folder only the owner can move a file.
  const distrusted = (folder.stats.mode & 0o1000) === 0 ? distrust(folder) : undefined;
  const self = process.geteuid?.() ?? 0;
  if (distrusted || (link.stats.uid !== 0 && link.stats.uid !== self)) {
    const who = distrusted ? 'others could have made' : `user ${link.stats.uid} has made`;
    const next =
      'Only links created by root, in folders that only root can write to, are followed.';
    throw unsafePlace(link.path, `is a link to ${target}, which ${who}`, next);
  }
  return target;
}

interface WalkOptions {
  /** Create missing folders, the last one included. */
  make?: boolean;
  /** Whether a link as the last component is returned or followed if permitted. */
  last?: 'look' | 'follow';
}

/** Opens what is at a place, for the caller to close; `undefined` if nothing exists. */
function walk(
  place: Place,
  { make = false, last = 'follow' }: WalkOptions = {},
): Found | undefined {
  const own = place.root === '/';
  let rest = [...namesOf(place.root), ...place.parts];
  let current: Found | undefined;
  try {
    for (let links = 0; ; ) {
      if (!current) {
        const fd = naming('/', () => openSync('/', O_PATH | O_DIRECTORY));
        current = { fd, path: '/', kind: 'folder', stats: fstatSync(fd) };
      }
      const isBelow = own || rest.length <= place.parts.length;
      if (isBelow && current.kind === 'folder' && !place.anybodys) requireTrusted(current);
      const name = rest.shift();
      if (name === undefined) {
        const found = current;
        current = undefined;
        return found;
      }
      requireKind(current, 'folder');
      let next: Found | undefined;
      if (name === '..') rest = [...namesOf(current.path).slice(0, -1), ...rest];
      else {
        next = openAt(current, name);
        if (!next && make) next = makeAt(current, name);
        if (!next) return undefined;
        if (next.kind === 'link' && (rest.length > 0 || last === 'follow')) {
          const link = next;
          next = undefined;
          try {
            const target = follow(current, name, link, place, isBelow);
            if (++links > maxLinks) throw unsafePlace(link.path, 'leads through too many links');
            const from = target.startsWith('/') ? [] : namesOf(current.path);
            rest = [...from, ...namesOf(target), ...rest];
          } finally {
            closeSync(link.fd);
          }
        }
      }
      closeSync(current.fd);
      // After a link or "..", restarts from the root.
      current = next;
    }
  } finally {
    if (current) closeSync(current.fd);
  }
}

function makeAt(folder: Found, name: string): Found | undefined {
  const path = join(folder.path, name);
  try {
    naming(path, () => mkdirSync(through(folder.fd, name), { mode: folderMode }));
  } catch (error) {
    // Another process has created it just now.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return openAt(folder, name);
}

/** Runs `work` with what is at a place, then closes it; `undefined` if nothing exists. */
function using<Result>(
  place: Place,
  options: WalkOptions,
  work: (found: Found) => Result,
): Result | undefined {
  const found = walk(place, options);
  if (!found) return undefined;
  try {
    return work(found);
  } finally {
    closeSync(found.fd);
  }
}

/** Runs `work` in a folder; `undefined` if it does not exist. */
function within<Result>(
  folder: Place,
  work: (folder: Found) => Result,
  options: WalkOptions = {},
): Result | undefined {
  return using(folder, options, (found) => {
    requireKind(found, 'folder');
    return work(found);
  });
}

/** Makes renames, links and removals in a folder durable. */
function sync(folder: Found): void {
  const fd = naming(folder.path, () => openSync(through(folder.fd), O_RDONLY | O_DIRECTORY));
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** For all reads, since allocating as much for each file takes longer than reading it. */
const readBuffer = Buffer.alloc(64 * 1024);

function readOpen(found: Found, limit: number): Uint8Array<ArrayBuffer> {
  const tooLarge = () => {
    const what = `is larger than ${limit} bytes, the most that is read of such a file`;
    return unsafePlace(found.path, what, 'Move it away.');
  };
  if (found.stats.size > limit) throw tooLarge();
  const fd = naming(found.path, () => openSync(through(found.fd), O_RDONLY | O_NONBLOCK));
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for (;;) {
      const length = naming(found.path, () => readSync(fd, readBuffer));
      if (length === 0) return Buffer.concat(chunks);
      size += length;
      if (size > limit) throw tooLarge();
      chunks.push(Buffer.from(readBuffer.subarray(0, length)));
    }
  } finally {
    closeSync(fd);
  }
}

/** A regular file's bytes, at most `limit`; `undefined` if it does not exist. */
export function readBytes(place: Place, limit: number): Uint8Array<ArrayBuffer> | undefined {
  return using(place, {}, (found) => {
    requireKind(found, 'file');
    if (!place.anybodys) requireTrusted(found);
    return readOpen(found, limit);
  });
}

/** Like {@link readBytes}, decoded as UTF-8. */
export function readText(place: Place, limit: number): string | undefined {
  const bytes = readBytes(place, limit);
  return bytes && new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** What is at a path, without following a final link. */
export interface Look {
  kind: Kind;
  stats: { dev: number; ino: number; size: number; mode: number; mtime: Date };
  /** Why it is not trusted: its owner, or that others may write to it. */
  distrusted: string | undefined;
}

/** What is at a place itself, possibly a link; `undefined` if nothing exists. */
export function lookAt(place: Place): Look | undefined {
  return using(place, { last: 'look' }, (found) => {
    const { kind, stats } = found;
    return { kind, stats, distrusted: distrust(found)?.what };
  });
}

/** What is at a place, following permitted links; `undefined` if nothing exists. */
export function lookBehind(place: Place): Look | undefined {
  return using(place, {}, (found) => {
    const { kind, stats } = found;
    return { kind, stats, distrusted: distrust(found)?.what };
  });
}

/** The target of a link as stored; `undefined` if it is not a link. */
export function readLink(place: Place): string | undefined {
  return within(place.parent, (folder) => {
    const found = openAt(folder, place.name);
    if (!found) return undefined;
    closeSync(found.fd);
    if (found.kind !== 'link') return undefined;
    return naming(found.path, () => readlinkSync(through(folder.fd, place.name)));
  });
}

/** The sorted names in a folder; empty if it does not exist. */
export function list(place: Place): { name: string; kind: Kind }[] {
  return (
    within(place, (folder) => {
      const names: { name: string; kind: Kind }[] = [];
      const opened = naming(folder.path, () => opendirSync(through(folder.fd)));
      try {
        for (let entry = opened.readSync(); entry; entry = opened.readSync()) {
          if (names.length >= maxNames) {
            throw unsafePlace(folder.path, `holds more than ${maxNames} files`);
          }
          names.push({ name: entry.name, kind: kindOf(entry) });
        }
      } finally {
        opened.closeSync();
      }
      return names.sort((a, b) => (a.name < b.name ? -1 : 1));
    }) ?? []
  );
}

/** Whether this process may write to a folder; otherwise the system's error code, such as ENOENT. */
export function writeTrouble(place: Place): string | undefined {
  try {
    const there = within(place, (folder) => {
      naming(folder.path, () => accessSync(through(folder.fd), constants.W_OK));
      return true;
    });
    return there ? undefined : 'ENOENT';
  } catch (error) {
    if (isSdkError(error, 'unsafe-place')) throw error;
    return (error as NodeJS.ErrnoException).code;
  }
}

/** Creates a folder and its parents. */
export function makeFolder(place: Place): void {
  within(place, () => {}, { make: true });
}

/** Opens a regular file for reading, for the caller to close; `undefined` if it does not exist. */
export function openForReading(place: Place): number | undefined {
  return using(place, {}, (found) => {
    requireKind(found, 'file');
    if (!place.anybodys) requireTrusted(found);
    return naming(found.path, () => openSync(through(found.fd), O_RDONLY | O_NONBLOCK));
  });
}

/**
 * Opens a file that only its owner can open, for reading and writing, for the caller to close. Creates it if missing;
 * refuses one that others can open.
 */
export function openPrivate(place: Place): number {
  return within(
    place.parent,
    (folder) => {
      const path = join(folder.path, place.name);
      for (let tries = 1; ; tries++) {
        const there = openAt(folder, place.name);
        try {
          if (there) {
            requirePrivate(there);
            // By inode, whatever has its name by now.
            return naming(path, () => openSync(through(there.fd), O_RDWR | O_NONBLOCK));
          }
          const flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK;
          return naming(path, () => openSync(through(folder.fd, place.name), flags, 0o600));
        } catch (error) {
          // Another run has created it just now.
          const { code } = error as NodeJS.ErrnoException;
          if (there || code !== 'EEXIST' || tries === maxTries) throw error;
        } finally {
          if (there) closeSync(there.fd);
        }
      }
    },
    { make: true },
  ) as number;
}

/** Throws unless it is a regular file with one name that only its owner can open. */
function requirePrivate(found: Found): void {
  requireKind(found, 'file');
  requireTrusted(found);
  const { path, stats } = found;
  if (stats.nlink > 1) {
    const why = 'has more than one hard link';
    throw unsafePlace(path, why, `Remove ${path}.`);
  }
  if ((stats.mode & 0o077) !== 0) {
    throw unsafePlace(path, 'can be opened by others', `Run: chmod 600 ${path}`);
  }
}

/**
 * Runs `work` with a kernel path of the socket at a place, which stays valid if path components change; `undefined` if
 * there is no socket.
 */
export async function withSocket<Result>(
  place: Place,
  work: (path: string) => Promise<Result>,
): Promise<Result | undefined> {
  const found = walk(place);
  if (!found) return undefined;
  try {
    return found.kind === 'socket' ? await work(through(found.fd)) : undefined;
  } finally {
    closeSync(found.fd);
  }
}

/** Throws if a folder has the name of a file to write: it is not replaced. */
export function requireNoFolder(place: Place): void {
  using(place, { last: 'look' }, (found) => {
    if (found.kind === 'folder') requireKind(found, 'file');
  });
}

/**
 * A file written and synced beside its final name. Its temporary name begins with a dot, so that apparmor_parser and
 * the boot scripts skip it.
 */
export interface StagedFile {
  path: string;
  /** Renames it to the final name, atomically and durably. */
  commit: () => Promise<void>;
  discard: () => Promise<void>;
}

/** Stages `data` for a place, with these permissions. Creates a missing folder. */
export function stage(place: Place, data: Uint8Array | string, mode: number): StagedFile {
  const staged = place.parent.at(`.${place.name}.${randomUUID()}.tmp`);
  within(
    place.parent,
    (folder) => {
      const there = openAt(folder, place.name);
      if (there) {
        closeSync(there.fd);
        if (there.kind === 'folder') requireKind(there, 'file');
      }
      const path = through(folder.fd, staged.name);
      naming(place.path, () => {
        // Neither follows nor replaces anything that another user created first.
        const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
        try {
          writeFileSync(fd, data);
          fchmodSync(fd, mode);
          fsyncSync(fd);
        } catch (error) {
          unlinkSync(path);
          throw error;
        } finally {
          closeSync(fd);
        }
      });
    },
    { make: true },
  );
  return {
    path: staged.path,
    commit: async () => rename(staged, place),
    discard: async () => remove(staged),
  };
}

/** What several files replace, until all have replaced it. */
export interface Former {
  /** Puts it back, or removes what was put where nothing was. */
  restore: () => void;
  /** Removes its second name. */
  discard: () => void;
}

/** What to do about a file that can't have a second name, by the system's error code. */
const unreplaceable: Readonly<Record<string, string>> = {
  // Others than root can't link the files of others (proc_sys_fs(5), protected_hardlinks).
  EPERM:
    'It must be neither immutable nor append-only (chattr -i -a), and belong to who runs this.',
  EXDEV: 'Unmount what is mounted on it.',
};

/**
 * Gives a file a second name, like that of a staged file, to put it back. Throws if it can't be replaced: an immutable file
 * (chattr(1)) can't have another name, and neither can one that something is mounted on.
 */
export function holdFormer(place: Place): Former {
  if (lookAt(place)?.kind !== 'file') return { restore: () => remove(place), discard: () => {} };
  const second = place.parent.at(`.${place.name}.${randomUUID()}.tmp`);
  within(place.parent, (folder) => {
    const [name, other] = [through(folder.fd, place.name), through(folder.fd, second.name)];
    try {
      naming(place.path, () => linkSync(name, other));
    } catch (error) {
      const next = unreplaceable[(error as NodeJS.ErrnoException).code ?? ''];
      throw next === undefined ? error : unsafePlace(place.path, "can't be replaced", next);
    }
  });
  return { restore: () => rename(second, place), discard: () => remove(second) };
}

/** Writes a file atomically: readers see the old data or the new. */
export async function write(place: Place, data: Uint8Array | string, mode: number): Promise<void> {
  const staged = stage(place, data, mode);
  try {
    await staged.commit();
  } catch (error) {
    await staged.discard().catch(() => {});
    throw error;
  }
}

/** Creates an empty file, durably, unless there is a file already. Creates a missing folder. */
export function createEmpty(place: Place, mode: number): void {
  within(
    place.parent,
    (folder) => {
      try {
        const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
        const fd = naming(place.path, () => openSync(through(folder.fd, place.name), flags, mode));
        try {
          fchmodSync(fd, mode);
        } finally {
          closeSync(fd);
        }
        sync(folder);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        using(place, { last: 'look' }, (found) => requireKind(found, 'file'));
      }
    },
    { make: true },
  );
}

/** Renames a file within its folder, replacing any existing one, durably. */
export function rename(from: Place, to: Place): void {
  within(to.parent, (folder) => {
    const [before, after] = [through(folder.fd, from.name), through(folder.fd, to.name)];
    naming(to.path, () => renameSync(before, after));
    sync(folder);
  });
}

/** Creates a link to `target`, unless the name exists. Creates a missing folder. */
export function makeLink(place: Place, target: string): void {
  within(
    place.parent,
    (folder) => {
      naming(place.path, () => symlinkSync(target, through(folder.fd, place.name)));
      sync(folder);
    },
    { make: true },
  );
}

/** Removes a file or link durably; no error if it does not exist. */
export function remove(place: Place): void {
  within(place.parent, (folder) => {
    if (unlinkAt(folder, place.name)) sync(folder);
  });
}

function unlinkAt(folder: Found, name: string): boolean {
  const found = openAt(folder, name);
  if (!found) return false;
  closeSync(found.fd);
  if (found.kind === 'folder') requireKind(found, 'file');
  naming(found.path, () => unlinkSync(through(folder.fd, name)));
  return true;
}

/** Removes what is at a place, a folder recursively; no error if it does not exist. Links are not followed. */
export function removeAll(place: Place): void {
  within(place.parent, (folder) => {
    const removal = { top: folder, moved: [place.name], left: maxRemoved };
    for (let name = removal.moved.pop(); name !== undefined; name = removal.moved.pop()) {
      removeAllAt(folder, name, 0, removal);
    }
  });
}

interface Removal {
  /** The folder that contains what is removed. */
  top: Found;
  /** The names in it that remain to be removed. */
  moved: string[];
  /** The number of files and folders that may still be removed. */
  left: number;
}

function removeAllAt(folder: Found, name: string, depth: number, removal: Removal): void {
  const found = openAt(folder, name);
  if (!found) return;
  try {
    if (removal.left-- <= 0) {
      const what = `holds more than ${maxRemoved} files, the maximum for one removal`;
      throw unsafePlace(
        removal.top.path,
        what,
        'Remove the files that do not belong there by hand.',
      );
    }
    if (found.kind !== 'folder') {
      naming(found.path, () => unlinkSync(through(folder.fd, name)));
      return;
    }
    if (depth >= maxDepth) {
      const moved = `.${randomUUID()}.removed`;
      naming(found.path, () =>
        renameSync(through(folder.fd, name), through(removal.top.fd, moved)),
      );
      removal.moved.push(moved);
      return;
    }
    const opened = naming(found.path, () => opendirSync(through(found.fd)));
    try {
      for (let entry = opened.readSync(); entry; entry = opened.readSync()) {
        removeAllAt(found, entry.name, depth + 1, removal);
      }
    } finally {
      opened.closeSync();
    }
    naming(found.path, () => rmdirSync(through(folder.fd, name)));
  } finally {
    closeSync(found.fd);
  }
}

/** The names of staged files, which a killed run leaves behind. */
const stagedName = /^\..+\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/**
 * Removes staged files of killed runs with names that begin with `prefix`. The caller makes sure that no other process
 * is staging files there.
 */
export function removeStaged(folder: Place, prefix = ''): void {
  for (const { name, kind } of list(folder)) {
    if (kind === 'file' && stagedName.test(name) && name.startsWith(`.${prefix}`)) {
      remove(folder.at(name));
    }
  }
}
