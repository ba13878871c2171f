import { migrate } from '../db/migrate.ts';
import { addToken } from '../db/tokens.ts';
import { openRemote } from '../db/web.ts';
import { analyseHere, permissionsHere } from './analysis/analyser.ts';
import { createOidc, wellKnownIssuers } from './auth/oidc.ts';
import { createReanalysis, type Reanalysis } from './jobs/reanalysis.ts';
import { createReportRetention, type ReportRetention } from './jobs/report-retention.ts';
import { createLog } from './log/log.ts';
import { createWitnesses } from './log/witness.ts';
import { createAddressFrom } from './network/proxies.ts';
import { createRequestLog } from './observability/request-log.ts';
import { logError } from './observability/text-log.ts';
import type { Deliverer, Limiter, Log } from './ports.ts';
import { ProblemError, toProblem } from './problem.ts';
import { createService, type Service } from './service.ts';
import { readSettings } from './settings.ts';
import { createDeliverer } from './webhooks/deliver.ts';
import { createDestinations } from './webhooks/destination.ts';
import { createFetchSend } from './webhooks/send.ts';

/** Bindings of wrangler.toml besides the variables and secrets in settings.ts. */
interface Bindings {
  /** Rate Limiting bindings: by client address without a token, and by token. */
  ADDRESS_LIMIT?: RateLimitBinding;
  TOKEN_LIMIT?: RateLimitBinding;
}

/** The cache of the Cloudflare data centre that received the request. */
declare const caches: {
  default: {
    match: (url: string) => Promise<Response | undefined>;
    put: (url: string, response: Response) => Promise<void>;
  };
};

interface RateLimitBinding {
  limit: (options: { key: string }) => Promise<{ success: boolean }>;
}

interface Context {
  waitUntil: (work: Promise<unknown>) => void;
}

interface Registry extends Service {
  log: Log;
  deliverer: Deliverer;
  reanalyseDue: Reanalysis;
  forgetDue: ReportRetention;
}

/** Limits of concurrent deliveries: a Worker has six connections, and the database uses one of them. */
const concurrency = { all: 5, team: 2, webhook: 2, host: 4 };

/** The maximum period of a Rate Limiting binding, in seconds, after which a client may try again. */
const maxPeriod = 60;

/**
 * The service of this isolate for its bindings. Requests that arrive before it exists each start one: another request's
 * promise would never settle if that request is cancelled.
 */
const registries = new WeakMap<Bindings, Registry>();

/** Returns the service of the bindings, which is this one unless another request was faster. */
function remember(bindings: Bindings, started: Registry): Registry {
  const known = registries.get(bindings);
  if (known) return known;
  registries.set(bindings, started);
  return started;
}

async function start(bindings: Bindings): Promise<Registry> {
  const settings = await readSettings(bindings);
  const { limits, logKey: key } = settings;
  const db = openRemote(settings.databaseUrl, settings.databaseToken);
  await migrate(db);
  if (settings.adminTokenHash !== undefined) {
    await addToken(db, {
      hash: settings.adminTokenHash,
      label: 'first administrator',
      team: null,
      createdAt: new Date().toISOString(),
    });
  }
  const now = () => new Date();
  const witnesses = createWitnesses(settings.witnesses, now);
  const log = createLog({ db, key, now, witnesses });
  const requestLog = createRequestLog(settings.logLevel, console.log);
  const destinations = createDestinations(settings.webhookNetworks);
  const send = createFetchSend(destinations);
  const deliverer = createDeliverer({ db, now, destinations, send, concurrency });
  const service = createService({
    db,
    log,
    now,
    limits,
    analyse: analyseHere,
    permissions: permissionsHere,
    oidc:
      settings.publicUrl === undefined
        ? undefined
        : createOidc(settings.publicUrl, [...wellKnownIssuers, ...settings.issuers]),
    publicUrl: settings.publicUrl,
    securityContacts: settings.securityContacts,
    observers: requestLog ? [requestLog] : [],
    addressOf: createAddressFrom(settings.addressHeader),
    rateLimits: {
      address: limiterOf(bindings.ADDRESS_LIMIT),
      token: limiterOf(bindings.TOKEN_LIMIT),
    },
    deliverer,
    sharedCache: {
      match: (url) => caches.default.match(url),
      put: (url, response) => caches.default.put(url, response),
    },
  });
  const reanalyseDue = createReanalysis(db, analyseHere);
  const forgetDue = createReportRetention(db, limits.reportDays);
  return { ...service, log, deliverer, reanalyseDue, forgetDue };
}

function limiterOf(binding: RateLimitBinding | undefined): Limiter | undefined {
  if (!binding) return undefined;
  return {
    policy: undefined,
    take: async (key) => ({ ok: (await binding.limit({ key })).success, reset: maxPeriod }),
  };
}

/** The response when the registry can't start; only its log has the reason. */
function notReady(error: unknown): Response {
  logError(error instanceof Error ? error.message : error);
  const problem = new ProblemError('not-ready', 'The registry can’t start; its log has the cause.');
  return Response.json(toProblem(problem), {
    status: 503,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' },
  });
}

function serve(registry: Registry, request: Request, context: Context) {
  const waitUntil = (work: Promise<unknown>) => context.waitUntil(work);
  const analysing = registry.reanalyseDue(Date.now());
  if (analysing) context.waitUntil(analysing);
  const response = registry.fetch(request, { waitUntil });
  if (request.method === 'GET' || request.method === 'HEAD') return response;
  return followUp(registry, response, context);
}

/** Writes may add deliveries and log entries; the cron trigger handles what remains. */
async function followUp(
  { deliverer, log }: Registry,
  pending: Response | Promise<Response>,
  context: Context,
): Promise<Response> {
  const response = await pending;
  if (response.ok) {
    context.waitUntil(deliverer.deliverDue());
    context.waitUntil(log.cosign());
  }
  return response;
}

export default {
  fetch(request: Request, bindings: Bindings, context: Context): Response | Promise<Response> {
    const registry = registries.get(bindings);
    if (registry) return serve(registry, request, context);
    return start(bindings).then(
      (started) => serve(remember(bindings, started), request, context),
      (error) => notReady(error),
    );
  },

  /** The cron trigger of wrangler.toml: retries deliveries, requests cosignatures, deletes old reports. */
  async scheduled(_event: unknown, bindings: Bindings): Promise<void> {
    const known = registries.get(bindings);
    const registry = known ?? remember(bindings, await start(bindings));
    const { deliverer, reanalyseDue, forgetDue, log } = registry;
    const now = Date.now();
    await Promise.all([deliverer.deliverDue(), reanalyseDue(now), forgetDue(now), log.cosign()]);
  },
};
