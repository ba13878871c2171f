import { and, asc, count, desc, eq, inArray, isNotNull, isNull, lt, lte, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import { orFindDone } from './outcome.ts';
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

export async function addWebhook(db: Database, webhook: Omit<Webhook, 'id'>): Promise<Webhook> {
  return orFindDone(
    async () => {
      const [added] = await db.insert(webhooks).values(webhook).returning();
      if (!added) throw new Error('the webhook was not added');
      return added;
    },
    // No two have the same secret.
    async () =>
      (await listWebhooks(db, webhook.team)).find(({ secret }) => secret === webhook.secret),
  );
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
  await orFindDone(
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

/** Puts an event into the outbox for one webhook, to be sent by whoever asked for it: nobody else takes it. */
export async function addDelivery(
  db: Database,
  webhook: Webhook,
  event: WebhookEvent,
): Promise<Delivery> {
  const [added] = await db
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
  if (!added) throw new Error('the delivery was not added');
  return added;
}

/** A delivery that has been claimed, and where it goes. */
export type Claimed = Delivery & { url: string; secret: string };

/** The most deliveries of one webhook that are claimed at once: none that is slow holds up the others. */
const fairShare = 5;

/**
 * Claims what is due, at most `limit`: each counts one attempt more and is due again at `next`, unless it is
 * settled before. So two processes do not send the same, and a crash only costs a wait.
 */
export async function claimDeliveries(
  db: Database,
  { now, limit, next }: { now: string; limit: number; next: (attempts: number) => string },
): Promise<Claimed[]> {
  const due = db
    .select({
      id: deliveries.id,
      place:
        sql<number>`row_number() OVER (PARTITION BY ${deliveries.webhookId} ORDER BY ${deliveries.id})`.as(
          'place',
        ),
    })
    .from(deliveries)
    .where(and(isNotNull(deliveries.nextAttemptAt), lte(deliveries.nextAttemptAt, now)))
    .as('due');
  const found = await db
    .select({ delivery: deliveries, url: webhooks.url, secret: webhooks.secret })
    .from(due)
    .innerJoin(deliveries, eq(deliveries.id, due.id))
    .innerJoin(webhooks, eq(webhooks.id, deliveries.webhookId))
    .where(lte(due.place, fairShare))
    .limit(limit);
  const claimed: Claimed[] = [];
  for (const { delivery, url, secret } of found) {
    const attempts = delivery.attempts + 1;
    // Only when nobody else has claimed it since it was read.
    const { rowsAffected } = await db
      .update(deliveries)
      .set({ attempts, lastAttemptAt: now, nextAttemptAt: next(attempts) })
      .where(and(eq(deliveries.id, delivery.id), eq(deliveries.attempts, delivery.attempts)));
    if (rowsAffected > 0) claimed.push({ ...delivery, attempts, url, secret });
  }
  return claimed;
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

/** How many deliveries are still to be made. */
export async function countPending(db: Database): Promise<number> {
  const [row] = await db
    .select({ count: count() })
    .from(deliveries)
    .where(isNotNull(deliveries.nextAttemptAt));
  return row?.count ?? 0;
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
