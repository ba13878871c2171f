import { setTimeout as sleep } from 'node:timers/promises';

/** How long a client waits for a registry that asks it to retry later or responds slowly, in milliseconds. */
export interface WaitLimits {
  /** Without a successful response. */
  stall: number;
  /** In total. */
  total: number;
  /** For responses, in total, besides the first second of each. */
  slow: number;
}

/** The wait limits of commands. */
export const waitLimits = {
  /** A person or script waits for the result, and other runs wait for the host. */
  usual: { stall: 120_000, total: 600_000, slow: 600_000 },
  /** Useful but optional requests. */
  brief: { stall: 3_000, total: 6_000, slow: 60_000 },
  /** An audit continues as long as the registry responds. */
  audit: {
    stall: 900_000,
    total: Number.POSITIVE_INFINITY,
    slow: Number.POSITIVE_INFINITY,
  },
} satisfies Record<string, WaitLimits>;

/** The timeout of one request of an optional call, in milliseconds. */
export const briefTimeout = 5000;

/** A registry asks the client to retry later. */
export interface Waiting {
  /** The delay, in whole seconds. */
  seconds: number;
  /** 429: too many requests; 502, 503, 504: not available. */
  status: number;
}

export interface PacingOptions {
  waitLimits?: WaitLimits | undefined;
  /** Called at the start of each wait. */
  onWait?: ((waiting: Waiting) => void) | undefined;
  /** Ends a wait. */
  signal?: AbortSignal | undefined;
}

/** An unsuccessful response. */
export interface Refused {
  method: string;
  status: number;
  /** The Retry-After header as sent. */
  retryAfter: string | null;
  /** The number of attempts of this request. */
  tries: number;
}

/** Schedules a client's requests: immediately, or when a busy registry accepts them again. */
export interface Pacing {
  /** Waits until a request may be sent. */
  turn: () => Promise<void>;
  /** Times a request from now on. The result is called once it has its response: whether the client waits for more. */
  timed: () => () => boolean;
  /** Called when the registry has accepted a request. */
  accepted: () => void;
  /** Whether to retry a refused request, in its turn. */
  again: (refused: Refused) => boolean;
}

/** The minimum delay, and the maximum where the registry names none, in milliseconds. */
const minDelay = 250;
const maxDelay = 15_000;

/** The part of a response time that is not counted, in milliseconds. */
const promptly = 1000;

/** The maximum number of attempts after 502, 503 or 504 without Retry-After, as from a proxy. */
const maxTries = 4;

/**
 * The retry policy of all requests of a client. A temporary refusal (429, and for reads 502, 503 and 504) is retried
 * after the delay that the registry names (Retry-After, RFC 9110 section 10.2.3). All requests of the client wait
 * together, for no longer than its wait limits, which also bound the time of slow responses.
 */
export function createPacing(
  {
    waitLimits: { stall, total, slow } = waitLimits.usual,
    onWait = () => {},
    signal,
  }: PacingOptions,
  now: () => number = Date.now,
): Pacing {
  let open = 0;
  let waited = 0;
  let lastAccepted = now();
  let slowly = 0;
  let timedUntil = now();
  return {
    async turn() {
      for (let left = open - now(); left > 0; left = open - now()) {
        await sleep(left, undefined, signal && { signal });
      }
    },
    timed() {
      const start = now() + promptly;
      return () => {
        // Concurrent requests share their time.
        slowly += Math.max(0, now() - Math.max(start, timedUntil));
        timedUntil = Math.max(timedUntil, now());
        return slowly <= slow;
      };
    },
    accepted() {
      lastAccepted = now();
    },
    again({ method, status, retryAfter, tries }) {
      const isBusy = status === 502 || status === 503 || status === 504;
      if (status !== 429 && !(isBusy && method === 'GET')) return false;
      const time = now();
      const named = parseRetryAfter(retryAfter, time);
      if (named === undefined && isBusy && tries >= maxTries) return false;
      const delay = Math.max(minDelay, named ?? Math.min(maxDelay, minDelay * 2 ** tries));
      const until = time + delay;
      // Concurrent requests share one wait.
      const more = Math.max(0, until - Math.max(open, time));
      if (until - lastAccepted > stall || waited + more > total) return false;
      waited += more;
      open = Math.max(open, until);
      if (more > 0) onWait({ seconds: Math.ceil(delay / 1000), status });
      return true;
    },
  };
}

/** The delay of a Retry-After header, in milliseconds; `undefined` if it is malformed. */
export function parseRetryAfter(field: string | null, now: number): number | undefined {
  if (field === null) return undefined;
  if (/^\d{1,9}$/.test(field.trim())) return Number(field) * 1000;
  const date = /[a-z]{3}/i.test(field) ? Date.parse(field) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
