import { Hono } from 'hono';
import { adminToken } from '../auth/identify.ts';
import type { Env } from '../ports.ts';

/** Prometheus metrics, for administrators; `serve --metrics` serves them elsewhere without a token. */
export const metrics = new Hono<Env>();

metrics.get('/metrics', adminToken, async (c) => {
  const { metrics } = c.var.deps;
  if (!metrics) return c.notFound();
  return c.body(await metrics.expose(), 200, {
    'Content-Type': metrics.contentType,
    'Cache-Control': 'no-store',
  });
});
