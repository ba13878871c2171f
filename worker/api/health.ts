import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { json } from './router.ts';

/** Whether the process answers at all. */
export const health = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Whether the service is up',
  responses: { 200: json('It is', z.object({ status: z.literal('ok') })) },
});
