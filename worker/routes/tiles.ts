import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import type { Database } from '../../db/database.ts';
import { readLogEntries, readLogTile } from '../../db/log.ts';
import {
  encodeEntryBundle,
  fullWidth,
  parseTilePath,
  type TileAddress,
} from '../../trust/log/index.ts';
import { createRouter, problemResponses } from '../openapi/router.ts';
import { ProblemError } from '../problem.ts';

/** The log as specified by C2SP tlog-tiles, for auditors, witnesses and caches. */
export const tiles = createRouter();

tiles.openapi(
  createRoute({
    method: 'get',
    path: '/log/checkpoint',
    operationId: 'getCheckpoint',
    tags: ['Log'],
    summary: "Get the log's latest checkpoint",
    description: 'A signed note (C2SP tlog-checkpoint), cosigned with the current time.',
    responses: {
      200: { description: 'The checkpoint', content: { 'text/plain': { schema: z.string() } } },
    },
  }),
  async (c) => {
    const { note } = await c.var.deps.log.checkpoint();
    return c.text(note, 200, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-cache',
    });
  },
);

tiles.openAPIRegistry.registerPath({
  method: 'get',
  path: '/log/tile/{level}/{index}',
  operationId: 'getTile',
  tags: ['Log'],
  summary: 'Get a tile of the log or a bundle of its entries',
  description:
    'C2SP tlog-tiles: an index of more than three digits is split into several path segments (x001/234), and ' +
    'a partial tile ends with its width (000.p/5).',
  request: {
    params: z.object({
      level: z
        .string()
        .meta({ description: 'A level of the tree, or "entries"', example: 'entries' }),
      index: z
        .string()
        .meta({ description: 'The index of the tile in its level', example: '000.p/1' }),
    }),
  },
  responses: {
    200: {
      description: 'The concatenated hashes or entries',
      content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
    },
    ...problemResponses(404),
  },
});

tiles.get('/log/tile/*', async (c) => {
  const tile = parseTilePath(c.req.path.slice('/log/'.length));
  const bytes = tile && (await readTile(c.var.deps.db, tile));
  if (!bytes) throw new ProblemError('not-found', `${c.req.path} does not exist.`);
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
