import type { Database } from '../../db/database.ts';
import {
  addDelivery,
  type Claimed,
  claimDeliveries,
  type Delivery,
  findDelivery,
  type Outcome,
  pruneDeliveries,
  settleDelivery,
  type Webhook,
} from '../../db/webhooks.ts';
import { tellOperator } from '../text-log.ts';
import type { Destinations } from './destination.ts';
import type { Send } from './send.ts';
import { signatureHeaders } from './signature.ts';

/** How many deliveries are under way at once. */
const atOnce = 20;

/** When a delivery is tried again: after five seconds, then four times as long each time, six hours at most. */
const firstWait = 5_000;
const longestWait = 6 * 3_600_000;

/** How long a delivery is tried, and how long it is remembered, in milliseconds. */
const patience = 5 * 86_400_000;
const memory = 30 * 86_400_000;

/** Tells webhooks what they are to be told. */
export interface Deliverer {
  destinations: Destinations;
  /** Makes the deliveries that are due, until none is; how many attempts that took. Never throws. */
  deliverDue: () => Promise<number>;
  /** Tells one webhook of a test, at once and once only. */
  test: (webhook: Webhook) => Promise<Delivery>;
}

export interface DelivererOptions {
  db: Database;
  now: () => Date;
  destinations: Destinations;
  send: Send;
  /** From 0 to 1: spreads attempts, so that what failed together is not tried together. */
  random?: () => number;
}

export function createDeliverer(options: DelivererOptions): Deliverer {
  const { db, now, destinations, send, random = Math.random } = options;

  const next = (attempts: number): string => {
    const wait = Math.min(longestWait, firstWait * 4 ** (attempts - 1));
    return new Date(now().getTime() + wait * (0.5 + random())).toISOString();
  };

  /** The status of the answer, or why there is none. */
  async function tell(
    { url, secret }: Pick<Webhook, 'url' | 'secret'>,
    { messageId, payload }: Delivery,
  ): Promise<{ status: number | null; error: string | null }> {
    try {
      const message = { id: messageId, time: now(), body: payload };
      const headers = {
        'Content-Type': 'application/json',
        'User-Agent': 'aa-registry',
        ...(await signatureHeaders(secret, message)),
      };
      const status = await send(url, headers, payload);
      return { status, error: isGood(status) ? null : `it answered ${status}` };
    } catch (error) {
      return { status: null, error: reasonOf(error) };
    }
  }

  async function attempt(claimed: Claimed): Promise<void> {
    const { status, error } = await tell(claimed, claimed);
    const time = now();
    const outcome: Outcome = { status, error };
    if (error === null) outcome.deliveredAt = time.toISOString();
    else if (time.getTime() - Date.parse(claimed.createdAt) >= patience) {
      outcome.gaveUpAt = time.toISOString();
      tellOperator(
        `Webhook ${claimed.webhookId} was not told of ${claimed.messageId} (${claimed.kind}): ` +
          `${error}; given up after ${claimed.attempts} attempts.`,
      );
    }
    await settleDelivery(db, claimed.id, outcome);
  }

  return {
    destinations,
    async deliverDue() {
      let attempts = 0;
      try {
        for (;;) {
          const time = now().toISOString();
          const claimed = await claimDeliveries(db, { now: time, limit: atOnce, next });
          if (claimed.length === 0) break;
          attempts += claimed.length;
          await Promise.all(claimed.map(attempt));
        }
        await pruneDeliveries(db, new Date(now().getTime() - memory).toISOString());
      } catch (error) {
        tellOperator(error);
      }
      return attempts;
    },
    async test(webhook) {
      const time = now().toISOString();
      const data = { team: webhook.team, webhook: webhook.id };
      const delivery = await addDelivery(db, webhook, { kind: 'webhook.test', time, data });
      const { status, error } = await tell(webhook, delivery);
      const ended = now().toISOString();
      const outcome = error === null ? { deliveredAt: ended } : { gaveUpAt: ended };
      await settleDelivery(db, delivery.id, { status, error, ...outcome });
      return (await findDelivery(db, delivery.id)) ?? delivery;
    },
  };
}

function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}

/** What went wrong, in words that tell nothing of the operator's network but what the address itself tells. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed';
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'no answer in time';
  const { cause } = error;
  const { code } = (cause instanceof Error ? cause : error) as NodeJS.ErrnoException;
  return code ?? error.message;
}
