import { and, asc, eq, gte, inArray, lt, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import { decodeHex, encodeHex } from '../trust/index.ts';
import { emptyFrontier, type Frontier, type TileHash } from '../trust/log/index.ts';
import type { Database } from './database.ts';
import { prepared } from './prepared.ts';
import { logCosigned, logEntries, logHead, logTiles } from './schema.ts';

/** The hashes that a full tile holds (C2SP tlog-tiles). */
const tileWidth = 256;

/** The one row of the log's head. */
const headId = 1;

/** A statement for a transaction. */
export type Statement = BatchItem<'sqlite'>;

/** The head of the log. */
export interface LogHead {
  frontier: Frontier;
  /** The checkpoint, signed by the log's key; empty before the first entry. */
  checkpoint: string;
}

/** The writes of an append, for one transaction. */
export interface LogGrowth {
  /** The entry's exact bytes as text; its index is the size of `before`. */
  entry: string;
  tileHashes: TileHash[];
  before: LogHead;
  after: LogHead;
}

/** A checkpoint with cosignatures of witnesses. */
export type CosignedCheckpoint = Omit<typeof logCosigned.$inferSelect, 'id'>;

/** The query of {@link readLogHead}. */
export const logHeadQuery = prepared((db) =>
  db.select().from(logHead).where(eq(logHead.id, headId)),
);

export async function readLogHead(db: Database): Promise<LogHead> {
  return toHead(await logHeadQuery(db).get());
}

/** The head and some entries of the log, in one snapshot. */
export async function readLogWithEntries(
  db: Database,
  indexes: readonly number[],
): Promise<{ head: LogHead; entries: Map<number, string> }> {
  const rows = await db
    .select()
    .from(logHead)
    .leftJoin(logEntries, inArray(logEntries.index, [...indexes]))
    .where(eq(logHead.id, headId));
  const entries = new Map<number, string>();
  for (const { log_entries: entry } of rows) if (entry) entries.set(entry.index, entry.data);
  return { head: toHead(rows[0]?.log_head), entries };
}

const cosignedHead = prepared((db) =>
  db
    .select()
    .from(logHead)
    .leftJoin(logCosigned, eq(logCosigned.id, logHead.id))
    .where(eq(logHead.id, headId)),
);

/** The head of the log and the newest cosigned checkpoint, in one snapshot. */
export async function readCosignedLog(
  db: Database,
): Promise<{ head: LogHead; cosigned: CosignedCheckpoint | undefined }> {
  const row = await cosignedHead(db).get();
  return { head: toHead(row?.log_head), cosigned: row?.log_cosigned ?? undefined };
}

/**
 * Stores a cosigned checkpoint. Returns `false`, and changes nothing, when a larger one is stored or the stored one has
 * changed since `before` was read.
 */
export async function saveCosigned(
  db: Database,
  row: CosignedCheckpoint,
  before: CosignedCheckpoint | undefined,
): Promise<boolean> {
  const { size, cosignatures } = before ?? { size: -1, cosignatures: '' };
  const saved = await db
    .insert(logCosigned)
    .values({ id: headId, ...row })
    .onConflictDoUpdate({
      target: logCosigned.id,
      set: row,
      setWhere: sql`${logCosigned.size} < ${row.size}
        OR (${logCosigned.size} = ${size} AND ${logCosigned.cosignatures} = ${cosignatures})`,
    });
  return saved.rowsAffected > 0;
}

/** Records that all witnesses have responded or failed for a tree of this size that none has cosigned. */
export async function saveCompletedSize(db: Database, size: number): Promise<void> {
  await db
    .insert(logCosigned)
    .values({ id: headId, size: 0, checkpoint: '', cosignatures: '', completedSize: size })
    .onConflictDoUpdate({
      target: logCosigned.id,
      set: { completedSize: size },
      setWhere: lt(logCosigned.completedSize, size),
    });
}

/** The head in its row; of an empty log without one. */
export function toHead(head: typeof logHead.$inferSelect | undefined): LogHead {
  if (!head) return { frontier: emptyFrontier, checkpoint: '' };
  const bytes = decodeHex(head.frontier);
  const hashes = [];
  for (let at = 0; at < bytes.length; at += 32) hashes.push(bytes.slice(at, at + 32));
  return { frontier: { size: head.size, hashes }, checkpoint: head.checkpoint };
}

/**
 * The statements that append to the log. They fail, with their whole transaction, unless the head is still `before`: the
 * entry's index is a primary key, and the head's columns are NOT NULL.
 */
export function growLog(
  db: Database,
  { entry, tileHashes, before, after }: LogGrowth,
): [Statement, ...Statement[]] {
  const { size, hashes } = after.frontier;
  const row = { size, frontier: hashes.map(encodeHex).join(''), checkpoint: after.checkpoint };
  return [
    db.insert(logEntries).values({ index: before.frontier.size, data: entry }),
    ...tileHashes.map(({ level, index, hash }) =>
      db
        .insert(logTiles)
        .values({ level, index: Math.floor(index / tileWidth), hashes: encodeHex(hash) })
        .onConflictDoUpdate({
          target: [logTiles.level, logTiles.index],
          set: { hashes: sql`${logTiles.hashes} || excluded.hashes` },
        }),
    ),
    before.checkpoint === ''
      ? db.insert(logHead).values({ id: headId, ...row })
      : db
          .update(logHead)
          .set({
            ...row,
            size: sql`CASE WHEN ${logHead.checkpoint} = ${before.checkpoint} THEN ${size} END`,
          })
          .where(eq(logHead.id, headId)),
  ];
}

const tileAt = prepared((db) =>
  db
    .select({ hashes: logTiles.hashes })
    .from(logTiles)
    .where(
      and(
        eq(logTiles.level, sql.placeholder('level')),
        eq(logTiles.index, sql.placeholder('index')),
      ),
    ),
);

/** The first `width` hashes of a tile, concatenated; `undefined` if it has fewer. */
export async function readLogTile(
  db: Database,
  level: number,
  index: number,
  width: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const tile = await tileAt(db).get({ level, index });
  const length = width * 64;
  if (!tile || tile.hashes.length < length) return undefined;
  return decodeHex(tile.hashes.slice(0, length));
}

const entriesBetween = prepared((db) =>
  db
    .select({ data: logEntries.data })
    .from(logEntries)
    .where(
      and(
        gte(logEntries.index, sql.placeholder('start')),
        lt(logEntries.index, sql.placeholder('end')),
      ),
    )
    .orderBy(asc(logEntries.index)),
);

/** The entries from `start` up to, but not including, `end`. */
export async function readLogEntries(db: Database, start: number, end: number): Promise<string[]> {
  const rows = await entriesBetween(db).all({ start, end });
  return rows.map(({ data }) => data);
}
