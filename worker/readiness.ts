import type { Database } from '../db/database.ts';
import { requireReady } from '../db/readiness.ts';
import { createLimiter } from './middleware/rate-limit.ts';

/** The timeout of the query, in milliseconds. */
const timeout = 2_000;

/** The maximum rate of queries: `times` in so many `seconds`. */
const queryRate = { times: 10, seconds: 1 };

/** Returns why the database is unavailable, or `undefined` if it is available. Never rejects. */
export type Readiness = () => Promise<Error | undefined>;

/**
 * Creates a {@link Readiness} with bounded work: concurrent checks share one query, and checks above the rate get the
 * last result.
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
    const current = running;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<Error>((resolve) => {
      const message = `the database did not respond within ${timeout / 1000} seconds`;
      timer = setTimeout(() => resolve(new Error(message)), timeout);
    });
    const outcome = await Promise.race([current, late]);
    clearTimeout(timer);
    // On Workers the query may have been cancelled with the request that started it.
    if (running === current && outcome !== undefined) {
      running = undefined;
      last = outcome;
    }
    return outcome;
  };
}

const known = new WeakMap<Database, Readiness>();

/** The shared {@link Readiness} of a database. */
export function readinessOf(db: Database): Readiness {
  const readiness = known.get(db) ?? createReadiness(() => requireReady(db));
  known.set(db, readiness);
  return readiness;
}
