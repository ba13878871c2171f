import { parse, profileNames } from '../../policy/index.ts';
import { isSdkError } from '../error.ts';
import { maxPolicy } from './digest-of.ts';
import { PolicyBudget } from './policy-budget.ts';
import { list, lookAt, lookBehind, Place, readBytes, readLink, unsafePlace } from './tree.ts';

/** Folders of /etc/apparmor.d without profiles of their own. */
const noProfiles = new Set([
  'abi',
  'abstractions',
  'cache',
  'cache.d',
  'disable',
  'force-complain',
  'local',
  'tunables',
]);

/** The maximum depth of folders, and length of a chain of links. */
const maxDepth = 16;

/** A file that may define a profile, or a link to one. */
export interface Definition {
  path: string;
  /** Its text; `undefined` for a link to a missing file that boot may find, so that its content is unknown. */
  text: string | undefined;
}

/** Files that neither boot nor apparmor_parser loads: leftovers of package managers, patch(1) and editors. */
const leftBehind =
  /(?:\.dpkg-(?:new|old|dist|bak|remove)|\.pacsave|\.pacnew|\.rpmnew|\.rpmsave|\.orig|\.rej|~)$/;

/**
 * Finds another file in `folder` that defines one of the profiles `names` and that boot loads: not files skipped by name or by a
 * link in `disable`, and in subfolders only files that a loaded file includes. Below `/`, links are followed as in
 * tree.ts. Below another root, boot would resolve links from that root, so they are resolved here one by one without
 * the kernel following them. Throws if the folder exceeds the policy budget.
 */
export function findDefinition(
  folder: Place,
  names: readonly string[],
  own: Place | undefined,
  left = new PolicyBudget(folder),
): (Definition & { name: string | undefined }) | undefined {
  for (const definition of loadedFiles(folder, own, left)) {
    const { text } = definition;
    if (text === undefined) return { ...definition, name: undefined };
    if (!names.some((name) => text.includes(name))) continue;
    const defined = namesIn(text);
    const name = names.find((one) => defined.includes(one));
    if (name !== undefined) return { ...definition, name };
  }
  return undefined;
}

/**
 * A {@link findDefinition} for many names, which reads and parses each file at most once: the author of a log chooses
 * how many profiles it names.
 */
export function definitionFinder(
  folder: Place,
  left = new PolicyBudget(folder),
): (name: string) => Definition | undefined {
  const unread = loadedFiles(folder, undefined, left);
  const found = new Map<string, Definition>();
  let unknown: Definition | undefined;
  return (name) => {
    while (!found.has(name) && unknown === undefined) {
      const next = unread.next();
      if (next.done) return undefined;
      const { text } = next.value;
      if (text === undefined) unknown = next.value;
      else for (const own of namesIn(text)) if (!found.has(own)) found.set(own, next.value);
    }
    return found.get(name) ?? unknown;
  };
}

function namesIn(text: string): string[] {
  return profileNames(parse(text).file);
}

/** The files that boot loads, as {@link findDefinition} searches them. */
function* loadedFiles(
  folder: Place,
  own: Place | undefined,
  left: PolicyBudget,
): Generator<Definition> {
  const search: Search = { own: own?.ofAnybody, included: new Set(), left };
  const top = folder.ofAnybody;
  const disabled = disabledIn(top);
  const all = list(top);
  search.left.takeNames(all.length);
  const entries = all.filter((entry) => !disabled.has(entry.name));
  yield* filesAmong(top, entries, search);
  for (const entry of entries) {
    const isIncluded = search.included.has(entry.name) && !noProfiles.has(entry.name);
    if (entry.kind === 'folder' && isIncluded) yield* filesBelow(top.at(entry.name), search, 1);
  }
}

interface Search {
  own: Place | undefined;
  /** The first path components that the inspected files include. */
  included: Set<string>;
  left: PolicyBudget;
}

/** The names in `disable`; empty if it can't be read, so that nothing counts as disabled. */
function disabledIn(folder: Place): Set<string> {
  try {
    return new Set(list(folder.at('disable')).map((entry) => entry.name));
  } catch (error) {
    if (isSdkError(error, 'unsafe-place') || isRefused(error)) return new Set();
    throw error;
  }
}

function* filesBelow(folder: Place, search: Search, depth: number): Generator<Definition> {
  if (depth > maxDepth) throw unsafePlace(folder.path, 'is deeper than folders of policy are');
  const entries = list(folder);
  search.left.takeNames(entries.length);
  yield* filesAmong(folder, entries, search);
  for (const entry of entries) {
    if (entry.kind !== 'folder' || entry.name.startsWith('.')) continue;
    yield* filesBelow(folder.at(entry.name), search, depth + 1);
  }
}

type Entries = ReturnType<typeof list>;

function* filesAmong(
  folder: Place,
  entries: Entries,
  { own, included, left }: Search,
): Generator<Definition> {
  for (const entry of entries) {
    const place = folder.at(entry.name);
    if (place.path === own?.path || entry.name.startsWith('.') || leftBehind.test(entry.name))
      continue;
    const file =
      entry.kind === 'link' ? behind(place, own) : entry.kind === 'file' ? place : undefined;
    if (file === 'unknown') {
      yield { path: place.path, text: undefined };
      continue;
    }
    if (!file || (own && isSame(file, own))) continue;
    const text = readIfAllowed(file, left);
    if (text === undefined) continue;
    yield { path: place.path, text };
    for (const [, first = ''] of text.matchAll(include)) included.add(first);
  }
}

/** The first path component of an include, below /etc/apparmor.d. */
const include = /\binclude\s+(?:if\s+exists\s+)?["<]?(?:\/etc\/apparmor\.d\/)?([^\s/<>"]+)/g;

/** The file that a link resolves to at boot; `undefined` for anything else. */
function behind(link: Place, own: Place | undefined): Place | 'unknown' | undefined {
  if (link.root === '/') return lookBehindIfAllowed(link)?.kind === 'file' ? link : undefined;
  let place = link;
  for (let links = 0; links <= maxDepth; links++) {
    // The target may not exist yet.
    if (place.path === own?.path) return undefined;
    const target = readLink(place);
    if (target === undefined) {
      const found = lookAt(place);
      return found ? (found.kind === 'file' ? place : undefined) : 'unknown';
    }
    place = new Place(
      link.root,
      target.startsWith('/') ? target : `${inside(place)}/../${target}`,
      true,
    );
  }
  return 'unknown';
}

/** The path of a place within its own system. */
function inside({ parts }: Place): string {
  return `/${parts.join('/')}`;
}

/** The target of a link on this machine; `undefined` if it must not be followed. */
function lookBehindIfAllowed(link: Place) {
  try {
    return lookBehind(link);
  } catch (error) {
    if (isSdkError(error, 'unsafe-place') || isRefused(error)) return undefined;
    throw error;
  }
}

function isSame(file: Place, own: Place): boolean {
  const [found, mine] = [lookBehind(file), lookAt(own)];
  return (
    found !== undefined && found.stats.ino === mine?.stats.ino && found.stats.dev === mine.stats.dev
  );
}

/** The text of a file; `undefined` if this user may not read it, so that its definitions are unknown. */
function readIfAllowed(file: Place, left: PolicyBudget): string | undefined {
  try {
    const bytes = readBytes(file, maxPolicy);
    left.takeBytes(bytes?.length ?? 0);
    return bytes && new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (isRefused(error)) return undefined;
    throw error;
  }
}

function isRefused(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
}
