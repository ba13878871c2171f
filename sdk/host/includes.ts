// Finds included policy files on this machine, each read once per resolver.

import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import {
  type IncludedDirectory,
  type IncludedFile,
  type IncludeRequest,
  type IncludeResolver,
  isIgnoredInclude,
} from '../../policy/index.ts';
import { isSdkError, SdkError } from '../error.ts';
import { maxPolicy } from './digest-of.ts';
import { list, lookAt, lookBehind, type Place, readText } from './tree.ts';

/**
 * The maximum number and total size, in bytes, of included files in one run. The complete policy of the AppArmor and
 * apparmor.d projects has 2000 files and 3 MiB.
 */
const maxIncludedNames = 20_000;
const maxIncludedBytes = 16 * 1024 * 1024;

/** Where includes are searched. */
export interface IncludePlaces {
  /**
   * What `<…>` is relative to first, as apparmor_parser --base; nothing when left out. Of a system's own policy folder, nothing outside that is
   * read, whatever an include says.
   */
  base?: string | Place | undefined;
  /** Further directories for `<…>`, as apparmor_parser -I. */
  include?: readonly string[];
  /** The folder for quoted relative paths; default the working directory. */
  cwd?: string;
}

/** Policy files and folders, by path. */
interface Shelf {
  /** The kind of file: only regular files and folders count. */
  kindOf: (path: string) => 'file' | 'folder' | undefined;
  names: (folder: string) => string[];
  read: (file: string) => string | undefined;
}

/**
 * A resolver over the file system (apparmor_parser(8), --base and -I). Files that can't be read, are not regular or are
 * too large for policy count as not found. Each file is read once, so share one resolver in a run.
 */
export function fileResolver(places: IncludePlaces): IncludeResolver {
  const { base, include = [], cwd } = places;
  const machine = anywhere();
  const known = new Map<string, IncludedFile | IncludedDirectory | undefined>();

  const file = (shelf: Shelf, path: string): IncludedFile | undefined => {
    const before = known.get(path);
    if (before && 'source' in before) return before;
    const source = shelf.read(path);
    if (source === undefined) return undefined;
    const read = { file: path, source };
    known.set(path, read);
    return read;
  };

  const look = (shelf: Shelf, path: string): IncludedFile | IncludedDirectory | undefined => {
    if (known.has(path)) return known.get(path);
    const kind = shelf.kindOf(path);
    let result: IncludedFile | IncludedDirectory | undefined;
    if (kind === 'folder') {
      const entries = shelf
        .names(path)
        .sort()
        .filter((name) => !isIgnoredInclude(name))
        .map((name) => join(path, name))
        .filter((path) => shelf.kindOf(path) === 'file')
        .flatMap((path) => file(shelf, path) ?? []);
      result = { directory: path, entries };
    } else if (kind === 'file') result = file(shelf, path);
    known.set(path, result);
    return result;
  };

  const find = (path: string, kind: IncludeRequest['kind']) => {
    if (path.includes('\0')) return undefined;
    if (base !== undefined && typeof base !== 'string') {
      const own = shelfBelow(base);
      // Within that system, whose parser runs in its policy folder.
      const [root, policy] = [base.root, `/${base.parts.join('/')}`];
      const whole =
        kind === 'magic' && !isAbsolute(path) ? join(policy, path) : resolve(policy, path);
      const result = whole.startsWith(`${policy}/`) ? look(own, join(root, whole)) : undefined;
      if (result || kind !== 'magic') return result;
    } else {
      if (kind === 'absolute' || isAbsolute(path)) return look(machine, path);
      if (kind === 'relative') return look(machine, resolve(cwd ?? process.cwd(), path));
    }
    const folders = typeof base === 'string' ? [base, ...include] : include;
    for (const folder of folders) {
      const result = look(machine, resolve(folder, path));
      if (result) return result;
    }
    return undefined;
  };

  const cached = new Map<string, IncludedFile | IncludedDirectory | undefined>();
  return ({ path, kind }) => {
    const key = `${kind} ${path}`;
    if (cached.has(key)) return cached.get(key);
    const found = find(path, kind);
    cached.set(key, found);
    return found;
  };
}

/**
 * All files on this machine, for files that a user names and their includes. A hostile one can include any folder, such
 * as /usr/bin, so the total is limited to the size of real policy.
 */
function anywhere(): Shelf {
  const left = { names: maxIncludedNames, bytes: maxIncludedBytes };
  const take = (what: keyof typeof left, count: number) => {
    left[what] -= count;
    if (left[what] >= 0) return;
    const limits = `${maxIncludedNames} files and ${maxIncludedBytes >> 20} MiB`;
    throw new SdkError('file-unusable', `the included files exceed ${limits}`, {
      next: 'Check which folders the profiles include.',
    });
  };
  return {
    kindOf: (path) =>
      ifFound(() => {
        const kind = statSync(path, { throwIfNoEntry: false });
        return kind?.isDirectory() ? 'folder' : kind?.isFile() ? 'file' : undefined;
      }),
    names(folder) {
      const names = ifFound(() => readdirSync(folder)) ?? [];
      take('names', names.length);
      return names;
    },
    read(path) {
      const bytes = readSmallFile(path);
      // Also of what is no policy, or a folder of programs would be read whole.
      take('bytes', bytes?.length ?? 0);
      return bytes && policyText(bytes);
    },
  };
}

/** The result of `work`; `undefined` if the system refuses, as for a name that is too long or a link loop. */
function ifFound<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return undefined;
    throw error;
  }
}

/**
 * The text of a regular file anywhere; `undefined` for anything else, a file too large for policy, or one with a NUL
 * byte.
 */
export function readPolicyFile(path: string): string | undefined {
  const bytes = readSmallFile(path);
  return bytes && policyText(bytes);
}

/** The bytes of a regular file that is not too large for policy. */
function readSmallFile(path: string): Buffer | undefined {
  let fd: number | undefined;
  try {
    // The file may have been replaced by a FIFO since.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = fstatSync(fd);
    if (!found.isFile() || found.size > maxPolicy) return undefined;
    const bytes = Buffer.alloc(found.size);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(fd, bytes, length, bytes.length - length, null);
      if (read === 0) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** A program or another binary file, which a hostile profile may include, is no policy. */
function policyText(bytes: Buffer): string | undefined {
  return bytes.includes(0) ? undefined : bytes.toString('utf8');
}

/** The files below a system's policy folder; no path leads out of it. */
function shelfBelow(base: Place): Shelf {
  const placeOf = (path: string) => base.ofAnybody.at(path.slice(base.path.length + 1));
  const allowed = <Result>(work: () => Result): Result | undefined => {
    try {
      return work();
    } catch (error) {
      if (isSdkError(error, 'unsafe-place') || (error as NodeJS.ErrnoException).code === 'EACCES') {
        return undefined;
      }
      throw error;
    }
  };
  return {
    kindOf: (path) =>
      allowed(() => {
        const found = (base.root === '/' ? lookBehind : lookAt)(placeOf(path));
        return found?.kind === 'folder' || found?.kind === 'file' ? found.kind : undefined;
      }),
    names: (folder) => allowed(() => list(placeOf(folder)))?.map(({ name }) => name) ?? [],
    read: (file) => allowed(() => readText(placeOf(file), maxPolicy)),
  };
}
