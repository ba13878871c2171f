import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { LogKey, Proof, ProofQuery } from '../../contract/log.ts';
import { wholeNumber } from '../../contract/number.ts';
import { proveEntry } from '../log/proof.ts';
import { createRouter, json, problemResponses } from '../openapi/router.ts';

export const log = createRouter();

log.openapi(
  createRoute({
    method: 'get',
    path: '/log/key',
    operationId: 'getLogKey',
    tags: ['Log'],
    summary: "The log's verifier key",
    responses: { 200: json('The verifier key', LogKey) },
  }),
  (c) => c.json({ verifier: c.var.deps.log.verifier }, 200),
);

log.openapi(
  createRoute({
    method: 'get',
    path: '/log/entries/{index}/proof',
    operationId: 'proveEntry',
    tags: ['Log'],
    summary: 'Prove that the log contains an entry',
    request: {
      params: z.object({ index: wholeNumber().meta({ description: 'From 0', example: 0 }) }),
      query: ProofQuery,
    },
    responses: { 200: json('The proof', Proof), ...problemResponses(400, 404) },
  }),
  async (c) =>
    c.json(await proveEntry(c.var.deps, c.req.valid('param').index, c.req.valid('query')), 200),
);
