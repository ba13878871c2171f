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

/** What is to be audited, and how thoroughly. */
export interface AuditOptions {
  log: LogPolicy;
  /** A checkpoint from which on the log is followed; from its beginning when left out. */
  from?: SeenCheckpoint | undefined;
  now?: Date;
  /** Whether the registry must serve what the entries are about; true when left out. */
  checkContents?: boolean;
  /** Which entries are wanted with the result; none when left out. */
  select?: (entry: LogEntry) => boolean;
  /** What an earlier audit of this log, from the same checkpoint, had reached when it was broken off. */
  resume?: AuditProgress | undefined;
  /** Told after each bundle how many of the log's entries are behind it. */
  onProgress?: (done: number, size: number) => void;
  /** Told after every few entries how far the audit is; from there it can be resumed. */
  onReached?: (progress: AuditProgress) => void | Promise<void>;
  /** Ends the audit between two of those. */
  signal?: AbortSignal;
}

/** How far an audit is: all before `done` is as it should be, provided that what follows makes a tree that is signed. */
export interface AuditProgress {
  /** The size from which on it is followed. */
  from: number;
  done: SeenCheckpoint;
  /** The log's size and root when it began: the log must go on to have them. */
  target: SeenCheckpoint;
  entries: LoggedEntry[];
  kinds: Map<LogEntry['kind'], number>;
  blinded: number;
}

/** An entry and its place in the log. */
export interface LoggedEntry {
  index: number;
  entry: LogEntry;
}

/** Why a log did not stand up to its audit; each id is stable. */
export type AuditRefusalId =
  | AdmissionRefusalId
  | EntryRefusalId
  /** The entries do not make the tree that the checkpoint signs. */
  | 'log-root'
  /** An entry is not the one whose hash the log's tiles hold. */
  | 'entry-digest'
  /** The registry does not serve the bytes of entries that it has signed for. */
  | 'entry-missing'
  /** What is in the log is no entry. */
  | 'entry-malformed'
  /** A tile from which proofs are made is not of the tree that the checkpoint signs. */
  | 'tile-mismatch'
  | 'tile-missing';

export type Audit =
  | {
      ok: true;
      checkpoint: Checkpoint;
      /** The checkpoint's signed note: where the next audit may begin. */
      note: string;
      /** When it was cosigned last, in seconds since 1970. */
      time: number;
      /** The size from which on it was followed. */
      from: number;
      /** Those that were selected. */
      entries: LoggedEntry[];
      /** How many of each kind there were. */
      kinds: Map<LogEntry['kind'], number>;
      /** How many of the versions were of private profiles, whose contents nobody else can ask for. */
      blinded: number;
    }
  | { ok: false; id: AuditRefusalId; reason: string };

/** Ends an audit from wherever it was found. */
class AuditRefusal extends Error {
  readonly id: AuditRefusalId;

  constructor(id: AuditRefusalId, reason: string) {
    super(reason);
    this.id = id;
  }
}

/** How many entries are looked into at the same time. */
const concurrency = 8;

/** How many entries are looked into before progress is told: a registry may let no more than that in minutes. */
const stretch = 16;

/**
 * Follows a log from a checkpoint to where it stands, as C2SP tlog-tiles serves it: its checkpoint is signed,
 * fresh and witnessed; every entry since is read and hashed, and with them the tree of the one checkpoint
 * becomes that of the other (RFC 6962 section 2.1); every tile that grew is the tree's; every entry is well
 * formed and the registry serves what it is about. It holds a bundle at a time, and can be resumed. A registry that can't be
 * spoken to throws (see {@link Client}).
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
    // Of what is in another's place nothing can be said; the tree tells at its end whose it is.
    if (proved) {
      const logged = bundle.map((bytes, at) => readEntry(bytes, first + at));
      await checkEntries(client, logged, checkContents);
      // Only now: an audit that is broken off goes on with the first of them.
      for (const { index, entry } of logged) {
        kinds.set(entry.kind, (kinds.get(entry.kind) ?? 0) + 1);
        if (entry.kind === 'version' && isDigest(entry.name)) blinded++;
        if (select(entry)) entries.push({ index, entry });
      }
    }
    // What is not proved yet is not behind it: it is looked at again.
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
    throw new AuditRefusal('log-forked', `at ${size} entries the log is another than before`);
  }
}

function assertExtends(frontier: Frontier, { size, root }: SeenCheckpoint): void {
  if (sameHash(rootOf(frontier), root)) return;
  const reason = `the log does not extend the ${size} entries it had before`;
  throw new AuditRefusal('log-inconsistent', reason);
}

/** Entries that follow one another in the log. */
interface Run {
  /** The index of the first of them. */
  first: number;
  bundle: Uint8Array<ArrayBuffer>[];
  /** Whether the tiles so far hold the entries' hashes. */
  proved: boolean;
  /** The tree up to the last of them. */
  done: SeenCheckpoint;
}

/**
 * The entries since `from`, a few at a time; refuses at the end when they do not make the checkpoint's tree, and on the
 * way when they do not make that of `target`.
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
        `hash ${index} of the tiles of level ${level} is not that of the log's tree`,
      );
    }
    if (other?.level === 0) {
      const reason = `entry ${other.index} is not the one whose hash is in the log`;
      throw new AuditRefusal('entry-digest', reason);
    }
    throw new AuditRefusal('log-root', `the ${size} entries do not make the tree that is signed`);
  }

  return follow();
}

/** Reads tiles as wide as the tree of `size` has them, and keeps the last one of each level. */
function tileReader(client: Client, size: number) {
  const last = new Map<number, { index: number; bytes: Uint8Array<ArrayBuffer> }>();
  return async (level: number, index: number): Promise<Uint8Array<ArrayBuffer>> => {
    const kept = last.get(level);
    if (kept?.index === index) return kept.bytes;
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
  throw new AuditRefusal('entry-malformed', `entry ${index} of the log can not be read`);
}

/** Looks into some entries at the same time; the first in the log that is not as it should be is told. */
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
