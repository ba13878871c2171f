import type { Database } from '../../db/database.ts';
import {
  type Claimed,
  claimDeliveries,
  type Delivery,
  type Due,
  findDelivery,
  findDue,
  type Outcome,
  pruneDeliveries,
  settleDelivery,
  type Webhook,
  type WebhookEvent,
} from '../../db/webhooks.ts';
import { createLimiter } from '../middleware/rate-limit.ts';
import { logError } from '../observability/text-log.ts';
import type { Deliverer, Destinations } from '../ports.ts';
import { waitAtMost } from '../wait.ts';
import { type Send, timeout } from './send.ts';
import { signatureHeaders } from './signature.ts';

/** The maximum number of concurrent deliveries: in total, and per team, webhook and host (`name:port`). */
export interface Concurrency {
  all: number;
  team: number;
  webhook: number;
  host: number;
}

const defaultConcurrency: Concurrency = { all: 64, team: 4, webhook: 2, host: 16 };

/** How long to wait for running deliveries before looking for more, in milliseconds. */
const pause = 1_000;

/** The extra time that an attempt may take beyond the receiver's timeout, in milliseconds. */
const margin = 2_000;

/** The rate limit of webhook tests per team. */
const testsAllowed = { requests: 10, seconds: 60 };

/** How often old deliveries are deleted while others run, in milliseconds. */
const pruneInterval = 60_000;

/** The delay before a retry: five seconds, then four times as long each time, at most six hours. */
const minWait = 5_000;
const maxWait = 6 * 3_600_000;

/** How long a delivery is retried, and how long it is stored, in milliseconds. */
const maxAge = 5 * 86_400_000;
const retention = 30 * 86_400_000;

export interface DelivererOptions {
  db: Database;
  now: () => Date;
  destinations: Destinations;
  send: Send;
  concurrency?: Concurrency;
  /** From 0 to 1: spreads retries of deliveries that failed together. */
  random?: () => number;
}

export function createDeliverer(options: DelivererOptions): Deliverer {
  const { db, now, destinations, send, random = Math.random } = options;
  const { concurrency = defaultConcurrency } = options;

  const next = (attempts: number): string => {
    const wait = Math.min(maxWait, minWait * 4 ** (attempts - 1));
    return new Date(now().getTime() + wait * (0.5 + random())).toISOString();
  };

  /** Sends a delivery; returns the response's status, or the error. */
  async function sendTo(
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
      const status = await within(timeout + margin, send(url, headers, payload));
      return { status, error: isSuccess(status) ? null : `HTTP status ${status}` };
    } catch (error) {
      return { status: null, error: reasonOf(error) };
    }
  }

  /** Claims due deliveries within the concurrency limits: first of teams with the fewest running, oldest first. */
  async function claim(places: Places): Promise<(Due & Claimed)[]> {
    const time = now().toISOString();
    const { team: perTeam, webhook: perWebhook } = concurrency;
    const without = places.full();
    const due = await findDue(db, { now: time, perTeam, perWebhook, without });
    const turn = new Map(due.map((one) => [one, one.place + places.of(one.team)]));
    due.sort((a, b) => (turn.get(a) ?? 0) - (turn.get(b) ?? 0));
    const taken = due.filter((one) => places.take(one));
    const claimed = await claimDeliveries(db, taken, { now: time, next });
    const ids = new Set(claimed.map(({ id }) => id));
    for (const one of taken) if (!ids.has(one.id)) places.release(one);
    return claimed;
  }

  async function attempt(claimed: Claimed): Promise<void> {
    const { status, error } = await sendTo(claimed, claimed);
    const time = now();
    const outcome: Outcome = { status, error };
    if (error === null) outcome.deliveredAt = time.toISOString();
    else if (time.getTime() - Date.parse(claimed.createdAt) >= maxAge) {
      outcome.gaveUpAt = time.toISOString();
      logError(
        `Delivery ${claimed.messageId} (${claimed.kind}) to webhook ${claimed.webhookId} failed: ` +
          `${error}; gave up after ${claimed.attempts} attempts.`,
      );
    }
    await settleDelivery(db, claimed.id, outcome);
  }

  return {
    destinations,
    async deliverDue(signal) {
      let attempts = 0;
      const places = createPlaces(concurrency);
      const running = new Set<Promise<void>>();
      let pruned = Number.NEGATIVE_INFINITY;
      const prune = async () => {
        pruned = now().getTime();
        await pruneDeliveries(db, new Date(pruned - retention).toISOString());
      };
      try {
        while (!signal?.aborted) {
          if (places.left() > 0) {
            for (const claimed of await claim(places)) {
              attempts++;
              const attempted = attempt(claimed)
                .catch(logError)
                .finally(() => {
                  places.release(claimed);
                  running.delete(attempted);
                });
              running.add(attempted);
            }
          }
          if (running.size === 0) break;
          await waitAtMost(Promise.race(running), pause);
          if (now().getTime() - pruned >= pruneInterval) await prune();
        }
        await prune();
      } catch (error) {
        logError(error);
      }
      await Promise.all(running);
      return attempts;
    },
    tests: createLimiter(testsAllowed.requests, testsAllowed.seconds, () => now().getTime()),
    async test(webhook, delivery) {
      const { status, error } = await sendTo(webhook, delivery);
      const ended = now().toISOString();
      const outcome = error === null ? { deliveredAt: ended } : { gaveUpAt: ended };
      await settleDelivery(db, delivery.id, { status, error, ...outcome });
      return (await findDelivery(db, delivery.id)) ?? delivery;
    },
  };
}

/** The test event of a webhook. */
export function testEvent({ team, id }: Webhook, time: string): WebhookEvent {
  return { kind: 'webhook.test', time, data: { team, webhook: id } };
}

/** The fields of a delivery that the concurrency limits use. */
type Placed = Pick<Due, 'team' | 'webhookId' | 'url'>;

/** Counts running deliveries. */
interface Places {
  left: () => number;
  /** How many deliveries of a team are running. */
  of: (team: string) => number;
  /** The teams and webhooks at their limit. */
  full: () => { teams: string[]; webhooks: number[] };
  /** Takes a place, if one is free. */
  take: (placed: Placed) => boolean;
  release: (placed: Placed) => void;
}

function createPlaces({ all, team, webhook, host }: Concurrency): Places {
  let total = 0;
  const teams = new Map<string, number>();
  const webhooks = new Map<number, number>();
  const hosts = new Map<string, number>();
  const hostOf = ({ url }: Placed) => URL.parse(url)?.host ?? '';
  const add = <Key>(counts: Map<Key, number>, key: Key, more: 1 | -1) => {
    const count = (counts.get(key) ?? 0) + more;
    if (count === 0) counts.delete(key);
    else counts.set(key, count);
  };
  const change = (placed: Placed, more: 1 | -1) => {
    total += more;
    add(teams, placed.team, more);
    add(webhooks, placed.webhookId, more);
    add(hosts, hostOf(placed), more);
  };
  const full = <Key>(counts: Map<Key, number>, max: number) =>
    [...counts].filter(([, count]) => count >= max).map(([key]) => key);
  return {
    left: () => all - total,
    of: (name) => teams.get(name) ?? 0,
    full: () => ({ teams: full(teams, team), webhooks: full(webhooks, webhook) }),
    take(placed) {
      const room =
        total < all &&
        (teams.get(placed.team) ?? 0) < team &&
        (webhooks.get(placed.webhookId) ?? 0) < webhook &&
        (hosts.get(hostOf(placed)) ?? 0) < host;
      if (room) change(placed, 1);
      return room;
    },
    release: (placed) => change(placed, -1),
  };
}

/** Rejects with a TimeoutError if work takes longer than so many milliseconds. */
async function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DOMException('', 'TimeoutError')), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** The reason of a failure, without details of the operator's network. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'timed out';
  const { cause } = error;
  const { code } = (cause instanceof Error ? cause : error) as NodeJS.ErrnoException;
  return code ?? error.message;
}
