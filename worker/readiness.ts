import type { Database } from '../db/database.ts';
import { requireReady } from '../db/readiness.ts';
import { createLimiter } from './middleware/rate-limit.ts';

/** How long the database may take to say that it is there, in milliseconds. */
const timeout = 2_000;

/** How often the database is queryRate: so many times in so many seconds, one after the other. */
const queryRate = { times: 10, seconds: 1 };

/** Whether the database can be used: why it can't be, or `undefined`. Never rejects. */
export type Readiness = () => Promise<Error | undefined>;

/**
 * Makes a {@link Readiness} whose work is bounded, however often anybody asks: questions that come together share one
 * answer, and those beyond so many a second get the last one.
 */
export function createReadiness(query: () => Promise<void>): Readiness {
  const limiter = createLimiter(queryRate.times, queryRate.seconds);
  let last: Error | undefined;
  let running: Promise<Error | undefined> | undefined;

  function start(): Promise<Error | undefined> {
    const started = query().then(
      () => undefined,
      (error: Error) => error,
    );
    const settled = started.then((outcome) => {
      last = outcome;
      if (running === settled) running = undefined;
      return outcome;
    });
    return settled;
  }

  return async () => {
    if (!running) {
      if (!limiter.take('').ok) return last;
      running = start();
    }
    const mine = running;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<Error>((resolve) => {
      const message = `the database did not respond within ${timeout / 1000} seconds`;
      timer = setTimeout(() => resolve(new Error(message)), timeout);
    });
    const outcome = await Promise.race([mine, late]);
    clearTimeout(timer);
    // On Workers the question may have ended with the request that queryRate it.
    if (running === mine && outcome !== undefined) {
      running = undefined;
      last = outcome;
    }
    return outcome;
  };
}

const known = new WeakMap<Database, Readiness>();

/** The one {@link Readiness} of a database. */
export function readinessOf(db: Database): Readiness {
  const readiness = known.get(db) ?? createReadiness(() => requireReady(db));
  known.set(db, readiness);
  return readiness;
}
