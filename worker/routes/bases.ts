import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import {
  Base,
  BaseContent,
  BaseList,
  BaseRelease,
  encodeBase,
  maxBaseJson,
  sizeOfBase,
} from '../../contract/base.ts';
import { DigestText } from '../../contract/name.ts';
import { findBase, findBaseContent, listBases, putBase } from '../../db/bases.ts';
import { sha256 } from '../../trust/index.ts';
import { adminToken } from '../auth/identify.ts';
import { readBodyUpTo } from '../middleware/body.ts';
import { createRouter, json, jsonBody, problemResponses } from '../openapi/router.ts';
import { ProblemError } from '../problem.ts';

export const bases = createRouter();

bases.openapi(
  createRoute({
    method: 'get',
    path: '/bases',
    operationId: 'listBases',
    tags: ['Base policies'],
    summary: 'List the current base policies',
    responses: { 200: json('One for each release that has one', BaseList) },
  }),
  async (c) => c.json({ items: await listBases(c.var.deps.db) }, 200),
);

bases.openapi(
  createRoute({
    method: 'put',
    path: '/bases/{base}',
    operationId: 'putBase',
    tags: ['Base policies'],
    summary: 'Set the base policy of a release',
    description:
      'The same content again changes nothing (200). The previous content stays readable by its digest.',
    security: [{ token: [] }],
    middleware: [adminToken, readBodyUpTo(() => maxBaseJson)] as const,
    request: { params: z.object({ base: BaseRelease }), body: jsonBody(BaseContent) },
    responses: {
      200: json('It was the current one already', Base),
      201: json('The new base policy', Base),
      ...problemResponses(400, 401, 403, 413, 415),
    },
  }),
  async (c) => {
    const { db, now } = c.var.deps;
    const { base: release } = c.req.valid('param');
    const { files } = c.req.valid('json');
    const text = encodeBase(files);
    const base = {
      release,
      digest: await sha256(new TextEncoder().encode(text)),
      files: Object.keys(files).length,
      bytes: sizeOfBase(files),
      createdAt: now().toISOString(),
    };
    if (await putBase(db, { ...base, text })) return c.json(base, 201);
    return c.json((await findBase(db, release)) ?? base, 200);
  },
);

bases.openapi(
  createRoute({
    method: 'get',
    path: '/bases/{base}',
    operationId: 'getBase',
    tags: ['Base policies'],
    summary: 'Get a base policy by its digest',
    request: { params: z.object({ base: DigestText }) },
    responses: {
      200: json('The files; the digest is of these exact bytes', BaseContent),
      304: { description: 'Not modified' },
      ...problemResponses(400, 404),
    },
  }),
  async (c) => {
    const { base: digest } = c.req.valid('param');
    const text = await findBaseContent(c.var.deps.db, digest);
    if (text === undefined) {
      throw new ProblemError('not-found', `There is no base policy ${digest}.`);
    }
    return c.body(text, 200, {
      'Content-Type': 'application/json',
      'Cache-Control': 'public, max-age=31536000, immutable',
      ETag: `"${digest}"`,
    }) as never;
  },
);
