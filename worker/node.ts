import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createProbe, type Server as NetServer } from 'node:net';
import type { Database } from '../db/database.ts';
import { readLogHead } from '../db/log.ts';
import { migrate } from '../db/migrate.ts';
import { openFile } from '../db/node.ts';
import type { Amounts } from '../db/quotas.ts';
import { addToken, countAdminTokens } from '../db/tokens.ts';
import { createAnalyserThreads } from './analysis/threads.ts';
import { createOidc, type Issuer, wellKnownIssuers } from './auth/oidc.ts';
import { generateToken, hashToken } from './auth/token.ts';
import { createReanalysis } from './jobs/reanalysis.ts';
import { createReportRetention } from './jobs/report-retention.ts';
import { createSummarizing } from './jobs/summaries.ts';
import { createLog } from './log/log.ts';
import { createWitnesses, type WitnessAddress } from './log/witness.ts';
import { createLimiter } from './middleware/rate-limit.ts';
import { createAddressOf } from './network/proxies.ts';
import { DataError, dataFiles, loadLogKey, lockData } from './node/data.ts';
import { createListener, whenSent } from './node/listener.ts';
import { refuseBadHead } from './node/request-head.ts';
import { createMetrics } from './observability/metrics.ts';
import { batchLines, createRequestLog, type LogLevel } from './observability/request-log.ts';
import { batchObservers } from './observability/request-record.ts';
import { startTracing } from './observability/tracing.ts';
import { defaultLimits, type Limiter, type Metrics } from './ports.ts';
import { createService } from './service.ts';
import { createDeliverer } from './webhooks/deliver.ts';
import { createDestinations } from './webhooks/destination.ts';
import { createNodeSend } from './webhooks/send-node.ts';

export { DataError } from './node/data.ts';

/** The timeouts for receiving a request's head, and all of it, in milliseconds. */
const headersTimeout = 20_000;
const requestTimeout = 120_000;

/** The time for running requests to finish after shutdown begins, in milliseconds. */
const grace = 5_000;

/** How often the outbox is checked, in milliseconds. */
const deliveryInterval = 1_000;

/** How often the log checks whether cosignatures are due, in milliseconds. */
const cosigningInterval = 1_000;

/** The pause between reanalyses while versions are outdated, in milliseconds. */
const analysingInterval = 100;

/** The pause between steps that summarize versions, in milliseconds. */
const summarizingInterval = 1_000;

/** The pause between deletions while old reports of hosts are left, in milliseconds. */
const forgettingInterval = 1_000;

/** Options of a registry on Node. */
export interface ServeOptions {
  /** The folder of the database and the log key; created if absent. */
  data: string;
  host: string;
  /** 0 selects a free port. */
  port: number;
  /** The maximum size of a profile, in bytes. */
  profileBytes?: number;
  /** Create another administrator token even if one exists, for when it was lost. */
  newAdminToken?: boolean;
  /** The witnesses that cosign checkpoints. */
  witnesses?: WitnessAddress[];
  /** The registry's public URL; without it, trusted publishing is off. */
  publicUrl?: string;
  /** Where to report vulnerabilities, as URIs. */
  securityContacts?: string[];
  /** CI providers in addition to the well-known ones. */
  issuers?: Issuer[];
  /** Which requests are logged; none by default. */
  logLevel?: LogLevel;
  /** Writes log lines; to standard error by default. */
  writeLog?: (text: string) => void;
  /** Where /metrics is served without a token; nowhere by default. */
  metrics?: { host: string; port: number };
  /** Networks of proxies whose X-Forwarded-For is trusted. */
  trustedProxies?: string[];
  /** Requests per minute: anonymous ones by address, and by token; 0 means unlimited. */
  addressLimit?: number;
  tokenLimit?: number;
  /** The default quota of a team. */
  team?: Partial<Amounts>;
  /** How long what hosts report is kept, in days. */
  reportDays?: number;
  /** The size of the response cache, in bytes. */
  responseCacheBytes?: number;
  /** Private networks that webhooks may point to, with http or https. */
  webhookNetworks?: string[];
  /** Grace period on shutdown, during which /readyz reports not ready; in milliseconds. */
  shutdownDelay?: number;
}

/** The default rate limits per minute, by address and by token. */
export const defaultAddressLimit = 3_000;
export const defaultTokenLimit = 6_000;

/** A running registry. */
export interface RunningRegistry {
  url: string;
  /** The URL of the metrics without a token, if enabled. */
  metricsUrl: string | undefined;
  /** The log's verifier key, for hosts to pin. */
  logVerifier: string;
  /** The administrator token, if this start created one; it can't be recovered later. */
  adminToken: string | undefined;
  /** Stops listening, waits for running requests and closes the database. */
  close: () => Promise<void>;
}

/**
 * Starts a registry with an embedded database. Throws if the folder or the address is unavailable, a {@link DataError} if
 * the folder's contents are not a registry's.
 */
export async function startRegistry(options: ServeOptions): Promise<RunningRegistry> {
  const files = dataFiles(options.data);
  await requirePorts(options);
  const lock = await lockData(options.data, 'shared');
  const logKey = await loadLogKey(files.logKey, options.publicUrl);
  const db = await openDatabase(files.database);
  const adminToken =
    options.newAdminToken || (await countAdminTokens(db)) === 0 ? generateToken() : undefined;

  const reportDays = options.reportDays ?? defaultLimits.reportDays;
  const now = () => new Date();
  const witnesses = createWitnesses(options.witnesses ?? [], now);
  const log = createLog({ db, key: logKey, now, grouped: true, witnesses });
  const issuers = [...wellKnownIssuers, ...(options.issuers ?? [])];
  const lines = batchLines(options.writeLog ?? ((text) => process.stderr.write(text)));
  const requestLog = createRequestLog(options.logLevel ?? 'off', lines.add);
  const counted = createMetrics({ logSize: async () => (await readLogHead(db)).frontier.size });
  const observers = [counted.observe, ...(requestLog ? [requestLog] : [])];
  const { observe, flush } = batchObservers(observers, lines.flush);
  const metrics: Metrics = {
    ...counted,
    expose: () => {
      flush();
      return counted.expose();
    },
  };
  const tracing = await startTracing(process.env);
  const destinations = createDestinations(options.webhookNetworks ?? []);
  const deliverer = createDeliverer({ db, now, destinations, send: createNodeSend(destinations) });
  const analyser = createAnalyserThreads();
  let ending = false;
  const service = createService({
    db,
    log,
    now,
    analyse: analyser.analyse,
    permissions: analyser.permissions,
    limits: {
      profileBytes: options.profileBytes ?? defaultLimits.profileBytes,
      team: { ...defaultLimits.team, ...options.team },
      responseCacheBytes: options.responseCacheBytes ?? defaultLimits.responseCacheBytes,
      reportDays,
    },
    oidc: options.publicUrl === undefined ? undefined : createOidc(options.publicUrl, issuers),
    publicUrl: options.publicUrl,
    securityContacts: options.securityContacts ?? [],
    observers: [observe],
    addressOf: createAddressOf(options.trustedProxies ?? []),
    whenSent,
    rateLimits: {
      address: perMinute(options.addressLimit ?? defaultAddressLimit),
      token: perMinute(options.tokenLimit ?? defaultTokenLimit),
    },
    deliverer,
    metrics,
    tracing: tracing?.middleware,
    isEnding: () => ending,
  });
  const server = createServer({ headersTimeout, requestTimeout }, createListener(service));
  const metricsServer = options.metrics && createMetricsServer(metrics);
  try {
    await listen(server, options);
    if (metricsServer && options.metrics) await listen(metricsServer, options.metrics);
  } catch (error) {
    server.close();
    await tracing?.shutdown().catch(() => {});
    db.$client.close();
    await lock.release();
    throw error;
  }

  // Stored last: a failed start must not leave a token that was never shown.
  if (adminToken !== undefined) {
    await addToken(db, {
      hash: await hashToken(adminToken),
      label: 'administrator',
      team: null,
      createdAt: new Date().toISOString(),
    });
  }
  const stopDelivering = repeat(deliverer.deliverDue, deliveryInterval);
  const reanalyseDue = createReanalysis(db, analyser.analyse);
  const stopAnalysing = repeat(async () => reanalyseDue(Date.now()), analysingInterval);
  const { permissions } = analyser;
  const summarizeDue = createSummarizing({ db, permissions, isEnding: () => ending });
  const stopSummarizing = repeat(async () => summarizeDue(Date.now()), summarizingInterval);
  const forgetDue = createReportRetention(db, reportDays);
  const stopForgetting = repeat(async () => forgetDue(Date.now()), forgettingInterval);
  const stopCosigning =
    witnesses.length > 0 ? repeat(log.cosign, cosigningInterval) : async () => {};
  return {
    url: formatUrl(server.address() as AddressInfo),
    metricsUrl: metricsServer && `${formatUrl(metricsServer.address() as AddressInfo)}/metrics`,
    logVerifier: logKey.verifier,
    adminToken,
    close: async () => {
      ending = true;
      const { shutdownDelay = 0 } = options;
      if (shutdownDelay > 0) await new Promise((resolve) => setTimeout(resolve, shutdownDelay));
      await Promise.all([
        close(server),
        metricsServer && close(metricsServer),
        stopDelivering(),
        stopCosigning(),
      ]);
      // Background work is interrupted and resumes at the next start.
      await Promise.all([stopAnalysing(), stopSummarizing(), stopForgetting(), analyser.close()]);
      // Interrupted requests are recorded in the next turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      flush();
      await tracing?.shutdown().catch(() => {});
      db.$client.close();
      await lock.release();
    },
  };
}

/** Repeats work with a pause in between; the returned function stops it and waits for the current run. */
function repeat(
  work: (signal: AbortSignal) => Promise<unknown>,
  pause: number,
): () => Promise<void> {
  const stop = new AbortController();
  let wake = () => {};
  const done = (async () => {
    while (!stop.signal.aborted) {
      await work(stop.signal);
      if (stop.signal.aborted) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, pause).unref();
      });
    }
  })();
  return () => {
    stop.abort();
    wake();
    return done;
  };
}

function perMinute(requests: number): Limiter | undefined {
  return requests === 0 ? undefined : createLimiter(requests, 60);
}

/** The metrics server: it requires no token, so it belongs in the operator's network only. */
function createMetricsServer(metrics: Metrics): Server {
  return createServer(async (request, response) => {
    if (refuseBadHead(request, response)) return;
    const found = request.url === '/metrics';
    const text = found ? await metrics.expose().catch(() => undefined) : undefined;
    if (text === undefined) response.writeHead(found ? 500 : 404).end();
    else response.writeHead(200, { 'Content-Type': metrics.contentType }).end(text);
  });
}

/** Throws before a new data folder is created if the registry could not listen: a failed first start leaves nothing. */
async function requirePorts({ data, metrics, ...main }: ServeOptions): Promise<void> {
  if (existsSync(data)) return;
  for (const address of metrics ? [main, metrics] : [main]) {
    const probe = createProbe();
    await listen(probe, address);
    await new Promise((resolve) => probe.close(resolve));
  }
}

async function listen(
  server: NetServer,
  { host, port }: { host: string; port: number },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeIdleConnections();
    // Connections without a complete request by then are dropped.
    setTimeout(() => server.closeAllConnections(), grace).unref();
  });
}

async function openDatabase(path: string): Promise<Database> {
  try {
    const db = await openFile(path);
    await migrate(db);
    return db;
  } catch (error) {
    throw new DataError(`the database ${path} can't be used: ${(error as Error).message}`);
  }
}

function formatUrl({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
