import type { MiddlewareHandler } from 'hono';
import type { Database } from '../db/database.ts';
import type { Amounts } from '../db/quotas.ts';
import type { Analyser } from './analysis/analyser.ts';
import type { Caller } from './auth/caller.ts';
import type { Oidc } from './auth/oidc.ts';
import type { TokenChecks } from './auth/token-checks.ts';
import type { Asked } from './cache/response-cache.ts';
import type { SharedCache } from './cache/shared-cache.ts';
import type { Log } from './log/log.ts';
import type { RateLimits } from './middleware/rate-limit.ts';
import type { Access, AccessObserver } from './observability/access.ts';
import type { Metrics } from './observability/metrics.ts';
import type { Deliverer } from './webhooks/deliver.ts';

/** What the service needs from whatever runs it. */
export interface Deps {
  db: Database;
  log: Log;
  now: () => Date;
  limits: Limits;
  /** Finds out what is derived from a package; in threads where the runtime has them. */
  analyse: Analyser;
  /** How CI jobs are known by their OpenID Connect tokens; left out where the registry has no public address. */
  oidc?: Oidc | undefined;
  /** Who is told of each request. */
  observers?: AccessObserver[];
  /** A client's address, from its connection or from proxies that are trusted. */
  addressOf?: (asked: Asked, bindings: object) => string | undefined;
  /** Calls `done` when the answer has been sent, with its size in bytes; where the runtime can tell. */
  whenSent?: (bindings: object, done: (bytes: number) => void) => void;
  /** How many requests each client may make; any number when left out. */
  rateLimits?: RateLimits;
  /** Tells the teams' webhooks. */
  deliverer?: Deliverer;
  /** Keeps what never changes near its readers; none when left out. */
  sharedCache?: SharedCache;
  /** Served at /metrics to administrators. */
  metrics?: Metrics | undefined;
  /** Puts each request into a trace. */
  tracing?: MiddlewareHandler | undefined;
  /** Whether the service is about to end, so that nobody should be sent to it any more. */
  isEnding?: () => boolean;
}

export interface Limits {
  /** The largest profile that may be published, in bytes. */
  profileBytes: number;
  /** The most that a team may have and do, unless it has limits of its own; of tokens, a user too. */
  team: Amounts;
  /** How much of what it answers the service keeps in memory, in bytes; 0: nothing. */
  answerBytes: number;
}

export const defaultLimits: Limits = {
  profileBytes: 256 * 1024,
  team: {
    profiles: 10_000,
    versions: 100_000,
    bytes: 4 * 1024 ** 3,
    changes: 1_000,
    tokens: 1_000,
    webhooks: 10,
  },
  answerBytes: 64 * 1024 * 1024,
};

/** What comes with a request, beside what its runtime gives. */
export interface Bindings {
  access?: Access;
  /** The answer that a 304 stands for. */
  whole?: Response;
  /** Lets work go on after the answer, where the runtime would end it. */
  waitUntil?: (work: Promise<unknown>) => void;
}

/** What the routes find in Hono's context. */
export interface Env {
  Bindings: Bindings;
  Variables: {
    deps: Deps;
    tokenChecks: TokenChecks;
    /** Whose request it is (auth.ts). */
    caller: Caller;
  };
}
