import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
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
import { createLog, createSerializer } from './log/log.ts';
import { createWitnesses, type WitnessAddress } from './log/witness.ts';
import { createLimiter } from './middleware/rate-limit.ts';
import { createAddressOf } from './network/proxies.ts';
import { DataError, dataFiles, loadLogKey, lockData } from './node/data.ts';
import { createListener, whenSent } from './node/listener.ts';
import { refuseBadHead } from './node/request-head.ts';
import { batchObservers } from './observability/access.ts';
import { createMetrics } from './observability/metrics.ts';
import { batchLines, createRequestLog, type LogLevel } from './observability/request-log.ts';
import { startTracing } from './observability/tracing.ts';
import { defaultLimits, type Limiter, type Metrics } from './ports.ts';
import { createService } from './service.ts';
import { createDeliverer } from './webhooks/deliver.ts';
import { createDestinations } from './webhooks/destination.ts';
import { createNodeSend } from './webhooks/send-node.ts';

export { DataError } from './node/data.ts';

/** How long a client may take to send a request's head, and all of it, in milliseconds. */
const headersTimeout = 20_000;
const requestTimeout = 120_000;

/** How long requests under way may take when the registry is to end, in milliseconds. */
const grace = 5_000;

/** How long after the last look the outbox is looked into again, in milliseconds. */
const deliveryInterval = 1_000;

/** How often it is seen whether witnesses are to be asked, in milliseconds. */
const cosigningInterval = 1_000;

/** How often versions are analysed anew while there are some left, in milliseconds. */
const analysingInterval = 100;

/** How a registry on Node runs. */
export interface ServeOptions {
  /** The folder that holds the database and the log key; made when it is absent. */
  data: string;
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** The largest profile that may be published, in bytes. */
  profileBytes?: number;
  /** Make another administrator token although there is one: for whoever lost it. */
  newAdminToken?: boolean;
  /** Who is asked to cosign the log's checkpoints. */
  witnesses?: WitnessAddress[];
  /** Where others reach the registry; without it no CI job is known by its OpenID Connect token. */
  publicUrl?: string;
  /** CI providers besides the well-known ones. */
  issuers?: Issuer[];
  /** Which requests are logged; none when left out. */
  logLevel?: LogLevel;
  /** Where log lines go: standard error when left out. */
  writeLog?: (text: string) => void;
  /** Where Prometheus finds /metrics without a token; nowhere when left out. */
  metrics?: { host: string; port: number };
  /** Networks of proxies whose X-Forwarded-For is believed. */
  trustedProxies?: string[];
  /** How many requests an address may make in a minute without a token, and how many with one; 0: any number. */
  addressLimit?: number;
  tokenLimit?: number;
  /** The most that a team may store; what is left out is the default. */
  team?: Partial<Amounts>;
  /** How much of what it answers the registry keeps in memory, in bytes. */
  responseCacheBytes?: number;
  /** Networks that webhooks may go to although they are not public, over http too. */
  webhookNetworks?: string[];
  /** How long the registry goes on after it was told to end, while /readyz says so already; in milliseconds. */
  shutdownDelay?: number;
}

/** How many requests an address, and a token, may make in a minute unless the operator says otherwise. */
export const defaultAddressLimit = 3_000;
export const defaultTokenLimit = 6_000;

/** A registry that is listening. */
export interface RunningRegistry {
  url: string;
  /** Where Prometheus finds the metrics, if anywhere without a token. */
  metricsUrl: string | undefined;
  /** The log key's verifier, for hosts to pin. */
  logVerifier: string;
  /** The administrator token that this start made, if it made one; it can't be had again. */
  adminToken: string | undefined;
  /** Stops listening, waits a while for the requests under way and closes the database. */
  close: () => Promise<void>;
}

/** Starts a registry with an embedded database. Throws when the folder or the address can't be had, a
 * {@link DataError} when the folder holds something else. */
export async function startRegistry(options: ServeOptions): Promise<RunningRegistry> {
  const files = dataFiles(options.data);
  const lock = await lockData(options.data, 'shared');
  const logKey = await loadLogKey(files.logKey, options.publicUrl);
  const db = await openDatabase(files.database);
  const adminToken =
    options.newAdminToken || (await countAdminTokens(db)) === 0 ? generateToken() : undefined;

  const profileBytes = options.profileBytes ?? defaultLimits.profileBytes;
  const now = () => new Date();
  const witnesses = createWitnesses(options.witnesses ?? [], now);
  const log = createLog({ db, key: logKey, now, serialize: createSerializer(), witnesses });
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
  const send = createNodeSend(destinations);
  const deliverer = createDeliverer({ db, now, destinations, send });
  const analyser = createAnalyserThreads();
  let ending = false;
  const service = createService({
    db,
    log,
    now,
    analyse: analyser.analyse,
    limits: {
      profileBytes,
      team: { ...defaultLimits.team, ...options.team },
      responseCacheBytes: options.responseCacheBytes ?? defaultLimits.responseCacheBytes,
    },
    oidc: options.publicUrl === undefined ? undefined : createOidc(options.publicUrl, issuers),
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

  // Only now: a start that fails must not leave a token that nobody has seen.
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
      // What is under way in the background is cut off: it is begun again at the next start.
      await Promise.all([stopAnalysing(), analyser.close()]);
      // What was cut off last is known of with the next turn.
      await new Promise((resolve) => setImmediate(resolve));
      flush();
      await tracing?.shutdown().catch(() => {});
      db.$client.close();
      await lock.release();
    },
  };
}

/** Does some work again and again with a pause between, until it is stopped, which waits for what is under way. */
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

/** Prometheus' own door: it needs no token, so it is for the operator's network only. */
function createMetricsServer(metrics: Metrics): Server {
  return createServer(async (request, response) => {
    if (refuseBadHead(request, response)) return;
    const found = request.url === '/metrics';
    const text = found ? await metrics.expose().catch(() => undefined) : undefined;
    if (text === undefined) response.writeHead(found ? 500 : 404).end();
    else response.writeHead(200, { 'Content-Type': metrics.contentType }).end(text);
  });
}

async function listen(
  server: Server,
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
    // Whoever has not sent a request by then may never do.
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
