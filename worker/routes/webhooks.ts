import { createRoute } from '@hono/zod-openapi';
import { wholeNumber } from '../../contract/number.ts';
import {
  CreatedWebhook,
  Delivery,
  DeliveryPage,
  DeliveryQuery,
  NewWebhook,
  type Webhook,
  WebhookList,
} from '../../contract/webhook.ts';
import { readQuota } from '../../db/quotas.ts';
import {
  addDelivery,
  addWebhook,
  type Delivery as DeliveryRow,
  findWebhook,
  listDeliveries,
  listWebhooks,
  type Webhook as Row,
  removeWebhook,
} from '../../db/webhooks.ts';
import { readBody } from '../middleware/body.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { allow } from '../middleware/rate-limit.ts';
import {
  createRouter,
  json,
  jsonBody,
  problemResponses,
  repeatableWithSecret,
} from '../openapi/router.ts';
import { linkNext } from '../page.ts';
import type { Deliverer, Deps } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { makeChange } from '../quota.ts';
import { testEvent } from '../webhooks/deliver.ts';
import { generateSecret } from '../webhooks/signature.ts';
import { owner, security, teamPath } from './team-resource.ts';
import { requireTeam } from './teams.ts';

export const webhooks = createRouter();

const webhookPath = teamPath.extend({
  webhook: wholeNumber(1),
});

webhooks.openapi(
  createRoute({
    method: 'get',
    path: '/teams/{team}/webhooks',
    operationId: 'listWebhooks',
    tags: ['Webhooks'],
    summary: "List a team's webhooks",
    security,
    middleware: [owner] as const,
    request: { params: teamPath },
    responses: { 200: json('The webhooks', WebhookList), ...problemResponses(400, 401, 403, 404) },
  }),
  async (c) => {
    const { db } = c.var.deps;
    const { name: team } = await requireTeam(db, c.req.valid('param').team);
    return c.json({ items: (await listWebhooks(db, team)).map(toWebhook) }, 200);
  },
);

webhooks.openapi(
  createRoute({
    method: 'post',
    path: '/teams/{team}/webhooks',
    operationId: 'addWebhook',
    tags: ['Webhooks'],
    summary: 'Add a webhook',
    description:
      'It receives an event when a version is published or yanked and when a channel moves, signed according to Standard Webhooks.',
    security,
    middleware: [owner, readBody, idempotent({ secret: true })] as const,
    request: { params: teamPath, body: jsonBody(NewWebhook) },
    responses: {
      201: json('The webhook, with its secret', CreatedWebhook),
      ...problemResponses(
        ...repeatableWithSecret,
        400,
        401,
        403,
        'quota-exceeded',
        404,
        'team-full',
        413,
        415,
        'webhook-refused',
      ),
    },
  }),
  async (c) => {
    const { deps } = c.var;
    const { db, now } = deps;
    const { destinations } = requireDeliverer(deps);
    const { name: team } = await requireTeam(db, c.req.valid('param').team);
    const { url } = c.req.valid('json');
    const objection = destinations.objection(url);
    if (objection !== undefined) {
      throw new ProblemError('webhook-refused', `The webhook address was refused: ${objection}.`);
    }
    const { own } = await readQuota(db, team, now());
    const limit = own.webhooks ?? deps.limits.team.webhooks;
    const secret = generateSecret();
    const adding = addWebhook(db, { team, url, secret, createdAt: now().toISOString() }, limit);
    const webhook = await makeChange(deps, team, adding, {
      read: ([added]) => added,
      // Secrets are unique.
      find: async () => (await listWebhooks(db, team)).find((one) => one.secret === secret),
    });
    if (!webhook) {
      const detail = `Team ${team} has ${limit} webhooks, its limit. An administrator can raise it.`;
      throw new ProblemError('team-full', detail);
    }
    return c.json({ ...toWebhook(webhook), secret }, 201);
  },
);

webhooks.openapi(
  createRoute({
    method: 'delete',
    path: '/teams/{team}/webhooks/{webhook}',
    operationId: 'removeWebhook',
    tags: ['Webhooks'],
    summary: 'Remove a webhook',
    description: 'Pending deliveries are dropped.',
    security,
    middleware: [owner] as const,
    request: { params: webhookPath },
    responses: {
      204: { description: 'The webhook is removed' },
      ...problemResponses(400, 401, 403, 404),
    },
  }),
  async (c) => {
    await removeWebhook(c.var.deps.db, await requireWebhook(c.var.deps, c.req.valid('param')));
    return c.body(null, 204);
  },
);

webhooks.openapi(
  createRoute({
    method: 'post',
    path: '/teams/{team}/webhooks/{webhook}/test',
    operationId: 'testWebhook',
    tags: ['Webhooks'],
    summary: 'Send a test event to a webhook',
    description: 'Sends one event immediately, without retries, and returns the outcome.',
    security,
    middleware: [owner] as const,
    request: { params: webhookPath },
    responses: {
      200: json('The outcome', Delivery),
      ...problemResponses(400, 401, 403, 'quota-exceeded', 404, 429),
    },
  }),
  async (c) => {
    const { deps } = c.var;
    const webhook = await requireWebhook(deps, c.req.valid('param'));
    const deliverer = requireDeliverer(deps);
    const { tests } = deliverer;
    allow(c, 'tests', tests, await tests.take(webhook.team));
    const event = testEvent(webhook, deps.now().toISOString());
    const adding = addDelivery(deps.db, webhook, event);
    const delivery = await makeChange(deps, webhook.team, adding, {
      read: ([added]) => added,
      // A test whose response is lost can be repeated.
      find: async () => undefined,
    });
    if (!delivery) throw new Error('the delivery was not added');
    return c.json(toDelivery(await deliverer.test(webhook, delivery)), 200);
  },
);

webhooks.openapi(
  createRoute({
    method: 'get',
    path: '/teams/{team}/webhooks/{webhook}/deliveries',
    operationId: 'listDeliveries',
    tags: ['Webhooks'],
    summary: "List a webhook's deliveries",
    description: 'Deliveries of the last thirty days, latest first.',
    security,
    middleware: [owner] as const,
    request: { params: webhookPath, query: DeliveryQuery },
    responses: {
      200: json('A page of deliveries', DeliveryPage),
      ...problemResponses(400, 401, 403, 404),
    },
  }),
  async (c) => {
    const { deps } = c.var;
    const webhook = await requireWebhook(deps, c.req.valid('param'));
    const { limit, cursor: before } = c.req.valid('query');
    const found = await listDeliveries(deps.db, webhook, { limit: limit + 1, before });
    const items = found.slice(0, limit).map(toDelivery);
    const next = found.length > limit ? String(items.at(-1)?.id) : null;
    linkNext(c, next);
    return c.json({ items, next }, 200);
  },
);

async function requireWebhook(
  { db }: Deps,
  { team, webhook: id }: { team: string; webhook: number },
): Promise<Row> {
  const webhook = await findWebhook(db, team, id);
  if (!webhook) throw new ProblemError('not-found', `Team ${team} has no webhook ${id}.`);
  return webhook;
}

function requireDeliverer({ deliverer }: Deps): Deliverer {
  if (deliverer) return deliverer;
  throw new Error('this service has no webhook deliverer');
}

function toWebhook({ id, team, url, createdAt }: Row): Webhook {
  return { id, team, url, createdAt };
}

function toDelivery(row: DeliveryRow): Delivery {
  const { id, messageId, kind, payload, attempts, createdAt } = row;
  const { nextAttemptAt, lastAttemptAt, lastStatus, lastError } = row;
  const ended = row.deliveredAt === null ? ('gave-up' as const) : ('delivered' as const);
  return {
    id,
    messageId,
    kind,
    payload,
    state: nextAttemptAt === null ? ended : 'pending',
    attempts,
    createdAt,
    nextAttemptAt,
    lastAttemptAt,
    lastStatus,
    lastError,
  };
}
