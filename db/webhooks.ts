import { and, asc, desc, eq, inArray, isNull, lt, lte, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import { writeOrConfirm } from './outcome.ts';
import { deliveries, webhooks } from './schema.ts';

export type Webhook = typeof webhooks.$inferSelect;
export type Delivery = typeof deliveries.$inferSelect;

/** What happened, as webhooks are told of it. */
export interface WebhookEvent {
  /** Such as `version.published`. */
  kind: string;
  time: string;
  data: Record<string, unknown>;
}

/** The statement that adds a webhook, unless the team has `limit` of them; it returns the webhook, if it was added. */
export function addWebhook(db: Database, webhook: Omit<Webhook, 'id'>, limit: number) {
  const { team, url, secret, createdAt } = webhook;
  const room = sql`(SELECT count(*) FROM ${webhooks} WHERE ${webhooks.team} = ${team}) < ${limit}`;
  return db
    .insert(webhooks)
    .select(sql`SELECT NULL, ${team}, ${url}, ${secret}, ${createdAt} WHERE ${room}`)
    .returning();
}

export async function listWebhooks(db: Database, team: string): Promise<Webhook[]> {
  return db.select().from(webhooks).where(eq(webhooks.team, team)).orderBy(asc(webhooks.id));
}

export async function findWebhook(
  db: Database,
  team: string,
  id: number,
): Promise<Webhook | undefined> {
  const [webhook] = await db
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.id, id), eq(webhooks.team, team)));
  return webhook;
}

/** Removes a webhook with all that it was told and was to be told. */
export async function removeWebhook(db: Database, { id, team }: Webhook): Promise<void> {
  await writeOrConfirm(
    async () => {
      await db.batch([
        db.delete(deliveries).where(eq(deliveries.webhookId, id)),
        db.delete(webhooks).where(eq(webhooks.id, id)),
      ]);
      return true;
    },
    async () => (await findWebhook(db, team, id)) === undefined || undefined,
  );
}

/** Random enough that no two messages share it, and made where the row is. */
const messageId = sql<string>`'msg_' || lower(hex(randomblob(16)))`;

function payloadOf({ kind, time, data }: WebhookEvent): string {
  return JSON.stringify({ type: kind, timestamp: time, data });
}

/** The statement that puts an event into the outbox, for each of the team's webhooks. */
export function announce(db: Database, team: string, event: WebhookEvent): Statement {
  const { kind, time } = event;
  return db.run(sql`
    INSERT INTO ${deliveries} (webhook_id, message_id, kind, payload, created_at, next_attempt_at)
    SELECT ${webhooks.id}, ${messageId}, ${kind}, ${payloadOf(event)}, ${time}, ${time}
    FROM ${webhooks} WHERE ${webhooks.team} = ${team}`);
}

/**
 * The statement that puts an event into the outbox for one webhook, to be sent by whoever options for it: nobody else
 * takes it. It returns the delivery.
 */
export function addDelivery(db: Database, webhook: Webhook, event: WebhookEvent) {
  return db
    .insert(deliveries)
    .values({
      webhookId: webhook.id,
      messageId,
      kind: event.kind,
      payload: payloadOf(event),
      createdAt: event.time,
      attempts: 1,
      lastAttemptAt: event.time,
    })
    .returning();
}

/** A delivery that has been claimed, and where it goes. */
export type Claimed = Delivery & { url: string; secret: string };

/** A delivery that is due, and the place that it has among those of its team. */
export interface Due {
  id: number;
  webhookId: number;
  team: string;
  url: string;
  place: number;
  nextAttemptAt: string;
  attempts: number;
}

/** The most that is due and looked at together: of each team its first before any team's second. */
const maxDue = 256;

/**
 * What is due, of each team its oldest first; at most `perWebhook` of each webhook and `perTeam` of each team, and
 * nothing of the teams and webhooks that are left out. It costs by how many webhooks wait, not by how much waits for
 * them.
 */
export async function findDue(
  db: Database,
  options: {
    now: string;
    perTeam: number;
    perWebhook: number;
    without: { teams: readonly string[]; webhooks: readonly number[] };
  },
): Promise<Due[]> {
  const { now, perTeam, perWebhook, without } = options;
  return db.all<Due>(sql`
    WITH RECURSIVE waiting(id) AS (
      SELECT min(webhook_id) FROM deliveries WHERE next_attempt_at IS NOT NULL
      UNION ALL
      SELECT (SELECT min(webhook_id) FROM deliveries
        WHERE next_attempt_at IS NOT NULL AND webhook_id > waiting.id)
      FROM waiting WHERE waiting.id IS NOT NULL
    ),
    due AS (
      SELECT delivery.id AS "id", webhook.id AS "webhookId", webhook.team AS "team", webhook.url AS "url",
        delivery.next_attempt_at AS "nextAttemptAt", delivery.attempts AS "attempts",
        row_number() OVER (
          PARTITION BY webhook.team ORDER BY delivery.next_attempt_at, delivery.id) AS "place"
      FROM waiting
      CROSS JOIN webhooks AS webhook ON webhook.id = waiting.id
      CROSS JOIN deliveries AS delivery ON delivery.id IN (
        SELECT one.id FROM deliveries AS one
        WHERE one.webhook_id = waiting.id AND one.next_attempt_at IS NOT NULL AND one.next_attempt_at <= ${now}
        ORDER BY one.next_attempt_at LIMIT ${perWebhook})
      WHERE webhook.team NOT IN (SELECT value FROM json_each(${JSON.stringify(without.teams)}))
        AND webhook.id NOT IN (SELECT value FROM json_each(${JSON.stringify(without.webhooks)}))
    )
    SELECT * FROM due WHERE place <= ${perTeam} ORDER BY place, "nextAttemptAt", id LIMIT ${maxDue}`);
}

/**
 * Claims deliveries: each counts one attempt more and is due again at `next`, unless it is settled before. So two
 * processes do not send the same, and a crash only costs a wait. Those that nobody else has claimed meanwhile.
 */
export async function claimDeliveries<D extends Pick<Due, 'id' | 'attempts'>>(
  db: Database,
  due: readonly D[],
  { now, next }: { now: string; next: (attempts: number) => string },
): Promise<(D & Claimed)[]> {
  const [first, ...rest] = due.map(({ id, attempts }) => {
    const set = { attempts: attempts + 1, lastAttemptAt: now, nextAttemptAt: next(attempts + 1) };
    // Still due: another process may have settled it meanwhile.
    const same = and(
      eq(deliveries.id, id),
      eq(deliveries.attempts, attempts),
      lte(deliveries.nextAttemptAt, now),
    );
    return db.update(deliveries).set(set).where(same).returning();
  });
  if (!first) return [];
  const claimed = (await db.batch([first, ...rest])).flat();
  const secrets = await db
    .select({ id: webhooks.id, url: webhooks.url, secret: webhooks.secret })
    .from(webhooks)
    .where(
      sql`${webhooks.id} IN (SELECT value FROM json_each(${JSON.stringify(claimed.map(({ webhookId }) => webhookId))}))`,
    );
  return claimed.flatMap((delivery) => {
    const one = due.find(({ id }) => id === delivery.id);
    const webhook = secrets.find(({ id }) => id === delivery.webhookId);
    // A webhook that was removed meanwhile is told nothing more.
    if (!one || !webhook) return [];
    return [{ ...one, ...delivery, url: webhook.url, secret: webhook.secret }];
  });
}

/** How an attempt ended. */
export interface Outcome {
  status: number | null;
  error: string | null;
  deliveredAt?: string;
  gaveUpAt?: string;
}

/** Notes how an attempt ended; what was delivered or given up is not due again. */
export async function settleDelivery(
  db: Database,
  id: number,
  { status, error, deliveredAt, gaveUpAt }: Outcome,
): Promise<void> {
  const ended = deliveredAt !== undefined || gaveUpAt !== undefined;
  await db
    .update(deliveries)
    .set({
      lastStatus: status,
      lastError: error,
      ...(ended ? { nextAttemptAt: null } : {}),
      ...(deliveredAt === undefined ? {} : { deliveredAt }),
      ...(gaveUpAt === undefined ? {} : { gaveUpAt }),
    })
    .where(eq(deliveries.id, id));
}

export async function findDelivery(db: Database, id: number): Promise<Delivery | undefined> {
  const [delivery] = await db.select().from(deliveries).where(eq(deliveries.id, id));
  return delivery;
}

/** A webhook's deliveries, the latest first; from `before` on, where that is given. */
export async function listDeliveries(
  db: Database,
  { id }: Webhook,
  { limit, before }: { limit: number; before?: number | undefined },
): Promise<Delivery[]> {
  return db
    .select()
    .from(deliveries)
    .where(
      and(
        eq(deliveries.webhookId, id),
        before === undefined ? undefined : lt(deliveries.id, before),
      ),
    )
    .orderBy(desc(deliveries.id))
    .limit(limit);
}

/** Forgets deliveries made before `time` that are not due any more, a hundred at most. */
export async function pruneDeliveries(db: Database, time: string): Promise<void> {
  const old = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(and(lt(deliveries.createdAt, time), isNull(deliveries.nextAttemptAt)))
    .limit(100);
  await db.delete(deliveries).where(inArray(deliveries.id, old));
}
