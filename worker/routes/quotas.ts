import { createRoute } from '@hono/zod-openapi';
import { Quota, QuotaChange } from '../../contract/quota.ts';
import { countHosts } from '../../db/hosts.ts';
import { readQuota, setQuota } from '../../db/quotas.ts';

import { countTokens } from '../../db/tokens.ts';
import { listWebhooks } from '../../db/webhooks.ts';
import { adminToken, requireRole } from '../auth/identify.ts';
import { readBody } from '../middleware/body.ts';
import { createRouter, json, jsonBody, problemResponses } from '../openapi/router.ts';
import type { Deps } from '../ports.ts';
import { limitsOf } from '../quota.ts';
import { teamPath } from './team-resource.ts';
import { requireTeam } from './teams.ts';

export const quotas = createRouter();

quotas.openapi(
  createRoute({
    method: 'get',
    path: '/teams/{team}/quota',
    operationId: 'getQuota',
    tags: ['Teams'],
    summary: "Get a team's quota and usage",
    security: [{ token: [] }],
    middleware: [requireRole('reader')] as const,
    request: { params: teamPath },
    responses: { 200: json('The quota', Quota), ...problemResponses(400, 401, 403, 404) },
  }),
  async (c) => c.json(await requireQuota(c.var.deps, c.req.valid('param').team), 200),
);

quotas.openapi(
  createRoute({
    method: 'patch',
    path: '/teams/{team}/quota',
    operationId: 'changeQuota',
    tags: ['Teams'],
    summary: "Change a team's quota",
    security: [{ token: [] }],
    middleware: [adminToken, readBody] as const,
    request: { params: teamPath, body: jsonBody(QuotaChange) },
    responses: { 200: json('The quota', Quota), ...problemResponses(400, 401, 403, 404, 413, 415) },
  }),
  async (c) => {
    const { deps } = c.var;
    const { team } = c.req.valid('param');
    await requireQuota(deps, team);
    await setQuota(deps.db, team, c.req.valid('json'));
    return c.json(await requireQuota(deps, team), 200);
  },
);

async function requireQuota({ db, now, limits }: Deps, team: string): Promise<Quota> {
  await requireTeam(db, team);
  const time = now();
  const [{ used, own }, tokens, webhooks, hosts] = await Promise.all([
    readQuota(db, team, time),
    countTokens(db, { team }, time),
    listWebhooks(db, team),
    countHosts(db, team),
  ]);
  return {
    used: { ...used, tokens: tokens.live, webhooks: webhooks.length, hosts },
    limits: limitsOf(own, limits.team),
  };
}
