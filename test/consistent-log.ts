import { expect } from 'vitest';
import type { Database } from '../db/database.ts';
import { readLogEntries, readLogHead, readLogTile } from '../db/log.ts';
import { keys, profiles, versions } from '../db/schema.ts';
import {
  appendLeaf,
  emptyFrontier,
  leafHash,
  type NoteKey,
  parseEntry,
  rootOf,
  verifyCheckpoint,
} from '../trust/log/index.ts';
import { tilesOf } from './trust/log/tree.ts';

/**
 * Checks that a registry's log has no gap and no fork, and that its entries match the tables. Returns the size of the log.
 */
export async function expectConsistentLog(db: Database, key: NoteKey): Promise<number> {
  const head = await readLogHead(db);
  const { size } = head.frontier;
  const texts = await readLogEntries(db, 0, Number.MAX_SAFE_INTEGER);
  expect(texts).toHaveLength(size);

  let frontier = emptyFrontier;
  const tiles = new Map<string, Uint8Array[]>();
  for (const text of texts) {
    const appended = appendLeaf(frontier, leafHash(new TextEncoder().encode(text)));
    frontier = appended.frontier;
    for (const { level, index, hash } of appended.tileHashes) {
      const tile = `${level}/${Math.floor(index / 256)}`;
      tiles.set(tile, [...(tiles.get(tile) ?? []), hash]);
    }
  }
  const identity = { origin: key.name, keys: [key] };
  const checkpoint = await verifyCheckpoint(head.checkpoint, identity);
  expect(checkpoint).toMatchObject({
    ok: true,
    checkpoint: { size, root: rootOf(frontier) },
  });
  for (const { level, index, width } of tilesOf(size)) {
    const stored = await readLogTile(db, level, index, width);
    expect(stored && Buffer.from(stored)).toEqual(
      Buffer.concat(tiles.get(`${level}/${index}`) ?? []),
    );
  }

  const logged = texts.map((text, index) => {
    const entry = parseEntry(new TextEncoder().encode(text));
    if (entry?.kind === 'version') {
      return `${index} ${entry.team}/${entry.name}@${entry.version} ${entry.digest}`;
    }
    return entry?.kind === 'key' ? `${index} ${entry.team} ${entry.keyId}` : `${index} ${text}`;
  });
  const names = new Map(
    (await db.select().from(profiles)).map((row) => [row.id, `${row.team}/${row.name}`]),
  );
  const stored = [
    ...(await db.select().from(versions)).map(
      (row) => `${row.logIndex} ${names.get(row.profileId)}@${row.version} ${row.digest}`,
    ),
    ...(await db.select().from(keys)).map((row) => `${row.logIndex} ${row.team} ${row.keyId}`),
  ];
  expect(logged.toSorted()).toEqual(stored.toSorted());
  return size;
}
