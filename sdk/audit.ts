import {
  type AdmissionRefusalId,
  appendLeaf,
  type Checkpoint,
  decodeEntryBundle,
  emptyRoot,
  type Frontier,
  formatTilePath,
  fullWidth,
  hashLength,
  isDigest,
  type LogEntry,
  type LogPolicy,
  leafHash,
  parseEntry,
  readFrontier,
  rootOf,
  type SeenCheckpoint,
  sameHash,
  type TileAddress,
  type TileHash,
  tileWidth,
  verifyLog,
} from '../trust/index.ts';
import { checkEntry, type EntryRefusalId } from './audit-entry.ts';
import { type Client, RegistryError } from './client.ts';

/** Which log to audit, and how thoroughly. */
export interface AuditOptions {
  log: LogPolicy;
  /** The checkpoint to start from; the beginning of the log if omitted. */
  from?: SeenCheckpoint | undefined;
  now?: Date;
  /** Whether the registry must serve the contents of entries; default true. */
  checkContents?: boolean;
  /** Which entries the result includes; default none. */
  select?: (entry: LogEntry) => boolean;
  /** The progress of an interrupted audit of this log from the same checkpoint. */
  resume?: AuditProgress | undefined;
  /** Called after each bundle with the number of entries checked. */
  onProgress?: (done: number, size: number) => void;
  /** Called after every few entries with a state that the audit can resume from. */
  onReached?: (progress: AuditProgress) => void | Promise<void>;
  /** Aborts the audit between two such states. */
  signal?: AbortSignal;
}

/** The progress of an audit: all entries before `done` are correct, provided that the rest forms a signed tree. */
export interface AuditProgress {
  /** The size of the log at the starting point. */
  from: number;
  done: SeenCheckpoint;
  /** The log's size and root when the audit began, which the log must extend. */
  target: SeenCheckpoint;
  entries: LoggedEntry[];
  kinds: Map<LogEntry['kind'], number>;
  blinded: number;
}

/** An entry and its index in the log. */
export interface LoggedEntry {
  index: number;
  entry: LogEntry;
}

/** Why a log failed its audit; each id is stable. */
export type AuditRefusalId =
  | AdmissionRefusalId
  | EntryRefusalId
  /** The entries do not make the tree that the checkpoint signs. */
  | 'log-root'
  /** An entry does not match its hash in the log's tiles. */
  | 'entry-digest'
  /** The registry does not serve the contents of entries that it has signed. */
  | 'entry-missing'
  /** An entry is malformed. */
  | 'entry-malformed'
  /** A tile that proofs are made from does not belong to the tree that the checkpoint signs. */
  | 'tile-mismatch'
  | 'tile-missing';

export type Audit =
  | {
      ok: true;
      checkpoint: Checkpoint;
      /** The checkpoint's signed note, from which the next audit can start. */
      note: string;
      /** The time of the latest cosignature, in seconds since 1970. */
      time: number;
      /** The size of the log at the starting point. */
      from: number;
      /** The selected entries. */
      entries: LoggedEntry[];
      /** The number of entries of each kind. */
      kinds: Map<LogEntry['kind'], number>;
      /** The number of versions of private profiles, whose contents were not checked. */
      blinded: number;
    }
  | { ok: false; id: AuditRefusalId; reason: string };

/** Ends the audit from any depth. */
class AuditRefusal extends Error {
  readonly id: AuditRefusalId;

  constructor(id: AuditRefusalId, reason: string) {
    super(reason);
    this.id = id;
  }
}

/** The number of entries checked concurrently. */
const concurrency = 8;

/** The number of entries checked between two progress reports. Under a rate limit this many can take minutes. */
const stretch = 16;

/**
 * Audits a log from a checkpoint to its current one, as C2SP tlog-tiles serves it. The checkpoint must be signed, fresh
 * and witnessed. Every entry since is read and hashed, and must turn the tree of the first checkpoint into that of the
 * second (RFC 6962 section 2.1). Every new tile must belong to that tree. Every entry must be well formed, and the
 * registry must serve its contents. Holds one bundle in memory, and can be resumed. Throws when the registry can't be
 * reached (see {@link Client}).
 */
export async function auditLog(client: Client, options: AuditOptions): Promise<Audit> {
  try {
    return await audit(client, options);
  } catch (error) {
    if (!(error instanceof AuditRefusal)) throw error;
    return { ok: false, id: error.id, reason: error.message };
  }
}

async function audit(client: Client, options: AuditOptions): Promise<Audit> {
  const { log, now = new Date(), select = () => false, checkContents = true, signal } = options;
  const from = options.from ?? { size: 0, root: emptyRoot() };
  const note = await client.getCheckpoint();
  const verified = await verifyLog(
    { checkpoint: note, consistency: [] },
    { log, seen: undefined, now },
  );
  if (!verified.ok) throw new AuditRefusal(verified.id, verified.reason);
  const { checkpoint, time } = verified;
  const { resume } = options;
  const start = resume?.done ?? from;
  const target = resume?.target ?? checkpoint;
  assertNotBack(checkpoint, from);
  assertNotBack(checkpoint, target);

  const tree = await openTree(client, checkpoint, start, target);
  const entries = [...(resume?.entries ?? [])];
  const kinds = new Map(resume?.kinds);
  let blinded = resume?.blinded ?? 0;
  for await (const { first, bundle, proved, done } of tree) {
    signal?.throwIfAborted();
    // A misplaced entry is not checked by itself; the tree comparison at the end reports it.
    if (proved) {
      const logged = bundle.map((bytes, at) => readEntry(bytes, first + at));
      await checkEntries(client, logged, checkContents);
      // Only now, so that a resumed audit starts with the first of them.
      for (const { index, entry } of logged) {
        kinds.set(entry.kind, (kinds.get(entry.kind) ?? 0) + 1);
        if (entry.kind === 'version' && isDigest(entry.name)) blinded++;
        if (select(entry)) entries.push({ index, entry });
      }
    }
    // Progress includes proved entries only; the others are checked again.
    if (proved)
      await options.onReached?.({ from: from.size, done, target, entries, kinds, blinded });
    const end = first + bundle.length;
    if (end % fullWidth === 0 || end === checkpoint.size)
      options.onProgress?.(end, checkpoint.size);
  }
  return { ok: true, checkpoint, note, time, from: from.size, entries, kinds, blinded };
}

function assertNotBack({ size, root }: Checkpoint, from: SeenCheckpoint): void {
  if (size < from.size) {
    throw new AuditRefusal(
      'log-rolled-back',
      `the log has ${size} entries; it had ${from.size} before`,
    );
  }
  if (size === from.size && !sameHash(root, from.root)) {
    throw new AuditRefusal(
      'log-forked',
      `the log has forked: its tree of ${size} entries differs from the one seen before`,
    );
  }
}

function assertExtends(frontier: Frontier, { size, root }: SeenCheckpoint): void {
  if (sameHash(rootOf(frontier), root)) return;
  const reason = `the log does not extend the ${size} entries it had before`;
  throw new AuditRefusal('log-inconsistent', reason);
}

/** Consecutive entries of the log. */
interface Run {
  /** The index of the first entry. */
  first: number;
  bundle: Uint8Array<ArrayBuffer>[];
  /** Whether the tiles so far contain the entries' hashes. */
  proved: boolean;
  /** The tree up to the last entry. */
  done: SeenCheckpoint;
}

/**
 * Reads the entries since `from` in chunks. Throws if they do not form the checkpoint's tree, or at its size the tree
 * of `target`.
 */
async function openTree(
  client: Client,
  { size, root }: Checkpoint,
  from: SeenCheckpoint,
  target: SeenCheckpoint,
): Promise<AsyncGenerator<Run>> {
  const readTile = tileReader(client, size);
  const start = await readFrontier(from.size, async ({ level, index, width }) =>
    (await readTile(level, index)).subarray(0, width * hashLength),
  );
  if (!sameHash(rootOf(start), from.root)) {
    throw new AuditRefusal(
      'log-inconsistent',
      `the log does not extend the ${from.size} entries it had before`,
    );
  }

  async function isServed({ level, index, hash }: TileHash): Promise<boolean> {
    const tile = await readTile(level, Math.floor(index / fullWidth));
    const at = (index % fullWidth) * hashLength;
    return sameHash(tile.slice(at, at + hashLength), hash);
  }

  async function* follow(): AsyncGenerator<Run> {
    let frontier = start;
    let other: TileHash | undefined;
    while (frontier.size < size) {
      const read = await readEntries(client, frontier.size, size);
      for (let at = 0; at < read.length; at += stretch) {
        const first = frontier.size;
        const bundle = read.slice(at, at + stretch);
        for (const bytes of bundle) {
          const appended = appendLeaf(frontier, leafHash(bytes));
          frontier = appended.frontier;
          for (const hash of appended.tileHashes) {
            if (!other && !(await isServed(hash))) other = hash;
          }
          if (frontier.size === target.size && target.size < size) assertExtends(frontier, target);
        }
        const done = { size: frontier.size, root: rootOf(frontier) };
        yield { first, bundle, proved: other === undefined, done };
      }
    }
    const same = sameHash(rootOf(frontier), root);
    if (same && !other) return;
    if (same) {
      const { level, index } = other as TileHash;
      throw new AuditRefusal(
        'tile-mismatch',
        `hash ${index} of the tiles of level ${level} does not match the log's tree`,
      );
    }
    if (other?.level === 0) {
      const reason = `entry ${other.index} does not match its hash in the log`;
      throw new AuditRefusal('entry-digest', reason);
    }
    throw new AuditRefusal('log-root', `the ${size} entries do not form the signed tree`);
  }

  return follow();
}

/** Reads tiles as wide as they are in a tree of `size` entries, and caches the last tile of each level. */
function tileReader(client: Client, size: number) {
  const last = new Map<number, { index: number; bytes: Uint8Array<ArrayBuffer> }>();
  return async (level: number, index: number): Promise<Uint8Array<ArrayBuffer>> => {
    const lastTile = last.get(level);
    if (lastTile?.index === index) return lastTile.bytes;
    const tile = { level, index, width: tileWidth(level, index, size) };
    const bytes = await read(client, tile);
    if (bytes?.length !== tile.width * hashLength) {
      throw new AuditRefusal('tile-missing', `the log does not serve ${formatTilePath(tile)}`);
    }
    last.set(level, { index, bytes });
    return bytes;
  };
}

/** The entries from `first` to the end of their bundle (tlog-tiles, "Log entries"). */
async function readEntries(
  client: Client,
  first: number,
  size: number,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const index = Math.floor(first / fullWidth);
  const width = tileWidth(0, index, size);
  const tile: TileAddress = { level: 'entries', index, width };
  const bytes = await read(client, tile);
  const entries = bytes && decodeEntryBundle(bytes, width);
  if (!entries) {
    throw new AuditRefusal('entry-missing', `the log does not serve ${formatTilePath(tile)}`);
  }
  return entries.slice(first % fullWidth);
}

async function read(
  client: Client,
  tile: TileAddress,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await client.getTile(formatTilePath(tile));
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return undefined;
    throw error;
  }
}

function readEntry(bytes: Uint8Array, index: number): LoggedEntry {
  const entry = parseEntry(bytes);
  if (entry) return { index, entry };
  throw new AuditRefusal('entry-malformed', `entry ${index} of the log is malformed`);
}

/** Checks some entries concurrently; throws for the first incorrect one in the log's order. */
async function checkEntries(
  client: Client,
  entries: LoggedEntry[],
  contents: boolean,
): Promise<void> {
  const waiting = entries.values();
  const refusals: { index: number; id: AuditRefusalId; reason: string }[] = [];
  const work = async () => {
    for (const { index, entry } of waiting) {
      const refusal = await checkEntry(client, entry, contents);
      if (refusal) refusals.push({ index, ...refusal });
      if (refusals.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const [worst] = refusals.toSorted((a, b) => a.index - b.index);
  if (worst) throw new AuditRefusal(worst.id, `entry ${worst.index}: ${worst.reason}`);
}
