// Appending to the log and proving from it, at different sizes of the log.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { openFile } from '../db/node.ts';
import { logEntries, logHead, logTiles } from '../db/schema.ts';
import {
  formatEntry,
  generateNoteKey,
  type LogEntry,
  type NoteKey,
  rootOf,
  signCheckpoint,
} from '../trust/log/index.ts';
import { createLog } from '../worker/log/log.ts';
import type { Log } from '../worker/ports.ts';

const sizes = [1_000, 100_000, 1_000_000];

/** The number of measurements of each operation at each size. */
const rounds = 300;

const entryAt = (index: number): LogEntry => ({
  kind: 'yank',
  time: '2026-01-01T00:00:00.000Z',
  team: 'library',
  name: `profile-${index}`,
  version: '1.0.0',
  yanked: true,
  reason: 'benchmark',
});

const hash = (...parts: Buffer[]) => {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part);
  return sum.digest();
};
const leafPrefix = Buffer.of(0);
const nodePrefix = Buffer.of(1);

/** Fills an empty log with `size` entries, directly in its tables: appending them one by one would take a day. */
export async function fillLog(db: Database, key: NoteKey, size: number): Promise<void> {
  const frontier: { height: number; hash: Buffer }[] = [];
  const tiles = new Map<string, string[]>();
  const add = (level: number, index: number, node: Buffer) => {
    const tile = `${level}/${Math.floor(index / 256)}`;
    const hashes = tiles.get(tile);
    if (hashes) hashes.push(node.toString('hex'));
    else tiles.set(tile, [node.toString('hex')]);
  };
  let rows: { index: number; data: string }[] = [];
  for (let index = 0; index < size; index++) {
    const data = formatEntry(entryAt(index));
    rows.push({ index, data });
    let node = { height: 0, hash: hash(leafPrefix, Buffer.from(data)) };
    add(0, index, node.hash);
    for (let last = frontier.at(-1); last?.height === node.height; last = frontier.at(-1)) {
      frontier.pop();
      node = { height: node.height + 1, hash: hash(nodePrefix, last.hash, node.hash) };
      const place = Math.floor(index / 2 ** node.height);
      if (node.height % 8 === 0) add(node.height / 8, place, node.hash);
    }
    frontier.push(node);
    if (rows.length === 1000 || index === size - 1) {
      await db.insert(logEntries).values(rows);
      rows = [];
    }
  }
  const tileRows = [...tiles].map(([tile, hashes]) => {
    const [level = 0, index = 0] = tile.split('/').map(Number);
    return { level, index, hashes: hashes.join('') };
  });
  for (let at = 0; at < tileRows.length; at += 100) {
    await db.insert(logTiles).values(tileRows.slice(at, at + 100));
  }
  const hashes = frontier.map((node) => new Uint8Array(node.hash));
  const root = rootOf({ size, hashes });
  const checkpoint = await signCheckpoint({ origin: key.name, size, root }, key);
  const hex = frontier.map((node) => node.hash.toString('hex')).join('');
  await db.insert(logHead).values({ id: 1, size, frontier: hex, checkpoint });
}

/** The median and the 99th percentile of `rounds` timings, in milliseconds. */
async function measure(work: (round: number) => Promise<unknown>): Promise<[number, number]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await work(round);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return [times[rounds >> 1] ?? 0, times[Math.floor(rounds * 0.99)] ?? 0];
}

async function measureAt(size: number): Promise<Record<string, [number, number]>> {
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-bench-'));
  const db = await openFile(join(folder, 'registry.db'));
  try {
    await migrate(db);
    const key = await generateNoteKey('bench.example/log');
    await fillLog(db, key, size);
    const log: Log = createLog({ db, key, now: () => new Date() });
    const random = (round: number) => (round * 2_654_435_761) % size;
    return {
      append: await measure((round) =>
        log.append(
          entryAt(size + round),
          () => [],
          async () => false,
        ),
      ),
      inclusion: await measure((round) => log.proveInclusion(random(round), size)),
      consistency: await measure((round) => log.proveConsistency(1 + random(round), size)),
    };
  } finally {
    db.$client.close();
    await rm(folder, { recursive: true });
  }
}

/** Prints a table of milliseconds at each size, and their growth compared with log2 of the size. */
export async function run(): Promise<void> {
  const results = [];
  for (const size of sizes) results.push(await measureAt(size));
  const ratio = (at: number) => Math.log2(sizes[at] ?? 1) / Math.log2(sizes[0] ?? 1);
  const line = (cells: string[]) =>
    console.log(cells.map((cell, at) => (at ? cell.padStart(24) : cell.padEnd(26))).join(''));

  line(['log: median (p99), ms', ...sizes.map((size) => `${size.toLocaleString('en')} entries`)]);
  for (const what of Object.keys(results[0] ?? {})) {
    line([
      what,
      ...results.map((result) =>
        (result[what] ?? [0, 0])
          .map((ms, at) => (at ? `(${ms.toFixed(2)})` : ms.toFixed(2)))
          .join(' '),
      ),
    ]);
    const first = results[0]?.[what]?.[0] ?? 1;
    line([
      '  growth',
      ...results.map((result) => `x${((result[what]?.[0] ?? 0) / first).toFixed(2)}`),
    ]);
  }
  line(['growth of log2(size)', ...sizes.map((_, at) => `x${ratio(at).toFixed(2)}`)]);
}
