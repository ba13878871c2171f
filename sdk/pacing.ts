import { setTimeout as sleep } from 'node:timers/promises';

/** How long a client waits for a registry that asks it to, in milliseconds. */
export interface WaitLimits {
  /** Without one good answer meanwhile. */
  stall: number;
  /** In all. */
  total: number;
}

/** How long commands wait. */
export const waitLimits = {
  /** A person or a script waits for the end, and other runs wait for the host. */
  usual: { stall: 120_000, total: 600_000 },
  /** What is good to know, and can be done without. */
  brief: { stall: 3_000, total: 6_000 },
  /** An audit goes on for as long as it is answered at all. */
  audit: { stall: 900_000, total: Number.POSITIVE_INFINITY },
} satisfies Record<string, WaitLimits>;

/** How long one request may take of a call that can do without an answer, in milliseconds. */
export const briefTimeout = 5000;

/** A registry asks to be asked again later. */
export interface Waiting {
  /** For how long, in whole seconds. */
  seconds: number;
  /** 429: too many requests; 502, 503, 504: it is not ready. */
  status: number;
}

export interface PacingOptions {
  waitLimits?: WaitLimits | undefined;
  /** Told of each wait as it begins. */
  onWait?: ((waiting: Waiting) => void) | undefined;
  /** Ends a wait. */
  signal?: AbortSignal | undefined;
}

/** An answer that was no good. */
export interface Refused {
  method: string;
  status: number;
  /** The field as it was sent. */
  retryAfter: string | null;
  /** How many times this request was sent. */
  tries: number;
}

/** When a client's requests are sent: at once, or once a registry that is busy wants them again. */
export interface Pacing {
  /** Waits until a request may be sent. */
  turn: () => Promise<void>;
  /** A request was answered. */
  answered: () => void;
  /** Whether to send a refused request again, in its turn. */
  again: (refused: Refused) => boolean;
}

/** The shortest wait, and the longest where the registry names none, in milliseconds. */
const minDelay = 250;
const maxDelay = 15_000;

/** How often a request is sent that is answered by 502, 503 or 504 without a time, as by a proxy. */
const maxTries = 4;

/**
 * The one policy of all that a client asks: what a registry refuses for now (429, and of what only reads 502, 503 and
 * 504) is asked again after the time that it names (Retry-After, RFC 9110 section 10.2.3), by all requests of the
 * client together, and for no longer than its wait limits.
 */
export function createPacing(
  { waitLimits: { stall, total } = waitLimits.usual, onWait = () => {}, signal }: PacingOptions,
  now: () => number = Date.now,
): Pacing {
  let open = 0;
  let waited = 0;
  let lastAnswer = now();
  return {
    async turn() {
      for (let left = open - now(); left > 0; left = open - now()) {
        await sleep(left, undefined, signal && { signal });
      }
    },
    answered() {
      lastAnswer = now();
    },
    again({ method, status, retryAfter, tries }) {
      const isBusy = status === 502 || status === 503 || status === 504;
      if (status !== 429 && !(isBusy && method === 'GET')) return false;
      const time = now();
      const named = parseRetryAfter(retryAfter, time);
      if (named === undefined && isBusy && tries >= maxTries) return false;
      const delay = Math.max(minDelay, named ?? Math.min(maxDelay, minDelay * 2 ** tries));
      const until = time + delay;
      // What several requests wait for at once is waited for once.
      const more = Math.max(0, until - Math.max(open, time));
      if (until - lastAnswer > stall || waited + more > total) return false;
      waited += more;
      open = Math.max(open, until);
      if (more > 0) onWait({ seconds: Math.ceil(delay / 1000), status });
      return true;
    },
  };
}

/** How long a Retry-After field asks to wait, in milliseconds; `undefined` when it says nothing that can be read. */
export function parseRetryAfter(field: string | null, now: number): number | undefined {
  if (field === null) return undefined;
  if (/^\d{1,9}$/.test(field.trim())) return Number(field) * 1000;
  const date = /[a-z]{3}/i.test(field) ? Date.parse(field) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
