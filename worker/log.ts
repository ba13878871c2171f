import { LRUCache } from 'lru-cache';
import type { Database } from '../db/database.ts';
import { growLog, type LogHead, readLogHead, readLogTile, type Statement } from '../db/log.ts';
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
  proveConsistency,
  proveInclusion,
  rootOf,
  signCheckpoint,
  type Tile,
} from '../trust/log/index.ts';
import { addCosignatures, type Witnesses } from './witness.ts';

/** How often an append is tried while other writers keep taking its place. */
const maximumTries = 200;

/** How often a checkpoint is taken anew while witnesses have cosigned later ones already. */
const maximumCheckpoints = 20;

/** How many full tiles are kept in memory, of 8 KiB each: they never change, and every proof reads some. */
const keptTiles = 512;

/** The registry's transparency log: what it records can't be taken back unseen. */
export interface Log {
  /** The verifier of the log's key, which hosts pin. */
  verifier: string;
  /**
   * Appends an entry in one transaction with the statements that it is about, which are told its index.
   * `undefined` when `superseded` says meanwhile that there is nothing left to do.
   */
  append(
    entry: LogEntry,
    statements: (index: number) => Statement[],
    superseded: () => Promise<boolean>,
  ): Promise<number | undefined>;
  /** Where the log stands: its size, and the checkpoint cosigned with the present time. */
  checkpoint(): Promise<{ size: number; note: string }>;
  /** The hashes by which an entry is shown to be in the tree of that size. */
  proveInclusion(index: number, size: number): Promise<Hash[]>;
  /** The hashes by which the tree of size `second` is shown to begin with that of size `first`. */
  proveConsistency(first: number, second: number): Promise<Hash[]>;
}

export interface LogOptions {
  db: Database;
  /** The log's key; it also cosigns, with a timestamp. */
  key: NoteKey;
  now: () => Date;
  /**
   * Runs one append after another, which saves retries. Left out on Workers: there a request that is cancelled
   * would hold up all that wait for it.
   */
  inTurn?: Turns;
  /** Who cosigns the checkpoints too; nobody when left out. */
  witnesses?: Witnesses | undefined;
}

/** Lets work wait until all that came before it has ended. */
export type Turns = <Result>(work: () => Promise<Result>) => Promise<Result>;

export function takeTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}

/** The log in `db`, signed by `key`. Whoever appends at the same time elsewhere costs a retry, no more. */
export function createLog(options: LogOptions): Log {
  const { db, key, now, inTurn = (work) => work(), witnesses } = options;
  /** Where this process left the log: saves a read, and a wrong guess only costs a retry. */
  let known: LogHead | undefined;
  let cosigner: NoteKey | undefined;

  const fullTiles = new LRUCache<string, Uint8Array>({ max: keptTiles });

  const readTile = async (tile: Tile): Promise<Uint8Array> => {
    const { level, index, width } = tile;
    const path = formatTilePath(tile);
    const kept = fullTiles.get(path);
    if (kept) return kept;
    const hashes = await readLogTile(db, level, index, width);
    if (!hashes) throw new Error(`tile ${level}/${index} of the log is missing`);
    if (width === fullWidth) fullTiles.set(path, hashes);
    return hashes;
  };

  const consistency = (first: number, second: number): Promise<Hash[]> =>
    proveConsistency(first, second, readTile);

  async function sign(frontier: Frontier): Promise<string> {
    return signCheckpoint({ origin: key.name, size: frontier.size, root: rootOf(frontier) }, key);
  }

  async function grow(entry: LogEntry, head: LogHead): Promise<[LogHead, Statement[]]> {
    const text = formatEntry(entry);
    const hash = leafHash(new TextEncoder().encode(text));
    const { frontier, tileHashes } = appendLeaf(head.frontier, hash);
    const after = { frontier, checkpoint: await sign(frontier) };
    return [after, growLog(db, { entry: text, tileHashes, before: head, after })];
  }

  async function tryToAppend(
    entry: LogEntry,
    statements: (index: number) => Statement[],
    superseded: () => Promise<boolean>,
  ): Promise<number | undefined> {
    for (let attempt = 1; ; attempt++) {
      const guessed = known;
      const head = guessed ?? (await readLogHead(db));
      const index = head.frontier.size;
      const [next, growth] = await grow(entry, head);
      try {
        await db.batch([...statements(index), ...growth] as [Statement, ...Statement[]]);
        known = next;
        return index;
      } catch (error) {
        known = undefined;
        if (await superseded()) return undefined;
        if (guessed) continue;
        // Where nobody else has appended, it is not the race for a place that failed.
        const now = await readLogHead(db);
        if (now.checkpoint === head.checkpoint || attempt >= maximumTries) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * attempt));
      }
    }
  }

  return {
    verifier: key.verifier,
    append: (entry, statements, superseded) =>
      inTurn(() => tryToAppend(entry, statements, superseded)),
    async checkpoint() {
      let claimed: number | undefined;
      for (let attempt = 1; ; attempt++) {
        const { frontier, checkpoint } = await readLogHead(db);
        const { size } = frontier;
        const signed = checkpoint || (await sign(frontier));
        const asked = await witnesses?.cosign({ size, signed, claimed }, consistency);
        claimed = asked?.behind;
        if (claimed !== undefined && attempt < maximumCheckpoints) continue;
        cosigner ??= await cosignerOf(key);
        const note = await cosign(signed, cosigner, now());
        return { size, note: asked ? addCosignatures(note, asked.signatures) : note };
      }
    },
    proveInclusion: (index, size) => proveInclusion(index, size, readTile),
    proveConsistency: consistency,
  };
}
