import { LRUCache } from 'lru-cache';
import type { Database } from '../../db/database.ts';
import {
  type CosignedCheckpoint,
  readCosignedLog,
  readLogHead,
  readLogTile,
} from '../../db/log.ts';
import {
  cosign,
  cosignerOf,
  type Frontier,
  formatTilePath,
  fullWidth,
  type Hash,
  type NoteKey,
  proveConsistency,
  proveInclusion,
  rootOf,
  signCheckpoint,
  statedTime,
  type Tile,
} from '../../trust/log/index.ts';
import { logError } from '../observability/text-log.ts';
import type { Log } from '../ports.ts';
import { waitAtMost } from '../wait.ts';
import { createAppender } from './append.ts';
import { cosignaturesOf, createCosigning } from './cosigning.ts';
import { addCosignatures, type Witness } from './witness.ts';

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
   * Whether appends that arrive during a transaction are committed together in the next, since each waits for the disk; and
   * cosigning runs follow one another. Off on Workers, where a cancelled request would block the others.
   */
  grouped?: boolean;
  /** The witnesses that cosign checkpoints. */
  witnesses?: readonly Witness[];
}

/** Runs work after all earlier work has ended. */
function serially(): (work: () => Promise<void>) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
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

/** The log in `db`, signed by `key`. Concurrent appends by other processes are retried. */
export function createLog(options: LogOptions): Log {
  const { db, key, now, grouped = false, witnesses = [] } = options;
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
  const scheduleCosigning = grouped ? serially() : unlessBusy(cosigningDeadline);

  async function requestCosignatures(): Promise<void> {
    if (witnesses.length === 0) return;
    await scheduleCosigning(runCosigning).catch(logError);
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

  const append = createAppender({
    ...{ db, sign, grouped },
    proofOf: (entry, { inclusion, checkpoint }) =>
      witnesses.length === 0
        ? async () => ({ entry, inclusion, checkpoint: await addOwnCosignature(checkpoint) })
        : undefined,
  });

  return {
    verifier: key.verifier,
    append: (entry, statements, superseded, head) =>
      append({ entry, statements, superseded, head }),
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
