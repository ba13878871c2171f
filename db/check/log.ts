import { and, asc, eq, gt } from 'drizzle-orm';
import { encodeHex } from '../../trust/index.ts';
import {
  appendLeaf,
  emptyFrontier,
  type Frontier,
  type LogEntry,
  leafHash,
  type NoteVerifier,
  openNote,
  parseCheckpoint,
  parseEntry,
  rootOf,
  sameHash,
  tileWidth,
} from '../../trust/log/index.ts';
import type { Database } from '../database.ts';
import { readLogHead } from '../log.ts';
import { logEntries, logTiles } from '../schema.ts';
import type { Report } from './report.ts';

/** The number of entries per query. */
const pageLength = 1000;

/** The log's valid entries, oldest first, with their indices. */
export async function* entriesOf(db: Database): AsyncGenerator<[index: number, entry: LogEntry]> {
  for await (const [index, text] of textsOf(db)) {
    const entry = parseEntry(new TextEncoder().encode(text));
    if (entry) yield [index, entry];
  }
}

async function* textsOf(db: Database): AsyncGenerator<[index: number, text: string]> {
  for (let after = -1; ; ) {
    const page = await db
      .select()
      .from(logEntries)
      .where(gt(logEntries.index, after))
      .orderBy(asc(logEntries.index))
      .limit(pageLength);
    for (const { index, data } of page) yield [index, data];
    const last = page.at(-1);
    if (!last) return;
    after = last.index;
  }
}

/** The incomplete tile of each level, computed from the entries. */
type OpenTiles = Map<number, string[]>;

/**
 * Checks that the entries have no gap, match the stored tiles, head and checkpoint, and that `key`, if known, signed the
 * checkpoint. Returns the size of the log.
 */
export async function checkLog(
  db: Database,
  key: NoteVerifier | undefined,
  report: Report,
  progress: (entries: number) => void,
): Promise<number> {
  let frontier: Frontier = emptyFrontier;
  const open: OpenTiles = new Map();
  for await (const [index, text] of textsOf(db)) {
    if (index !== frontier.size) {
      report('entry-missing', `entry ${frontier.size} of the log is missing; ${index} follows`);
      // Without it there is no tree to compare with.
      return index;
    }
    const bytes = new TextEncoder().encode(text);
    if (!parseEntry(bytes)) report('entry-malformed', `entry ${index} is malformed`);
    const appended = appendLeaf(frontier, leafHash(bytes));
    frontier = appended.frontier;
    for (const { level, index: place, hash } of appended.tileHashes) {
      const hashes = open.get(level) ?? [];
      hashes.push(encodeHex(hash));
      open.set(level, hashes);
      if (hashes.length < 256) continue;
      await checkTile(db, level, Math.floor(place / 256), hashes, report);
      open.set(level, []);
    }
    if (frontier.size % pageLength === 0) progress(frontier.size);
  }
  const { size } = frontier;
  for (const [level, hashes] of open) {
    const index = Math.floor(size / 256 ** (level + 1));
    if (hashes.length > 0) await checkTile(db, level, index, hashes, report);
  }
  for (const { level, index } of await db
    .select({ level: logTiles.level, index: logTiles.index })
    .from(logTiles)) {
    if (tileWidth(level, index, size) === 0) {
      report('tile-differs', `tile ${level}/${index} is beyond the end of the log`);
    }
  }
  await checkHead(db, frontier, key, report);
  return size;
}

async function checkTile(
  db: Database,
  level: number,
  index: number,
  hashes: string[],
  report: Report,
): Promise<void> {
  const [tile] = await db
    .select()
    .from(logTiles)
    .where(and(eq(logTiles.level, level), eq(logTiles.index, index)));
  if (tile?.hashes === hashes.join('')) return;
  report(
    'tile-differs',
    `tile ${level}/${index} ${tile ? 'does not match the hashes of its entries' : 'is missing'}`,
  );
}

async function checkHead(
  db: Database,
  frontier: Frontier,
  key: NoteVerifier | undefined,
  report: Report,
): Promise<void> {
  const head = await readLogHead(db).catch(() => undefined);
  const { size } = frontier;
  const computed = frontier.hashes.map(encodeHex).join('');
  const stored = head?.frontier.hashes.map(encodeHex).join('');
  if (head?.frontier.size !== size || stored !== computed) {
    report('head-differs', `the log's head does not match its ${size} entries`);
  }
  const checkpoint = head?.checkpoint ?? '';
  if (size === 0 && checkpoint === '') return;
  const text = checkpoint.split('\n\n')[0] ?? '';
  const parsed = parseCheckpoint(`${text}\n`);
  if (!parsed) return report('checkpoint-invalid', 'the checkpoint is malformed');
  if (parsed.size !== size || !sameHash(parsed.root, rootOf(frontier))) {
    report('checkpoint-invalid', `the checkpoint does not match the log's ${size} entries`);
  }
  if (!key) return;
  const opened = await openNote(checkpoint, [key]);
  if (!opened.ok) report('checkpoint-invalid', `the checkpoint: ${opened.reason}`);
  else if (parsed.origin !== key.name) {
    report(
      'checkpoint-invalid',
      `the checkpoint's origin is ${parsed.origin}, the key's name ${key.name}`,
    );
  }
}
