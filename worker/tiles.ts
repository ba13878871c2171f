import { Hono } from 'hono';
import type { Database } from '../db/database.ts';
import { readLogEntries, readLogTile } from '../db/log.ts';
import {
  encodeEntryBundle,
  fullWidth,
  parseTilePath,
  type TileAddress,
} from '../trust/log/index.ts';
import type { Env } from './deps.ts';
import { ProblemError } from './problem.ts';

/** The log as C2SP tlog-tiles serves it, for auditors, witnesses and caches. */
export const tiles = new Hono<Env>();

tiles.get('/log/checkpoint', async (c) => {
  const { note } = await c.var.deps.log.checkpoint();
  return c.body(note, 200, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-cache',
  });
});

tiles.get('/log/tile/*', async (c) => {
  const tile = parseTilePath(c.req.path.slice('/log/'.length));
  const bytes = tile && (await readTile(c.var.deps.db, tile));
  if (!bytes) throw new ProblemError('not-found', `There is no ${c.req.path}.`);
  return c.body(bytes, 200, {
    'Content-Type': 'application/octet-stream',
    'Cache-Control': 'public, max-age=31536000, immutable',
  });
});

async function readTile(
  db: Database,
  { level, index, width }: TileAddress,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (level !== 'entries') return readLogTile(db, level, index, width);
  const first = index * fullWidth;
  const entries = await readLogEntries(db, first, first + width);
  if (entries.length < width) return undefined;
  const encoder = new TextEncoder();
  return encodeEntryBundle(entries.map((entry) => encoder.encode(entry)));
}
