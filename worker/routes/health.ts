import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { createRouter, json, problemResponses } from '../openapi/router.ts';
import { ProblemError } from '../problem.ts';
import { readinessOf } from '../readiness.ts';

/** Health checks: restart the service if it is not live; send it no requests while it is not ready. */
export const health = createRouter();

health.openapi(
  createRoute({
    method: 'get',
    path: '/healthz',
    operationId: 'getHealth',
    tags: ['Service'],
    summary: 'Liveness',
    responses: { 200: json('The service is running', z.object({ status: z.literal('ok') })) },
  }),
  (c) => {
    c.header('Cache-Control', 'no-store');
    return c.json({ status: 'ok' as const }, 200);
  },
);

health.openapi(
  createRoute({
    method: 'get',
    path: '/readyz',
    operationId: 'getReadiness',
    tags: ['Service'],
    summary: 'Readiness',
    description:
      'Ready when the database responds, its schema is current and the log can be read; not ready during shutdown.',
    responses: {
      200: json('The service is ready', z.object({ status: z.literal('ready') })),
      ...problemResponses(503),
    },
  }),
  async (c) => {
    const { db, isEnding } = c.var.deps;
    if (isEnding?.()) throw new ProblemError('not-ready', 'The registry is shutting down.');
    const error = await readinessOf(db)();
    if (error) {
      // Only the operator may see the database's error.
      const { record } = c.env ?? {};
      if (record) record.error = error;
      throw new ProblemError(
        'not-ready',
        'The database is unavailable; the registry’s log has the cause.',
      );
    }
    c.header('Cache-Control', 'no-store');
    return c.json({ status: 'ready' as const }, 200);
  },
);
