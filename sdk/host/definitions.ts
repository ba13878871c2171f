import { parse, profileNames } from '../../policy/index.ts';
import { longestPolicy } from './digest-of.ts';
import { PolicyBudget } from './policy-budget.ts';
import { list, lookAt, lookBehind, Place, PlaceError, readBytes, readLink } from './tree.ts';

/** Folders of /etc/apparmor.d that hold no profiles of their own. */
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

/** How deep folders are looked into, and how many links lead on from one another. */
const deepest = 16;

/** A file that defines a profile, or a link to one. */
export interface Definition {
  path: string;
  /** What it says; `undefined` for a link that boot may follow to what is not there now, so that it can't be told. */
  text: string | undefined;
}

/**
 * Another file below `folder` that defines the profile `name`. Below `/`, links are followed that tree.ts
 * follows. Boot of another root would follow its links from that root on: so they are read and looked behind here, one
 * after the other, and nothing follows them. Throws when the folder holds more than policy does.
 */
export function findDefinition(
  folder: Place,
  name: string,
  own: Place | undefined,
): Definition | undefined {
  return findIn(folder.ofAnybody, name, own?.ofAnybody, 0, new PolicyBudget(folder));
}

function findIn(
  folder: Place,
  name: string,
  own: Place | undefined,
  depth: number,
  left: PolicyBudget,
): Definition | undefined {
  const entries = list(folder);
  left.takeNames(entries.length);
  for (const entry of entries) {
    const place = folder.at(entry.name);
    if (place.path === own?.path || entry.name.startsWith('.')) continue;
    if (entry.kind === 'folder' && !noProfiles.has(entry.name)) {
      if (depth === deepest)
        throw new PlaceError(place.path, 'is deeper than folders of policy are');
      const found = findIn(place, name, own, depth + 1, left);
      if (found !== undefined) return found;
      continue;
    }
    const file =
      entry.kind === 'link' ? behind(place, own) : entry.kind === 'file' ? place : undefined;
    if (file === 'unknown') return { path: place.path, text: undefined };
    if (!file || (own && isSame(file, own))) continue;
    const text = readIfAllowed(file, left);
    if (text?.includes(name) && profileNames(parse(text).file).includes(name)) {
      return { path: place.path, text };
    }
  }
  return undefined;
}

/** The file that a link stands for at boot; `undefined` when it stands for something else. */
function behind(link: Place, own: Place | undefined): Place | 'unknown' | undefined {
  if (link.root === '/') return lookBehindIfAllowed(link)?.kind === 'file' ? link : undefined;
  let place = link;
  for (let links = 0; links <= deepest; links++) {
    // It may not be there yet.
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

/** The path of a place as its own system has it. */
function inside({ parts }: Place): string {
  return `/${parts.join('/')}`;
}

/** Where a link leads on this machine; `undefined` when that is not to be followed. */
function lookBehindIfAllowed(link: Place) {
  try {
    return lookBehind(link);
  } catch (error) {
    if (error instanceof PlaceError || isRefused(error)) return undefined;
    throw error;
  }
}

function isSame(file: Place, own: Place): boolean {
  const [found, mine] = [lookBehind(file), lookAt(own)];
  return (
    found !== undefined && found.stats.ino === mine?.stats.ino && found.stats.dev === mine.stats.dev
  );
}

/** The text of a file; `undefined` when this user may not read it: that it defines something is then not known. */
function readIfAllowed(file: Place, left: PolicyBudget): string | undefined {
  try {
    const bytes = readBytes(file, longestPolicy);
    left.takeBytes(bytes?.length ?? 0);
    return bytes?.toString('utf8');
  } catch (error) {
    if (isRefused(error)) return undefined;
    throw error;
  }
}

function isRefused(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
}
