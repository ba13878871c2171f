import type { Context, MiddlewareHandler } from 'hono';
import type { Compared, Summarized } from '../contract/index.ts';
import type { Analysis, Package } from '../db/analyses.ts';
import type { Database } from '../db/database.ts';
import type { Host } from '../db/hosts.ts';
import type { LogHead, Statement } from '../db/log.ts';
import type { Amounts } from '../db/quotas.ts';
import type { Role } from '../db/schema.ts';
import type { Token } from '../db/tokens.ts';
import type { Delivery, Webhook } from '../db/webhooks.ts';
import type { PolicyText, PolicyWidening, Release } from '../policy/index.ts';
import type { Hash, LogEntry } from '../trust/index.ts';
import type { LineDiff } from './analysis/line-diff.ts';

/** The service's dependencies, provided by the runtime. */
export interface Deps {
  db: Database;
  log: Log;
  now: () => Date;
  limits: Limits;
  /** Analyses packages; in threads where the runtime has them. */
  analyse: Analyser;
  /** Finds out what profiles permit; in threads where the runtime has them. */
  permissions: PermissionAnalyser;
  /** Verifies the OpenID Connect tokens of CI jobs; undefined without a public URL. */
  oidc?: Oidc | undefined;
  /** The registry's public address; that of each request by default. */
  publicUrl?: string | undefined;
  /** Where to report vulnerabilities, as URIs (RFC 9116). */
  securityContacts?: readonly string[];
  /** Called after each request. */
  observers?: RequestObserver[];
  /** A client's address, from its connection or from trusted proxies. */
  addressOf?: (request: RequestHead, bindings: object) => string | undefined;
  /** Calls `done` with the size in bytes once a response has been sent, on runtimes that support it. */
  whenSent?: (bindings: object, done: (bytes: number) => void) => void;
  /** Rate limits per client; unlimited when omitted. */
  rateLimits?: RateLimits;
  /** Delivers events to webhooks. */
  deliverer?: Deliverer;
  /** Caches immutable responses near their readers. */
  sharedCache?: SharedCache;
  /** Drops cached responses after a change; routes declare it with the middleware `invalidates`. */
  invalidateCache?: ((changed: Exclude<CacheDependency, 'nothing'>) => void) | undefined;
  /** Served at /metrics to administrators. */
  metrics?: Metrics | undefined;
  /** Traces each request. */
  tracing?: MiddlewareHandler | undefined;
  /** Whether the service is shutting down, so that /readyz reports not ready. */
  isEnding?: () => boolean;
}

export interface Limits {
  /** The maximum size of a profile, of all its variants together, in bytes. */
  profileBytes: number;
  /** The default limits of a team; the limit on tokens applies to users too. */
  team: Amounts;
  /** The size of the response cache in memory, in bytes; 0 turns it off. */
  responseCacheBytes: number;
  /** How long what hosts report is kept, in days. */
  reportDays: number;
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
    hosts: 10_000,
  },
  responseCacheBytes: 64 * 1024 * 1024,
  reportDays: 90,
};

/** Hono's bindings for a request, besides those of the runtime. */
export interface Bindings {
  record?: RequestRecord;
  /** The full response that a 304 was sent for. */
  fullResponse?: Response;
  /** Lets work continue after the response, where the runtime would end it. */
  waitUntil?: (work: Promise<unknown>) => void;
}

/** Hono's environment of the routes. */
export interface Env {
  Bindings: Bindings;
  Variables: {
    deps: Deps;
    tokenChecks: TokenChecks;
    /** The author of the request (auth/identify.ts). */
    caller: Caller;
    /** The signed-in reader of a page, if any (auth/session.ts). */
    reader: Reader | undefined;
    /** The host that signed the request, on routes of hosts (auth/host-signature.ts). */
    host: Host;
    /** The rate limit of reports by host. */
    hostReports: Limiter;
  };
}

/** The record of a request, for the request log and metrics. It contains no secrets. */
export interface RequestRecord {
  /** The request's id, sent back as X-Request-Id. */
  id: string;
  method: string;
  /** The route's pattern, not the path, which may contain private names. */
  route: string;
  /** The client's address, if known. */
  address: string | undefined;
  /** The request's token, if it was valid. */
  token: { id: number; label: string } | undefined;
  status: number;
  /** When the request arrived, in milliseconds since the epoch. */
  time: number;
  /** The same on the monotonic clock. */
  start: number;
  /** The duration in milliseconds. */
  milliseconds: number;
  /** The size of the response, head and body, in bytes; `undefined` if the runtime does not report it. */
  bytes: number | undefined;
  /** The cause of a status of 500. */
  error: unknown;
}

/** Called after each request. Must not throw. */
export type RequestObserver = (record: RequestRecord) => void;

/** What a cached response depends on; a change makes it stale. */
export type CacheDependency = 'nothing' | 'visibility' | 'references';

/** The parts of a request that select a cached response; header names are in lower case. */
export interface RequestHead {
  method: string;
  url: string;
  header: (name: string) => string | null | undefined;
}

/** A signed-in reader of pages. */
export interface Reader {
  /** The name to show. */
  name: string;
  /** A secret of the session that the pages' forms send, so that other sites can't make them. */
  formToken: string;
}

/** The author of a request, with their roles. */
export interface Caller {
  /** The request's token; `undefined` for anonymous requests. */
  token: Token | undefined;
  /** The role in every team, for administrators. */
  everywhere: Role | undefined;
  /** The roles by team. */
  roles: ReadonlyMap<string, Role>;
  /** The only profile that the roles apply to; all when `undefined`. */
  profile: string | undefined;
}

/**
 * Rate limits for checking credentials: a recently valid token is limited by its own rate limit, anything else by the
 * number of invalid credentials from the same address.
 */
export interface TokenChecks {
  /**
   * Looks up a token by its hash with `find`; returns `undefined` if the token is invalid. Throws a problem, without a
   * lookup, if the limit of the token or of the address is reached.
   */
  check: (
    c: Context<Env>,
    secret: string,
    find: (hash: string) => Promise<Caller | undefined>,
  ) => Promise<Caller | undefined>;
  /** Checks other credentials with `work`; a result of `undefined` counts as a failure. */
  attempt: <Result>(
    c: Context<Env>,
    work: () => Promise<Result | undefined>,
  ) => Promise<Result | undefined>;
}

/** A limiter's decision on one request. */
export interface Rate {
  ok: boolean;
  /** The number of further requests allowed now; `undefined` if the limiter does not report it. */
  remaining?: number;
  /** Seconds until the limit resets; after a refusal, until the next request is allowed. */
  reset: number;
}

/** Counts requests by key. */
export interface Limiter {
  /** The limit, if known. */
  policy: { requests: number; seconds: number } | undefined;
  take: (key: string) => Rate | Promise<Rate>;
}

/** The rate limits; unlimited where omitted. */
export interface RateLimits {
  /** Anonymous requests, by client address (IPv6: /64). */
  address?: Limiter | undefined;
  /** Requests with a valid token, by token. */
  token?: Limiter | undefined;
}

/** A CI job as its token describes it. */
export interface Job {
  issuer: string;
  /** `owner/name` or `group/project`, in lower case: providers ignore case. */
  repository: string;
  /** The provider's id of the repository, which, unlike the name, is never reused. */
  repositoryId: string;
  branch: string;
  environment: string | undefined;
  /** The id of the token. */
  id: string;
}

export type VerifiedJob = { ok: true; job: Job } | { ok: false; reason: string };

/** Verifies the token of a CI job (OpenID Connect Core 1.0, section 3.1.3.7). */
export type VerifyJob = (token: string) => Promise<VerifiedJob>;

/** OpenID Connect for CI jobs. */
export interface Oidc {
  audience: string;
  issuers: readonly string[];
  verify: VerifyJob;
}

/** An entry that was appended to the log. */
export interface AppendedEntry {
  index: number;
  /**
   * Proves that the log contains it, without reading the database; undefined where witnesses have to cosign first, or where
   * the entry was found in the log.
   */
  prove?: () => Promise<{ entry: string; inclusion: Hash[]; checkpoint: string }>;
}

/** The registry's transparency log: append-only, and verifiable by anyone. */
export interface Log {
  /** The verifier of the log's key, which hosts pin. */
  verifier: string;
  /**
   * Appends an entry in one transaction with the statements that it records; `statements` receives the entry's index.
   * If the database commits and its response is lost, the entry is found in the log. Returns `undefined` once `superseded`
   * reports that the entry is no longer needed. `head` is the log's head, if the caller has just read it.
   */
  append(
    entry: LogEntry,
    statements: (index: number) => Statement[],
    superseded: () => Promise<boolean>,
    head?: LogHead,
  ): Promise<AppendedEntry | undefined>;
  /**
   * Returns a checkpoint of at least `minSize` entries, if the log has that many, cosigned with the current time: the
   * newest that witnesses cosigned recently, or else that of the current log. Without `minSize` it is the current log's,
   * except while requests for its cosignatures are running. Does not contact witnesses.
   */
  checkpoint(minSize?: number): Promise<{ size: number; note: string }>;
  /**
   * Requests cosignatures of the current log from witnesses that have not cosigned within the last minute; called by
   * timers and after an append. Takes at most a few seconds and never throws.
   */
  cosign(): Promise<void>;
  /**
   * Waits a few seconds for the witnesses to cosign a tree of `size`, so that the next proof has a checkpoint that hosts
   * with witnesses accept. Longer requests continue in `waitUntil`.
   */
  cosignUpTo(size: number, waitUntil?: (work: Promise<unknown>) => void): Promise<void>;
  /** The inclusion proof of an entry in the tree of that size. */
  proveInclusion(index: number, size: number): Promise<Hash[]>;
  /** The consistency proof between the trees of size `first` and `second`. */
  proveConsistency(first: number, second: number): Promise<Hash[]>;
}

/** An analysis, with the number of errors that prevent publishing. */
export interface Analysed extends Analysis {
  /** The number of errors, including omitted ones. */
  errors: number;
}

/**
 * Analyses a package on behalf of a team, so that teams do not wait for each other. Rejects with {@link Busy} when too
 * many packages are waiting.
 */
export type Analyser = (pack: Package, onBehalfOf: string) => Promise<Analysed>;

/** The release that compiles profiles, and the text of its base policy (contract/base.ts), if there is one. */
export interface Compiler {
  release: Release;
  base: string | null;
}

/** A profile's text to be summarized. */
export interface SummaryTask extends Compiler, PolicyText {
  /** What it may cost. */
  steps: number;
}

/** Two profiles' texts to be compared. */
export interface DiffTask extends Compiler {
  from: string | PolicyText;
  to: string | PolicyText;
}

/** Two profiles' texts to be compared line by line. */
export interface LinesTask {
  from: string;
  to: string;
}

/** Two versions' texts, of which the second is not to permit more, by any of these. */
export interface WideningTask {
  from: PolicyText;
  to: PolicyText;
  compilers: Compiler[];
}

/** Finds out what profiles permit, and how their texts differ; on behalf of a team, and busy, as an {@link Analyser}. */
export interface PermissionAnalyser {
  summarize: (task: SummaryTask, onBehalfOf: string) => Promise<Summarized>;
  compare: (task: DiffTask, onBehalfOf: string) => Promise<Compared>;
  lines: (task: LinesTask, onBehalfOf: string) => Promise<LineDiff>;
  /** No lines if it permits no more. */
  widening: (task: WideningTask, onBehalfOf: string) => Promise<PolicyWidening>;
}

/** The allowed destinations of webhooks: https on the public internet, http and https in networks of the operator's choice. */
export interface Destinations {
  /** Whether the operator allows any network; local host names are then allowed too. */
  local: boolean;
  /** Why a URL is refused, without a DNS lookup; `undefined` if it is allowed. */
  objection: (url: string) => string | undefined;
  /** Why an IP address is refused for a URL; `undefined` if it is allowed. */
  addressObjection: (url: URL, address: string) => string | undefined;
}

/** Delivers events to webhooks. */
export interface Deliverer {
  destinations: Destinations;
  /**
   * Attempts deliveries until none is due and returns the number of attempts. Each has its own deadline, and teams do
   * not wait for each other while there is capacity. Starts nothing once `signal` is aborted. Never throws.
   */
  deliverDue: (signal?: AbortSignal) => Promise<number>;
  /** The rate limit of webhook tests by team. */
  tests: Limiter;
  /** Sends a test delivery once, immediately. */
  test: (webhook: Webhook, delivery: Delivery) => Promise<Delivery>;
}

/** A cache near the client that respects Cache-Control. */
export interface SharedCache {
  match: (url: string) => Promise<Response | undefined>;
  put: (url: string, response: Response) => Promise<void>;
}

/** Prometheus metrics of a registry on Node. On Workers each isolate would only report itself. */
export interface Metrics {
  observe: RequestObserver;
  contentType: string;
  /** The exposition, in Prometheus' text format. */
  expose: () => Promise<string>;
}
