import { join, relative, resolve } from 'node:path';
import {
  decodeBase64,
  encodeBase64,
  isTeam,
  type RevokedKeys,
  type SeenCheckpoint,
} from '../../trust/index.ts';
import { type Checkpoint, isHash, type NoteVerifier, parseDecimal } from '../../trust/log/index.ts';
import { homeOf } from '../home.ts';
import { statePlace } from './state.ts';
import { list, Place, remove, write } from './tree.ts';

/**
 * What a host has seen of one log: a folder with an empty file for each checkpoint, named by its size and root, and
 * for each revoked key, named by its team and id. The largest checkpoint counts and a revocation stays, so two runs
 * at once can't make it go backwards, and no crash leaves half of one.
 */
export interface SeenFolder {
  path: string;
  /** The system's root that it is below; absent where it is a user's own. */
  root?: string;
}

function placeOf({ path, root }: SeenFolder): Place {
  // Whose a user's home is does not matter here: in a CI job it may be anybody's.
  return root === undefined
    ? new Place('/', resolve(path)).ofAnybody
    : new Place(root, relative(root, path));
}

/** Where a host keeps what it has seen of a log: with the rest of its state. */
export function hostSeenFolder(root: string, log: NoteVerifier): SeenFolder {
  return { root: resolve(root), path: statePlace(root, 'log', folderName(log)).path };
}

/** Where a user who installs nothing keeps it. */
export function userSeenFolder(env: NodeJS.ProcessEnv, log: NoteVerifier): SeenFolder {
  const state = env.XDG_STATE_HOME || join(homeOf(env), '.local/state');
  return { path: join(state, 'aa-registry/log', folderName(log)) };
}

/** By the key too: two logs may have one name. */
function folderName({ name, id }: NoteVerifier): string {
  return encodeURIComponent(`${name}+${id}`);
}

/** The largest checkpoint seen; `undefined` on first contact. */
export async function readSeen(folder: SeenFolder): Promise<SeenCheckpoint | undefined> {
  let seen: SeenCheckpoint | undefined;
  for (const { name } of list(placeOf(folder))) {
    const parsed = parseName(name);
    if (parsed && parsed.size >= (seen?.size ?? 0)) seen = parsed;
  }
  return seen;
}

/** Remembers a verified checkpoint and forgets the smaller ones. */
export async function writeSeen(
  folder: SeenFolder,
  { size, root }: Pick<Checkpoint, 'size' | 'root'>,
): Promise<void> {
  const place = placeOf(folder);
  await write(place.at(formatName({ size, root })), '', 0o644);
  for (const { name, kind } of list(place)) {
    const older = parseName(name);
    if (older && older.size < size && kind !== 'folder') remove(place.at(name));
  }
}

/** The keys that a host has seen revoked, by team. */
export type RevokedByTeam = ReadonlyMap<string, RevokedKeys>;

/** The most revoked keys that are remembered of a team: a registry allows it 256 keys ever, and may not be honest. */
const maxRevoked = 1024;

/** The keys that were seen revoked, in any of these folders that may be read. */
export async function readRevoked(...folders: SeenFolder[]): Promise<RevokedByTeam> {
  const revoked = new Map<string, Set<string>>();
  for (const { name } of folders.flatMap(readable)) {
    const [, team = '', digits = ''] = /^revoked\.([^.]+)\.([0-9a-f]{64})$/.exec(name) ?? [];
    if (!isTeam(team)) continue;
    const keys = revoked.get(team) ?? new Set();
    revoked.set(team, keys.add(`sha256:${digits}`));
  }
  return revoked;
}

/** Remembers for good that the log has shown these keys of a team to be revoked. */
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
    await write(place.at(name), '', 0o644);
  }
}

/** What a folder holds; nothing where this user may not look into it. */
function readable(folder: SeenFolder): { name: string }[] {
  try {
    return list(placeOf(folder));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return [];
    throw error;
  }
}

/** Base64 has a slash, which a file's name can't have. */
function formatName({ size, root }: SeenCheckpoint): string {
  return `${size}.${encodeBase64(root).replaceAll('/', '_')}`;
}

function parseName(name: string): SeenCheckpoint | undefined {
  const [decimal = '', encoded = ''] = name.split('.');
  const size = parseDecimal(decimal);
  const root = decodeBase64(encoded.replaceAll('_', '/'));
  return size !== undefined && isHash(root) ? { size, root } : undefined;
}
