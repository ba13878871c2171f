import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Miniflare } from 'miniflare';
import type { Database } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { openFile } from '../db/node.ts';
import type { Amounts } from '../db/quotas.ts';
import { addToken } from '../db/tokens.ts';
import { generateNoteKey, type NoteKey } from '../trust/log/index.ts';
import {
  type AnalyserThreads,
  createAnalyserThreads,
  type ThreadLimits,
} from '../worker/analysis/threads.ts';
import { createOidc, parseIssuer } from '../worker/auth/oidc.ts';
import { generateToken, hashToken } from '../worker/auth/token.ts';
import { createLog } from '../worker/log/log.ts';
import { createWitnesses, parseWitness } from '../worker/log/witness.ts';
import { createLimiter } from '../worker/middleware/rate-limit.ts';
import { createAddressOf } from '../worker/network/proxies.ts';
import { createListener } from '../worker/node/listener.ts';
import { createRequestLog } from '../worker/observability/request-log.ts';
import { defaultLimits } from '../worker/ports.ts';
import { createService } from '../worker/service.ts';
import { createDeliverer } from '../worker/webhooks/deliver.ts';
import { createDestinations } from '../worker/webhooks/destination.ts';
import { createNodeSend } from '../worker/webhooks/send-node.ts';
import { startHrana } from './hrana.ts';
import { watchPlans } from './plans.ts';
import { type Traffic, watchTraffic } from './traffic.ts';
import { type PooledWorker, startPooled, workerModules, workerOptions } from './worker-pool.ts';

/** A registry under test, which has only an administrator. */
export interface TestRegistry {
  /** Its URL, for clients that connect over a socket. */
  url: string;
  /** Sends a request to a path of the registry. */
  fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** Its traffic with the database. */
  traffic: Traffic;
  /** Its database, for tests that inspect or tamper with it. */
  db: Database;
  adminToken: string;
  /** The log's key, which some attackers in these tests have. */
  logKey: NoteKey;
  /** Runs the work of timers: sends due deliveries and requests cosignatures. */
  deliver: () => Promise<void>;
  /** Waits for the work that earlier requests left running, in the pool of workers. */
  settle?: () => Promise<void>;
  /** Lets a remote database execute the next request with matching SQL but lose its response. */
  loseResponse?: (sql: RegExp) => () => boolean;
  /** Kills the process of the registry, if it has its own, and starts another with the same database. */
  crash?: () => Promise<void>;
  close: () => Promise<void>;
}

/** The children of this process that run `program`. */
async function childProcesses(program: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const children: number[] = [];
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(stat) ?? [];
    if (name === program && Number(parent) === process.pid) children.push(Number(pid));
  }
  return children;
}

/** Options of a registry under test. */
export interface TestOptions {
  /** The log's key; a new one by default. */
  logKey?: NoteKey;
  /** Its witnesses, each as `KEY=URL` or `URL`. */
  witnesses?: string[];
  /** CI providers, each as `github=URL` or `gitlab=URL`; the audience of their tokens is {@link origin}. */
  issuers?: string[];
  /** Where to report vulnerabilities; nowhere by default. */
  securityContacts?: string[];
  /** Receives the lines of the request log; nothing is logged by default. */
  logged?: (line: string) => void;
  /** The rate limits per minute by address and by token; unlimited by default. */
  addressLimit?: number;
  tokenLimit?: number;
  /** The clock, on Node. */
  now?: () => Date;
  /** The header with the client's address, on workerd. */
  addressHeader?: string;
  /** Limits of a team that differ from the default. */
  team?: Partial<Amounts>;
  /** Whether workerd's Cache API stores responses; off by default, since tests tamper with the database. */
  sharedCache?: boolean;
  /** The size of the response cache; 0 by default, since tests tamper with the database. */
  responseCacheBytes?: number;
  /** Private networks that are allowed as destinations of webhooks. */
  webhookNetworks?: string[];
  /** Whether the database is empty, on workerd, where the first request migrates it. */
  empty?: boolean;
  /** Whether the worker has a process of its own, which `crash` kills; other options may imply it. */
  ownProcess?: boolean;
  /** Limits of analysis on Node that differ from the default. */
  analysis?: Partial<ThreadLimits>;
}

interface Scheduled {
  scheduled: (event: { cron: string }) => Promise<unknown>;
}

export interface Runtime {
  name: string;
  start: (options?: TestOptions) => Promise<TestRegistry>;
}

/** The maximum size of a profile; small, to keep the tests fast. */
export const profileBytes = 32 * 1024;

/** The public URL of a registry under test. */
export const origin = 'http://registry.test';

const logName = 'registry.test/log';

/** The content of a migrated database, made once per process, since migrating takes half of the start-up time. */
let migrated: Promise<Buffer> | undefined;

async function migratedDatabase(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  const path = join(folder, 'registry.db');
  const db = await openFile(path);
  await migrate(db);
  await db.$client.execute('PRAGMA wal_checkpoint(TRUNCATE)');
  db.$client.close();
  const content = await readFile(path);
  await rm(folder, { recursive: true });
  return content;
}

let analyserThreads: AnalyserThreads | undefined;

/** The threads of registries without own limits, shared because starting one takes longer than most analyses. */
function sharedAnalyser(): AnalyserThreads {
  // A slow machine is no failure.
  analyserThreads ??= createAnalyserThreads({ time: 300_000 });
  return analyserThreads;
}

const node: Runtime = {
  name: 'Node',
  async start({
    logKey,
    witnesses = [],
    issuers = [],
    securityContacts = [],
    logged,
    addressLimit,
    tokenLimit,
    team = {},
    webhookNetworks = [],
    responseCacheBytes = 0,
    analysis,
    now = () => new Date(),
  } = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    migrated ??= migratedDatabase();
    await writeFile(join(folder, 'registry.db'), await migrated);
    const db = await openFile(join(folder, 'registry.db'));
    // The service has its own connection, to tell its queries from those of the tests.
    const served = await openFile(join(folder, 'registry.db'));
    const plans = watchPlans(served.$client);
    const traffic = watchTraffic(served.$client);
    const adminToken = generateToken();
    const hash = await hashToken(adminToken);
    const createdAt = new Date().toISOString();
    await addToken(db, { hash, label: 'test', team: null, createdAt });
    const perMinute = (requests: number | undefined) =>
      requests ? createLimiter(requests, 60, () => now().getTime()) : undefined;
    const key = logKey ?? (await generateNoteKey(logName));
    const destinations = createDestinations(webhookNetworks);
    const send = createNodeSend(destinations);
    const deliverer = createDeliverer({ db: served, now, destinations, send });
    const requestLog = logged && createRequestLog('info', logged);
    const addresses = (await Promise.all(witnesses.map(parseWitness))).filter(
      (address) => address !== undefined,
    );
    const log = createLog({
      db: served,
      key,
      now,
      grouped: true,
      witnesses: createWitnesses(addresses, now),
    });
    const analyser = analysis ? createAnalyserThreads(analysis) : sharedAnalyser();
    let ending = false;
    const app = createService({
      isEnding: () => ending,
      db: served,
      log,
      now,
      analyse: analyser.analyse,
      permissions: analyser.permissions,
      limits: {
        ...defaultLimits,
        profileBytes,
        team: { ...defaultLimits.team, ...team },
        responseCacheBytes,
      },
      oidc: createOidc(
        origin,
        issuers.map(parseIssuer).filter((issuer) => issuer !== undefined),
      ),
      publicUrl: origin,
      securityContacts,
      observers: requestLog ? [requestLog] : [],
      addressOf: (request, bindings) =>
        'incoming' in bindings ? createAddressOf([])(request, bindings) : '127.0.0.1',
      deliverer,
      rateLimits: {
        address: perMinute(addressLimit),
        token: perMinute(tokenLimit),
      },
    });
    const server = createServer(createListener(app));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      fetch: async (path, init) => app.fetch(new Request(new URL(path, origin), init)),
      traffic,
      db,
      adminToken,
      logKey: key,
      deliver: async () => {
        await Promise.all([deliverer.deliverDue(), log.cosign()]);
      },
      close: async () => {
        ending = true;
        if ('closeAllConnections' in server) server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        if (analysis) await analyser.close();
        const scans = await plans.scans();
        served.$client.close();
        db.$client.close();
        await rm(folder, { recursive: true });
        if (scans.length > 0) {
          throw new Error(`queries that go through whole tables:\n${scans.join('\n')}`);
        }
      },
    };
  },
};

/** wrangler's bundle in workerd, with a database over Hrana. */
const workerd: Runtime = {
  name: 'workerd',
  async start({
    logKey,
    witnesses = [],
    issuers = [],
    securityContacts = [],
    logged,
    addressLimit,
    tokenLimit,
    team = {},
    addressHeader = '',
    webhookNetworks = [],
    responseCacheBytes = 0,
    sharedCache = false,
    empty = false,
    ownProcess = false,
  } = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    const path = join(folder, 'registry.db');
    migrated ??= migratedDatabase();
    if (!empty) await writeFile(path, await migrated);
    const db = await openFile(path);
    const hrana = await startHrana(path);
    const adminToken = generateToken();
    const key = logKey ?? (await generateNoteKey(logName));
    const adminHash = await hashToken(adminToken);
    const variables = {
      LIBSQL_URL: hrana.url,
      LOG_KEY: key.signer,
      ADMIN_TOKEN_SHA256: adminHash,
      PROFILE_BYTES: String(profileBytes),
      WITNESSES: witnesses.join(' '),
      ...Object.fromEntries(
        Object.entries(team).map(([what, max]) => [`TEAM_${what.toUpperCase()}`, String(max)]),
      ),
      PUBLIC_URL: origin,
      OIDC_ISSUERS: issuers.join(' '),
      SECURITY_CONTACT: securityContacts.join(' '),
      ANSWER_CACHE_BYTES: String(responseCacheBytes),
      WEBHOOK_NETWORKS: webhookNetworks.join(' '),
      CLIENT_ADDRESS_HEADER: addressHeader,
      LOG_LEVEL: logged ? 'info' : 'off',
    };
    const limits = { ADDRESS_LIMIT: addressLimit, TOKEN_LIMIT: tokenLimit };
    const needsProcess = ownProcess || sharedCache || logged || addressLimit || tokenLimit;
    const worker = needsProcess
      ? await startOwn(variables, { limits, logged, sharedCache })
      : await startPooled(variables);
    return {
      ...worker,
      traffic: hrana.traffic,
      loseResponse: hrana.loseResponse,
      fetch: (path, init) => worker.fetch(new URL(path, origin), init),
      db,
      adminToken,
      logKey: key,
      deliver: worker.scheduled,
      close: async () => {
        await worker.close();
        await hrana.close();
        db.$client.close();
        await rm(folder, { recursive: true });
      },
    };
  },
};

interface OwnOptions {
  limits: Record<string, number | undefined>;
  logged: ((line: string) => void) | undefined;
  sharedCache: boolean;
}

/** Starts a worker in a process of its own, which can be killed. */
async function startOwn(
  variables: Record<string, string>,
  { limits, logged, sharedCache }: OwnOptions,
): Promise<Omit<PooledWorker, 'settle'> & { crash: () => Promise<void> }> {
  const given = Object.entries(limits).filter(([, limit]) => limit);
  const modules = await workerModules();
  const launch = () =>
    new Miniflare({
      ...workerOptions,
      modules,
      bindings: variables,
      cache: sharedCache,
      ratelimits: Object.fromEntries(
        given.map(([name, limit = 0], at) => [
          name,
          { namespace_id: String(at), simple: { limit, period: 60 } },
        ]),
      ),
      ...(logged
        ? {
            handleRuntimeStdio: (out: Readable, err: Readable) => {
              createInterface(out).on('line', logged);
              err.resume();
            },
          }
        : {}),
    });
  const others = new Set(await childProcesses('workerd'));
  let miniflare = launch();
  const url = (await miniflare.ready).origin;
  return {
    url,
    fetch: (to, init) => miniflare.dispatchFetch(to, init as never) as unknown as Promise<Response>,
    scheduled: async () => {
      // The types of Workers are not installed.
      const worker = (await miniflare.getWorker()) as unknown as Scheduled;
      await worker.scheduled({ cron: '* * * * *' });
    },
    crash: async () => {
      for (const pid of await childProcesses('workerd')) {
        if (!others.has(pid)) process.kill(pid, 'SIGKILL');
      }
      await miniflare.dispose();
      miniflare = launch();
      await miniflare.ready;
    },
    close: () => miniflare.dispose(),
  };
}

/** The runtimes of the API tests: those in AA_TEST_RUNTIMES (test/run.ts), by default Node. */
export const runtimes: Runtime[] = (process.env.AA_TEST_RUNTIMES ?? 'node')
  .split(',')
  .map((name) => (name === 'workerd' ? workerd : node));

export { node, workerd };
