// Includes are read through a resolver, as policy/ also runs without a file system.
import type { IncludeKind } from './syntax/tree.ts';

/** What an include or abi statement asks for. `from` is the file the statement is in, when it is not the main one. */
export interface IncludeRequest {
  path: string;
  kind: IncludeKind;
  statement: 'include' | 'abi';
  from?: string;
}

/** A file that was found. Return the same object for the same file: its parsed tree is cached with it. */
export interface IncludedFile {
  file: string;
  source: string;
}

/** A directory that was found, with the files in it that count (see `isIgnoredInclude`), in order. */
export interface IncludedDirectory {
  directory: string;
  entries: readonly IncludedFile[];
}

/** Resolves an include to a file or a directory; undefined if neither exists. */
export type IncludeResolver = (
  request: IncludeRequest,
) => IncludedFile | IncludedDirectory | undefined;

const ignoredEnds = [
  '~',
  '.dpkg-new',
  '.dpkg-old',
  '.dpkg-dist',
  '.dpkg-bak',
  '.dpkg-remove',
  '.pacsave',
  '.pacnew',
  '.rpmnew',
  '.rpmsave',
  '.orig',
  '.rej',
];

/** True for a file that including its directory leaves out: backups of package managers, hidden files, README. */
export function isIgnoredInclude(name: string): boolean {
  return name.startsWith('.') || name === 'README' || ignoredEnds.some((end) => name.endsWith(end));
}
