import { LRUCache } from 'lru-cache';
import type { Database } from '../../db/database.ts';
import {
  type CosignedCheckpoint,
  growLog,
  type LogHead,
  readCosignedLog,
  readLogHead,
  readLogTile,
  readLogWithEntries,
  type Statement,
} from '../../db/log.ts';
import {
  appendLeaf,
  cosign,
  cosignerOf,
  type Frontier,
  formatEntry,
  formatTilePath,
  fullWidth,
  type Hash,
  type LogEntry,
  leafHash,
  type NoteKey,
  proveAppended,
  proveConsistency,
  proveInclusion,
  rootOf,
  signCheckpoint,
  statedTime,
  type Tile,
} from '../../trust/log/index.ts';
import { logError } from '../observability/text-log.ts';
import type { AppendedEntry, Log } from '../ports.ts';
import { waitAtMost } from '../wait.ts';
import { cosignaturesOf, createCosigning } from './cosigning.ts';
import { addCosignatures, type Witness } from './witness.ts';

/** The maximum number of attempts to append while other writers win. */
const maxAttempts = 200;

/**
 * How long a cosigned checkpoint is served in place of a newer one without cosignatures, in milliseconds: new entries
 * must not stay hidden when witnesses fail.
 */
const cosignedLifetime = 600_000;

/** How long an append waits for witnesses, and how often it checks, in milliseconds. */
const publisherTimeout = 8_000;
const pollInterval = 100;

/** When a cosigning run counts as ended, in milliseconds: on Workers it may be cancelled. */
const cosigningDeadline = 10_000;

/** The maximum number of cached full tiles of 8 KiB: they never change, and every proof reads some. */
const maxCachedTiles = 512;

export interface LogOptions {
  db: Database;
  /** The log's key; it also cosigns, with a timestamp. */
  key: NoteKey;
  now: () => Date;
  /**
   * Runs appends one at a time, which saves retries. Left out on Workers, where a cancelled request would block the
   * others.
   */
  serialize?: Serialize;
  /** The witnesses that cosign checkpoints. */
  witnesses?: readonly Witness[];
}

/** Runs work after all earlier work has ended. */
export type Serialize = <Result>(work: () => Promise<Result>) => Promise<Result>;

export function createSerializer(): Serialize {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}

/**
 * Skips work while other work runs, for up to `deadline` milliseconds: on Workers, waiting for another request's work
 * may never end.
 */
function unlessBusy(deadline: number): (work: () => Promise<void>) => Promise<void> {
  let until = 0;
  return async (work) => {
    const start = performance.now();
    if (start < until) return;
    const end = start + deadline;
    until = end;
    try {
      await work();
    } finally {
      if (until === end) until = 0;
    }
  };
}

function newest(one: LogHead | undefined, other: LogHead | undefined): LogHead | undefined {
  if (!one || !other) return one ?? other;
  return one.frontier.size >= other.frontier.size ? one : other;
}

/** The log in `db`, signed by `key`. Concurrent appends by other processes are retried. */
export function createLog(options: LogOptions): Log {
  const { db, key, now, serialize = (work) => work(), witnesses = [] } = options;
  /** The head after this process's last append: saves a read, and a wrong guess only costs a retry. */
  let known: LogHead | undefined;
  let cosigner: NoteKey | undefined;

  const fullTiles = new LRUCache<string, Uint8Array>({ max: maxCachedTiles });

  const readTile = async (tile: Tile): Promise<Uint8Array> => {
    const { level, index, width } = tile;
    const path = formatTilePath(tile);
    const cached = fullTiles.get(path);
    if (cached) return cached;
    const hashes = await readLogTile(db, level, index, width);
    if (!hashes) throw new Error(`tile ${level}/${index} of the log is missing`);
    if (width === fullWidth) fullTiles.set(path, hashes);
    return hashes;
  };

  const consistency = (first: number, second: number): Promise<Hash[]> =>
    proveConsistency(first, second, readTile);

  const runCosigning = createCosigning({ db, witnesses, proveConsistency: consistency });
  const serializeCosigning = options.serialize ? createSerializer() : unlessBusy(cosigningDeadline);

  async function requestCosignatures(): Promise<void> {
    if (witnesses.length === 0) return;
    await serializeCosigning(runCosigning).catch(logError);
  }

  /** Whether a cosigned checkpoint is still served although the log has grown. */
  function isRecent(cosigned: CosignedCheckpoint): boolean {
    const times = cosignaturesOf(cosigned).map(({ signature }) => statedTime(signature) ?? 0);
    return Math.max(0, ...times) * 1000 > now().getTime() - cosignedLifetime;
  }

  async function chooseCheckpoint(minSize: number | undefined) {
    const { head, cosigned } =
      witnesses.length > 0
        ? await readCosignedLog(db)
        : { head: await readLogHead(db), cosigned: undefined };
    const { size } = head.frontier;
    if (cosigned) {
      const isAcceptable =
        minSize === undefined ? size > cosigned.completedSize : cosigned.size >= minSize;
      const isOlder = cosigned.size < size && isAcceptable && isRecent(cosigned);
      if (cosigned.checkpoint === head.checkpoint || isOlder) {
        return { ...cosigned, cosignatures: cosignaturesOf(cosigned) };
      }
    }
    return { size, checkpoint: head.checkpoint || (await sign(head.frontier)), cosignatures: [] };
  }

  async function sign(frontier: Frontier): Promise<string> {
    return signCheckpoint({ origin: key.name, size: frontier.size, root: rootOf(frontier) }, key);
  }

  async function addOwnCosignature(checkpoint: string): Promise<string> {
    cosigner ??= await cosignerOf(key);
    return cosign(checkpoint, cosigner, now());
  }

  async function grow(text: string, head: LogHead): Promise<[LogHead, Statement[]]> {
    const hash = leafHash(new TextEncoder().encode(text));
    const { frontier, tileHashes } = appendLeaf(head.frontier, hash);
    const after = { frontier, checkpoint: await sign(frontier) };
    return [after, growLog(db, { entry: text, tileHashes, before: head, after })];
  }

  async function tryToAppend(
    entry: LogEntry,
    statements: (index: number) => Statement[],
    superseded: () => Promise<boolean>,
    latest: LogHead | undefined,
  ): Promise<AppendedEntry | undefined> {
    const text = formatEntry(entry);
    /** Indexes where the entry may have been committed although the response was lost. */
    const tried = new Set<number>();
    let failed: { error: unknown; head: LogHead; guessed: boolean } | undefined;
    for (let attempt = 1; ; attempt++) {
      const isSuperseded = failed !== undefined && (await superseded());
      const guessed = failed === undefined ? newest(known, latest) : undefined;
      const { head, entries } =
        tried.size > 0
          ? await readLogWithEntries(db, [...tried])
          : { head: guessed ?? (await readLogHead(db)), entries: new Map<number, string>() };
      for (const [place, data] of entries) {
        if (data === text) return { index: place };
        tried.delete(place);
      }
      if (isSuperseded) return undefined;
      // If the log has not changed, another writer was not the cause.
      if (failed && !failed.guessed) {
        const isStill = head.checkpoint === failed.head.checkpoint;
        if (isStill || attempt > maxAttempts) throw failed.error;
      }
      const index = head.frontier.size;
      const [next, growth] = await grow(text, head);
      try {
        await db.batch([...statements(index), ...growth] as [Statement, ...Statement[]]);
        known = next;
        const inclusion = proveAppended(head.frontier);
        const prove = async () => ({
          entry: text,
          inclusion,
          checkpoint: await addOwnCosignature(next.checkpoint),
        });
        return witnesses.length === 0 ? { index, prove } : { index };
      } catch (error) {
        known = undefined;
        tried.add(index);
        failed = { error, head, guessed: guessed !== undefined };
        if (!guessed)
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * attempt));
      }
    }
  }

  return {
    verifier: key.verifier,
    append: (entry, statements, superseded, head) =>
      serialize(() => tryToAppend(entry, statements, superseded, head)),
    async checkpoint(minSize) {
      const { size, checkpoint, cosignatures } = await chooseCheckpoint(minSize);
      return { size, note: addCosignatures(await addOwnCosignature(checkpoint), cosignatures) };
    },
    cosign: requestCosignatures,
    async cosignUpTo(size, waitUntil = () => {}) {
      if (witnesses.length === 0) return;
      const end = performance.now() + publisherTimeout;
      for (;;) {
        const requesting = requestCosignatures();
        waitUntil(requesting);
        await waitAtMost(requesting, end - performance.now());
        const { cosigned } = await readCosignedLog(db);
        const isCompleted = cosigned !== undefined && cosigned.completedSize >= size;
        if (isCompleted || performance.now() >= end) return;
        await new Promise((resolve) => setTimeout(resolve, pollInterval));
      }
    },
    proveInclusion: (index, size) => proveInclusion(index, size, readTile),
    proveConsistency: consistency,
  };
}
