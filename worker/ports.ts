import type { Context, MiddlewareHandler } from 'hono';
import type { Analysis, Package } from '../db/analyses.ts';
import type { Database } from '../db/database.ts';
import type { Statement } from '../db/log.ts';
import type { Amounts } from '../db/quotas.ts';
import type { Role } from '../db/schema.ts';
import type { Token } from '../db/tokens.ts';
import type { Delivery, Webhook } from '../db/webhooks.ts';
import type { Hash, LogEntry } from '../trust/index.ts';

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
  addressOf?: (request: RequestHead, bindings: object) => string | undefined;
  /** Calls `done` when the answer has been sent, with its size in bytes; where the runtime can tell. */
  whenSent?: (bindings: object, done: (bytes: number) => void) => void;
  /** How many requests each client may make; any number when left out. */
  rateLimits?: RateLimits;
  /** Tells the teams' webhooks. */
  deliverer?: Deliverer;
  /** Caches immutable responses near their readers; none when left out. */
  sharedCache?: SharedCache;
  /** Drops cached responses after a change; routes declare it with the middleware `invalidates`. */
  invalidateCache?: ((changed: Exclude<CacheDependency, 'nothing'>) => void) | undefined;
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
  /** The size of the response cache in memory, in bytes; 0 turns it off. */
  responseCacheBytes: number;
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
  responseCacheBytes: 64 * 1024 * 1024,
};

/** What comes with a request, beside what its runtime gives. */
export interface Bindings {
  access?: Access;
  /** The response that a 304 stands for. */
  fullResponse?: Response;
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

/** What is known of a request once it is answered: for the request log and for metrics. It holds no secret. */
export interface Access {
  /** The request's id, which the answer carries as X-Request-Id. */
  id: string;
  method: string;
  /** The route's pattern, not the path: that may hold names that are nobody else's business. */
  route: string;
  /** The client's address, where it is known. */
  address: string | undefined;
  /** Whose token the request had, if it was a good one. */
  token: { id: number; label: string } | undefined;
  status: number;
  /** When the request came, in milliseconds since the epoch. */
  time: number;
  /** The same, by the clock that never jumps. */
  start: number;
  /** How long the answer took, in milliseconds. */
  milliseconds: number;
  /** What was sent, head and body, in bytes; `undefined` where the runtime does not tell. */
  bytes: number | undefined;
  /** What went wrong here, when the status is 500. */
  error: unknown;
}

/** Told of each request after its answer. It must not throw. */
export type AccessObserver = (access: Access) => void;

/** What a cached response depends on, and so what makes it stale. */
export type CacheDependency = 'nothing' | 'visibility' | 'references';

/** The parts of a request that select a cached response; header names are in lower case. */
export interface RequestHead {
  method: string;
  url: string;
  header: (name: string) => string | null | undefined;
}

/** Who makes a request, and what they may do. */
export interface Caller {
  /** The token that was sent; `undefined` when none was. */
  token: Token | undefined;
  /** The role in every team there is: of who runs the registry. */
  everywhere: Role | undefined;
  /** The roles in single teams. */
  roles: ReadonlyMap<string, Role>;
  /** The only profile that the roles are about; all when `undefined`. */
  profile: string | undefined;
}

/**
 * What it may cost to find out whether credentials are good: a token that was good lately may be looked up as often as
 * its own limit says, and all else only while the address has not sent too many that were none.
 */
export interface TokenChecks {
  /**
   * Whose token it is, by `find`, which is told its hash; `undefined` when it is no good. Throws a problem, and asks
   * nothing, when the token's limit or the address's is reached.
   */
  check: (
    c: Context<Env>,
    secret: string,
    find: (hash: string) => Promise<Caller | undefined>,
  ) => Promise<Caller | undefined>;
  /** Does what finds out whether other credentials are good; what comes back as `undefined` counts as a failure. */
  attempt: <Result>(
    c: Context<Env>,
    work: () => Promise<Result | undefined>,
  ) => Promise<Result | undefined>;
}

/** What a limiter says of one request. */
export interface Rate {
  ok: boolean;
  /** How many more are allowed now; `undefined` where the limiter does not tell. */
  remaining?: number;
  /** When all that is allowed may be had again; after a refusal, when one more. In seconds. */
  reset: number;
}

/** Counts requests by key. */
export interface Limiter {
  /** What it allows: so many requests in so many seconds. */
  policy: { requests: number; seconds: number } | undefined;
  take: (key: string) => Rate | Promise<Rate>;
}

/** Who is limited how; who is left out is not. */
export interface RateLimits {
  /** Requests without a token, by the client's address (IPv6: its /64). */
  address?: Limiter | undefined;
  /** Requests with a good token, by that. */
  token?: Limiter | undefined;
}

/** What a CI job's token says of it. */
export interface Job {
  issuer: string;
  /** `owner/name` or `group/project`, in lower case: providers do not tell the two apart. */
  repository: string;
  /** The provider's number for the repository: the name can go to somebody else, this can't. */
  repositoryId: string;
  branch: string;
  environment: string | undefined;
  /** Identifies the token. */
  id: string;
}

export type VerifiedJob = { ok: true; job: Job } | { ok: false; reason: string };

/** Verifies the tokens that CI jobs bring (OpenID Connect Core 1.0, section 3.1.3.7). */
export type VerifyJob = (token: string) => Promise<VerifiedJob>;

/** What {@link Deps} has of it. */
export interface Oidc {
  audience: string;
  issuers: readonly string[];
  verify: VerifyJob;
}

/** The registry's transparency log: what it records can't be taken back unseen. */
export interface Log {
  /** The verifier of the log's key, which hosts pin. */
  verifier: string;
  /**
   * Appends an entry in one transaction with the statements that it is about, which are told its index. Where the
   * database commits that and its answer is lost, the entry is found in the log.
   * `undefined` when `superseded` says meanwhile that there is nothing left to do.
   */
  append(
    entry: LogEntry,
    statements: (index: number) => Statement[],
    superseded: () => Promise<boolean>,
  ): Promise<number | undefined>;
  /**
   * A checkpoint of `atLeast` so many entries if there is one, cosigned with the present time, and its size: the newest
   * that witnesses have cosigned a short while ago, else where the log stands. Without `atLeast` it is where the log
   * stands, but for the moment in which witnesses are asked about that. No witness is asked here.
   */
  checkpoint(atLeast?: number): Promise<{ size: number; note: string }>;
  /**
   * Has the witnesses cosign the log as it stands, where they have not done so within the last minute: for timers and
   * after the log has grown. Takes at most a few seconds, and never throws.
   */
  cosign(): Promise<void>;
  /**
   * Waits a short while until the witnesses have been asked about a tree of `size`, so that a proof made then is of a
   * checkpoint that hosts with witnesses take. What they take longer for goes on, which `waitUntil` is told of.
   */
  cosignUpTo(size: number, waitUntil?: (work: Promise<unknown>) => void): Promise<void>;
  /** The hashes by which an entry is shown to be in the tree of that size. */
  proveInclusion(index: number, size: number): Promise<Hash[]>;
  /** The hashes by which the tree of size `second` is shown to begin with that of size `first`. */
  proveConsistency(first: number, second: number): Promise<Hash[]>;
}

/** An analysis, and whether the package may be published. */
export interface Analysed extends Analysis {
  /** How many errors there are, the omitted ones among them. */
  errors: number;
}

/**
 * Analyses a package on behalf of somebody, a team for example, so that nobody waits for what others send. Rejects with
 * {@link Busy} when too many wait already.
 */
export type Analyser = (pack: Package, onBehalfOf: string) => Promise<Analysed>;

/**
 * Where webhooks may go: over https to the public internet, and to the networks that the operator allows besides,
 * over http too.
 */
export interface Destinations {
  /** Whether there is any network besides, which may have names of its own. */
  local: boolean;
  /** What is wrong with this address, before anything is looked up; `undefined` when nothing is. */
  objection: (url: string) => string | undefined;
  /** What is wrong with going to this IP address for that URL; `undefined` when nothing is. */
  addressObjection: (url: URL, address: string) => string | undefined;
}

/** Tells webhooks what they are to be told. */
export interface Deliverer {
  destinations: Destinations;
  /**
   * Makes the deliveries that are due, until none is; how many attempts that took. Each has a deadline of its own,
   * and none waits for another team's but for want of any place. Begins nothing more once `signal` is aborted. Never
   * throws.
   */
  deliverDue: (signal?: AbortSignal) => Promise<number>;
  /** How often a team may test its webhooks. */
  tests: Limiter;
  /** Tells one webhook of a test that is in the outbox for that, at once and once only. */
  test: (webhook: Webhook, delivery: Delivery) => Promise<Delivery>;
}

/** A cache in front of the database, near the client, that forgets what its Cache-Control says. */
export interface SharedCache {
  match: (url: string) => Promise<Response | undefined>;
  put: (url: string, response: Response) => Promise<void>;
}

/** What Prometheus scrapes of a registry on Node. On Workers an isolate would tell of itself alone. */
export interface Metrics {
  observe: AccessObserver;
  contentType: string;
  /** The exposition, in Prometheus' text format. */
  expose: () => Promise<string>;
}
