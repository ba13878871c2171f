import { randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
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
 * The files below a system's root, which may be an image that somebody hostile has made. Nothing else of this program
 * opens, makes, renames or removes anything there: it takes a {@link Place} to this module.
 *
 * A path is walked folder by folder, each opened relative to the one before it (`/proc/self/fd/N/name` is what openat(2)
 * is to C, which Node has not) and with O_PATH, which opens nothing but tells what is there (open(2)): no link is
 * followed unasked, a FIFO does not block, a device does not notice. Only what turned out to be a regular file is opened
 * for reading, that very inode, and read up to a limit.
 *
 * - Below a root that is not this machine's own, no link is followed at all.
 * - Below `/`, and on the way to another root, a link counts as a decision of root's (or of whoever runs this program):
 *   it is followed where one of them made it and nobody else could have put it there.
 * - Folders and files must belong to root or to whoever runs this program, and may not be writable by others, unless
 *   they are on a disk that may only be read. {@link Place.ofAnybody} is exempt from that.
 *
 * Everything is synchronous: it is little, on local disks, and nothing can come in between two steps.
 */
export class Place {
  /** The system's root, an absolute path. */
  readonly root: string;
  /** The names on the way to it from the root; none for the root itself. */
  readonly parts: readonly string[];
  readonly anybodys: boolean;

  /** `path` is taken from the root on, and never leads above it. */
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

  /** The same, whoever its files and folders belong to: for what is not believed anyway. */
  get ofAnybody(): Place {
    return new Place(this.root, join('/', ...this.parts), true);
  }

  /** The absolute path, as people know it. */
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

/** The error for something below a root that this program does not use: which, what it is, and what to do about it. */
export function unsafePlace(
  path: string,
  what: string,
  next = 'Look at how that came about.',
): SdkError {
  return new SdkError('unsafe-place', `${path} ${what}`, { next });
}

/** What there is at a place. */
export type Kind = 'file' | 'folder' | 'link' | 'FIFO' | 'socket' | 'device';

/** The most names that a folder may hold. */
const maxNames = 100_000;

/** The most links on the way to a place, as in the kernel. */
const maxLinks = 40;

/** How often a file is opened or created that others create and remove at the same time. */
const maxTries = 10;

/** How deep a folder is emptied where it stands: what is deeper is moved up first. Each level is two open files. */
const maxDepth = 32;

/** The maximum number of files that one removal deletes. This program never creates more. */
const maxRemoved = 100_000;

/** The mode of folders that are made: others never write there, whatever the umask says. */
const folderMode = 0o755;

/** Not in Node's constants; the same on every architecture that Node is built for (asm-generic/fcntl.h). */
const O_PATH = 0o10000000;

const { O_RDONLY, O_RDWR, O_WRONLY, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } =
  constants;

/** Something that was found, open (O_PATH) so that it stays the same. */
interface Found {
  fd: number;
  /** Where it is, all links followed. */
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

/** The path by which the kernel finds what is open, or `name` in the folder that is. */
function through(fd: number, name?: string): string {
  return name === undefined ? `/proc/self/fd/${fd}` : `/proc/self/fd/${fd}/${name}`;
}

/** Does `work`; what the system says against it is said of `path`, as people know it. */
function naming<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const [said] = message.split(` '`, 1);
      throw Object.assign(error, { path, message: `${said ?? code} '${path}'` });
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
    // No file has a longer name than its disk allows, though a link or an include may say one.
    if (code === 'ENAMETOOLONG') return undefined;
    if (code !== 'ENOENT') throw error;
    if (isMounted(folder)) return undefined;
    throw unsafePlace('/proc', 'is not mounted, and files are found by it', 'Mount it.');
  }
  const stats = fstatSync(fd);
  return { fd, path, kind: kindOf(stats), stats };
}

/** Whether the kernel shows under /proc what this process has open. */
function isMounted(folder: Found): boolean {
  try {
    accessSync(through(folder.fd));
    return true;
  } catch {
    return false;
  }
}

/** Whether what is there is root's or of whoever runs this program, and nobody else may write to it. */
function distrust({ fd, stats }: Found): { what: string; next: string } | undefined {
  const { uid, gid, mode } = stats;
  const self = process.geteuid?.() ?? 0;
  if (uid !== 0 && uid !== self) {
    const whose = self === 0 ? 'not to root' : 'neither to root nor to you';
    return { what: `belongs to user ${uid}, ${whose}`, next: 'chown root:root' };
  }
  // A user's own group has nobody else in it, where their umask lets it write.
  const ownGroup = self !== 0 && gid === process.getegid?.();
  if ((mode & (ownGroup ? 0o002 : 0o022)) === 0 || isReadOnly(fd)) return undefined;
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  return { what: `can be written to by others (mode ${octal})`, next: 'chmod go-w' };
}

/** Whether the disk may only be read, as a ConfigMap of Kubernetes. */
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

/** Where a link leads that may be followed; the walk ends with an error at any other. */
function follow(folder: Found, name: string, link: Found, place: Place, isBelow: boolean): string {
  const target = naming(link.path, () => readlinkSync(through(folder.fd, name)));
  if (isBelow && place.root !== '/') {
    const leads = resolve(folder.path, target);
    const away = leads !== place.root && !leads.startsWith(`${place.root}/`);
    const where = away ? `leads out of ${place.root}, to ${target}` : `leads to ${target}`;
    const next = 'Below --root no link is followed: put what it leads to in its place.';
    throw unsafePlace(link.path, `is a link, which ${where}`, next);
  }
  // In a folder with the sticky bit nobody moves what is another's.
  const distrusted = (folder.stats.mode & 0o1000) === 0 ? distrust(folder) : undefined;
  const self = process.geteuid?.() ?? 0;
  if (distrusted || (link.stats.uid !== 0 && link.stats.uid !== self)) {
    const who = distrusted ? 'others could have made' : `user ${link.stats.uid} has made`;
    const next = 'Only links that root has made, where nobody else writes, are followed.';
    throw unsafePlace(link.path, `is a link to ${target}, which ${who}`, next);
  }
  return target;
}

interface WalkOptions {
  /** Make the folders that are missing, the last one too. */
  make?: boolean;
  /** What to do with a link that has the last name: it is what was looked for, or is followed where it may be. */
  last?: 'look' | 'follow';
}

/** What is at a place, for the caller to close; `undefined` when nothing is. */
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
      // After a link, or "..", from the root on again.
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
    // Somebody else has, just now.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return openAt(folder, name);
}

/** Does `work` with what is at a place, and closes that; `undefined` when nothing is. */
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

/** Does `work` in a folder; `undefined` when there is none. */
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

/** Makes what was renamed, linked or removed in a folder survive a power cut. */
function sync(folder: Found): void {
  const fd = naming(folder.path, () => openSync(through(folder.fd), O_RDONLY | O_DIRECTORY));
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

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
      const chunk = Buffer.alloc(64 * 1024);
      const length = naming(found.path, () => readSync(fd, chunk));
      if (length === 0) return Buffer.concat(chunks);
      size += length;
      if (size > limit) throw tooLarge();
      chunks.push(chunk.subarray(0, length));
    }
  } finally {
    closeSync(fd);
  }
}

/** A regular file's bytes, `limit` at most; `undefined` when there is none. */
export function readBytes(place: Place, limit: number): Uint8Array<ArrayBuffer> | undefined {
  return using(place, {}, (found) => {
    requireKind(found, 'file');
    if (!place.anybodys) requireTrusted(found);
    return readOpen(found, limit);
  });
}

/** As {@link readBytes}, as UTF-8. */
export function readText(place: Place, limit: number): string | undefined {
  const bytes = readBytes(place, limit);
  return bytes && new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** What something is, with no link followed at its last name. */
export interface Look {
  kind: Kind;
  stats: { dev: number; ino: number; size: number; mode: number; mtime: Date };
  /** Why it is not believed: whose it is, or that others may write to it. */
  distrusted: string | undefined;
}

/** What is at a place itself, a link too; `undefined` when nothing is. */
export function lookAt(place: Place): Look | undefined {
  return using(place, { last: 'look' }, (found) => {
    const { kind, stats } = found;
    return { kind, stats, distrusted: distrust(found)?.what };
  });
}

/** What is at a place, or where links lead from there that may be followed; `undefined` when nothing is. */
export function lookBehind(place: Place): Look | undefined {
  return using(place, {}, (found) => {
    const { kind, stats } = found;
    return { kind, stats, distrusted: distrust(found)?.what };
  });
}

/** Where a link leads, as it says itself; `undefined` when there is no link. */
export function readLink(place: Place): string | undefined {
  return within(place.parent, (folder) => {
    const found = openAt(folder, place.name);
    if (!found) return undefined;
    closeSync(found.fd);
    if (found.kind !== 'link') return undefined;
    return naming(found.path, () => readlinkSync(through(folder.fd, place.name)));
  });
}

/** What a folder holds, by name and sorted; nothing when there is no folder. */
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

/** Whether this process may write to a folder: the system's code for why not, such as ENOENT. */
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

/** Makes a folder, with those that it is in. */
export function makeFolder(place: Place): void {
  within(place, () => {}, { make: true });
}

/** Opens a regular file for reading, for the caller to close; `undefined` when there is none. */
export function openForReading(place: Place): number | undefined {
  return using(place, {}, (found) => {
    requireKind(found, 'file');
    if (!place.anybodys) requireTrusted(found);
    return naming(found.path, () => openSync(through(found.fd), O_RDONLY | O_NONBLOCK));
  });
}

/**
 * Opens a file that only its owner can open, for reading and writing, and for the caller to close. It is made when it is
 * absent; one that others can open is refused.
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
            // That very file, whatever has its name by now.
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

/** Throws unless it is a regular file without other names that only its owner can open. */
function requirePrivate(found: Found): void {
  requireKind(found, 'file');
  requireTrusted(found);
  const { path, stats } = found;
  if (stats.nlink > 1) {
    const why = 'is a hard link to a file that has another name too';
    throw unsafePlace(path, why, `Remove ${path}.`);
  }
  if ((stats.mode & 0o077) !== 0) {
    throw unsafePlace(path, 'can be opened by others', `Run chmod 600 ${path}.`);
  }
}

/**
 * Does `work` with a path by which the kernel finds the socket at a place, whatever the names on the way to it come to
 * mean; `undefined` when there is no socket.
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

/** Throws where a folder stands in the way of a file: nothing takes its place. */
export function requireNoFolder(place: Place): void {
  using(place, { last: 'look' }, (found) => {
    if (found.kind === 'folder') requireKind(found, 'file');
  });
}

/**
 * A file written and synced beside its final name, but not there yet. Its name begins with a dot, which
 * apparmor_parser and the boot scripts skip.
 */
export interface StagedFile {
  path: string;
  /** Puts it in place of whatever has the final name, in one step, and makes that survive a power cut. */
  commit: () => Promise<void>;
  discard: () => Promise<void>;
}

/** Stages `data` for a place, with these permissions. The folder is made when it is absent. */
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
        // Neither follows nor replaces anything that somebody put there first.
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

/** Writes a file whole or not at all: whoever reads it finds the old data or the new. */
export async function write(place: Place, data: Uint8Array | string, mode: number): Promise<void> {
  const staged = stage(place, data, mode);
  try {
    await staged.commit();
  } catch (error) {
    await staged.discard().catch(() => {});
    throw error;
  }
}

/** Gives a file another name in the same folder, in place of what has it, in a way that survives a power cut. */
export function rename(from: Place, to: Place): void {
  within(to.parent, (folder) => {
    const [before, after] = [through(folder.fd, from.name), through(folder.fd, to.name)];
    naming(to.path, () => renameSync(before, after));
    sync(folder);
  });
}

/** Makes a link that says `target`, unless something has its name. The folder is made when it is absent. */
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

/** Removes a file, or a link as such, in a way that survives a power cut; no error when there is none. */
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

/** Removes what is at a place, a folder with all that is in it; no error when there is nothing. Links go as such. */
export function removeAll(place: Place): void {
  within(place.parent, (folder) => {
    const removal = { top: folder, moved: [place.name], left: maxRemoved };
    for (let name = removal.moved.pop(); name !== undefined; name = removal.moved.pop()) {
      removeAllAt(folder, name, 0, removal);
    }
  });
}

interface Removal {
  /** The folder that what is removed stands in. */
  top: Found;
  /** Names in it that are still to be removed. */
  moved: string[];
  /** How many files and folders may still be removed. */
  left: number;
}

function removeAllAt(folder: Found, name: string, depth: number, removal: Removal): void {
  const found = openAt(folder, name);
  if (!found) return;
  try {
    if (removal.left-- <= 0) {
      const what = `holds more than ${maxRemoved} files, the maximum for one removal`;
      throw unsafePlace(removal.top.path, what, 'Remove by hand what does not belong there.');
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

/** The names that {@link stage} gives, which a run that was killed leaves behind. */
const stagedName = /^\..+\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/**
 * Removes what killed runs have staged in a folder under names that begin with `prefix`. Only for whoever can be
 * sure that nobody is staging there now.
 */
export function removeStaged(folder: Place, prefix = ''): void {
  for (const { name, kind } of list(folder)) {
    if (kind === 'file' && stagedName.test(name) && name.startsWith(`.${prefix}`)) {
      remove(folder.at(name));
    }
  }
}
