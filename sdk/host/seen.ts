import { mkdir, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  decodeBase64,
  encodeBase64,
  isTeam,
  type RevokedKeys,
  type SeenCheckpoint,
} from '../../trust/index.ts';
import { type Checkpoint, isHash, type NoteVerifier, parseDecimal } from '../../trust/log/index.ts';
import { homeOf } from '../home.ts';
import { writeFileAtomically } from './atomic.ts';

/**
 * What a host has seen of one log: a folder with an empty file for each checkpoint, named by its size and root, and
 * for each revoked key, named by its team and id. The largest checkpoint counts and a revocation stays, so two runs
 * at once can't make it go backwards, and no crash leaves half of one.
 */
export interface SeenFolder {
  path: string;
}

/** Where a host keeps what it has seen of a log: with the rest of its state. */
export function hostSeenFolder(root: string, log: NoteVerifier): SeenFolder {
  return { path: join(root, 'var/lib/aa-registry/log', folderName(log)) };
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
export async function readSeen({ path }: SeenFolder): Promise<SeenCheckpoint | undefined> {
  const names = await namesIn(path);
  let seen: SeenCheckpoint | undefined;
  for (const name of names) {
    const parsed = parseName(name);
    if (parsed && parsed.size >= (seen?.size ?? 0)) seen = parsed;
  }
  return seen;
}

/** Remembers a verified checkpoint and forgets the smaller ones. */
export async function writeSeen(
  { path }: SeenFolder,
  { size, root }: Pick<Checkpoint, 'size' | 'root'>,
): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o755 });
  await writeFileAtomically(join(path, formatName({ size, root })), '', 0o644);
  for (const name of await readdir(path)) {
    const older = parseName(name);
    if (older && older.size < size) await unlink(join(path, name)).catch(() => {});
  }
}

/** The keys that a host has seen revoked, by team. */
export type RevokedByTeam = ReadonlyMap<string, RevokedKeys>;

/** The most revoked keys that are remembered of a team: a registry allows it 256 keys ever, and may not be honest. */
const mostRevoked = 1024;

/** The keys that were seen revoked, in any of these folders that may be read. */
export async function readRevoked(...folders: SeenFolder[]): Promise<RevokedByTeam> {
  const revoked = new Map<string, Set<string>>();
  const names = await Promise.all(folders.map(({ path }) => namesIn(path, 'EACCES')));
  for (const name of names.flat()) {
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
  await mkdir(folder.path, { recursive: true, mode: 0o755 });
  for (const keyId of added.slice(0, mostRevoked - known.size)) {
    const name = `revoked.${team}.${keyId.slice('sha256:'.length)}`;
    await writeFileAtomically(join(folder.path, name), '', 0o644);
  }
}

function namesIn(path: string, ...ignored: string[]): Promise<string[]> {
  return readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || ignored.includes(error.code ?? '')) return [];
    throw error;
  });
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
