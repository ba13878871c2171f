import { join, relative, resolve } from 'node:path';
import {
  decodeBase64,
  encodeBase64,
  isTeam,
  type RevokedKeys,
  type SeenCheckpoint,
} from '../../trust/index.ts';
import { type Checkpoint, isHash, type NoteVerifier, parseDecimal } from '../../trust/log/index.ts';
import { type Environment, homeOf } from '../home.ts';
import { statePlace } from './state.ts';
import { createEmpty, list, Place, remove, writeTrouble } from './tree.ts';

/**
 * The checkpoints and revocations that a host has seen of one log: a folder with an empty file for each checkpoint,
 * named by size and root, and for each revoked key, named by team and id. The largest checkpoint counts and revocations
 * stay, so concurrent runs can't move it back, and a crash can't leave a partial file.
 */
export interface SeenFolder {
  path: string;
  /** The system's root that contains it; absent for a user's own. */
  root?: string;
  /** Another folder that is also read, where permitted, and never written. */
  also?: SeenFolder;
}

function placeOf({ path, root }: SeenFolder): Place {
  // The owner of a user's home is not checked: in a CI job it may be any user.
  return root === undefined
    ? new Place('/', resolve(path)).ofAnybody
    : new Place(root, relative(root, path));
}

/** The place of what a host has seen of a log, in its state folder. */
export function hostSeenFolder(root: string, log: NoteVerifier): SeenFolder {
  return { root: resolve(root), path: statePlace(root, 'log', folderName(log)).path };
}

/**
 * The folders for what was seen of the log: the host's, if this process may write there, as root may. Otherwise, and
 * for a command that installs nothing with a trust file other than the host's, the user's own folder, with the host's
 * read as well. Root does not read a user's: `sudo` may preserve HOME.
 */
export function seenFolder(
  env: Environment,
  root: string,
  log: NoteVerifier,
  { isForeign = false } = {},
): SeenFolder {
  const host = hostSeenFolder(root, log);
  if (!isForeign && mayWrite(placeOf(host))) return host;
  const state = env.XDG_STATE_HOME || join(homeOf(env), '.local/state');
  return { path: join(state, 'aa-registry/log', folderName(log)), also: host };
}

/** Whether this process may write to a folder, or create it; the root itself is never created. */
function mayWrite(folder: Place): boolean {
  const trouble = writeTrouble(folder);
  if (trouble !== 'ENOENT') return trouble === undefined;
  return folder.parts.length > 0 && mayWrite(folder.parent);
}

/** Includes the key, since two logs may have the same name. */
function folderName({ name, id }: NoteVerifier): string {
  return encodeURIComponent(`${name}+${id}`);
}

/** The largest checkpoint seen; `undefined` on first contact. */
export async function readSeen(folder: SeenFolder): Promise<SeenCheckpoint | undefined> {
  const all = await readAllSeen(folder);
  return all.sort((a, b) => b.size - a.size)[0];
}

/** The largest checkpoint of each folder read, as the host's and the user's may differ. */
export async function readAllSeen(folder: SeenFolder): Promise<SeenCheckpoint[]> {
  let seen: SeenCheckpoint | undefined;
  for (const { name } of list(placeOf(folder))) {
    const parsed = parseName(name);
    if (parsed && parsed.size >= (seen?.size ?? 0)) seen = parsed;
  }
  const others = folder.also ? await readable(folder.also, readAllSeen) : [];
  return seen ? [seen, ...others] : others;
}

/** Stores a verified checkpoint and removes the smaller ones. */
export async function writeSeen(
  folder: SeenFolder,
  { size, root }: Pick<Checkpoint, 'size' | 'root'>,
): Promise<void> {
  const place = placeOf(folder);
  createEmpty(place.at(formatName({ size, root })), 0o644);
  for (const { name, kind } of list(place)) {
    const older = parseName(name);
    if (older && older.size < size && kind !== 'folder') remove(place.at(name));
  }
}

/** The keys seen revoked, by team. */
export type RevokedByTeam = ReadonlyMap<string, RevokedKeys>;

/**
 * The maximum number of revoked keys stored for a team: a registry allows it 256 keys in total, and may be dishonest.
 */
const maxRevoked = 1024;

/** The keys seen revoked, from all folders that may be read. */
export async function readRevoked(...folders: SeenFolder[]): Promise<RevokedByTeam> {
  const revoked = new Map<string, Set<string>>();
  const all = folders.flatMap((folder) => (folder.also ? [folder, folder.also] : [folder]));
  const entries = await Promise.all(
    all.map((folder) => readable(folder, async (one) => list(placeOf(one)))),
  );
  for (const { name } of entries.flat()) {
    const [, team = '', digits = ''] = /^revoked\.([^.]+)\.([0-9a-f]{64})$/.exec(name) ?? [];
    if (!isTeam(team)) continue;
    const keys = revoked.get(team) ?? new Set();
    revoked.set(team, keys.add(`sha256:${digits}`));
  }
  return revoked;
}

/** Stores permanently that the log proves these keys of a team to be revoked. */
export async function writeRevoked(
  folder: SeenFolder,
  team: string,
  revoked: RevokedKeys = new Set(),
): Promise<void> {
  const known = (await readRevoked(folder)).get(team) ?? new Set();
  const added = [...revoked].filter((keyId) => !known.has(keyId));
  if (added.length === 0) return;
  const place = placeOf(folder);
  for (const keyId of added.slice(0, Math.max(0, maxRevoked - known.size))) {
    const name = `revoked.${team}.${keyId.slice('sha256:'.length)}`;
    createEmpty(place.at(name), 0o644);
  }
}

/** The names in a folder; empty if this user may not read it. */
async function readable<T>(
  folder: SeenFolder,
  read: (folder: SeenFolder) => Promise<T[]>,
): Promise<T[]> {
  try {
    return await read(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return [];
    throw error;
  }
}

/** Base64 contains slashes, which file names can't. */
function formatName({ size, root }: SeenCheckpoint): string {
  return `${size}.${encodeBase64(root).replaceAll('/', '_')}`;
}

function parseName(name: string): SeenCheckpoint | undefined {
  const [decimal = '', encoded = ''] = name.split('.');
  const size = parseDecimal(decimal);
  const root = decodeBase64(encoded.replaceAll('_', '/'));
  return size !== undefined && isHash(root) ? { size, root } : undefined;
}
