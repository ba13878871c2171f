// The service over HTTP, on Node and on workerd, compared with a bare Hono route that returns the same bytes on the same
// runtime. Their rounds alternate, so that other load on the machine affects both.
import { mkdtemp, open as openFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';
import { serveIn } from '../test/cli/cli.ts';
import { startHrana } from '../test/hrana.ts';
import { createPublisher, type Publisher, publish } from '../test/publisher.ts';
import type { TestRegistry } from '../test/runtimes.ts';
import type { Traffic } from '../test/traffic.ts';
import { workerModules, workerOptions } from '../test/worker-pool.ts';
import { generateNoteKey } from '../trust/log/index.ts';
import { generateToken, hashToken } from '../worker/auth/token.ts';
import { type BareResponse, type BareService, startBareNode, startBareWorkerd } from './bare.ts';
import { median } from './median.ts';
import { timePublishing } from './publish.ts';
import { load, type Measured, requireWrk } from './wrk.ts';

/** The path of Miniflare's workerd. */
const workerdPath: string = createRequire(import.meta.resolve('miniflare'))('workerd').default;

/** The number of profiles in the registry, and of timed publications. */
const profiles = 50;
const publications = 200;

/** The rounds of each measurement, and of those with a goal. */
const rounds = 7;
const roundsWithGoal = 15;

/** The minimum ratio to the requests per second of the bare route, by runtime where they differ. */
const goals: Record<string, number | Record<string, number>> = {
  'by digest': 0.8,
  '304': 0.8,
  resolve: 0.5,
  'by name': { Node: 0.3, workerd: 0.5 },
  'by version': { Node: 0.3, workerd: 0.5 },
  'resolve ten': 0.2,
  search: 0.15,
  page: 0.1,
};

/** The maximum time of a publication, as a multiple of the time of its transaction alone. */
const publishGoal = 3;

/** A request to measure. */
interface MeasuredRequest {
  name: string;
  path: string;
  headers: Record<string, string>;
  /** Whether responses may come from the response cache. */
  cached: boolean;
}

/** A service to measure, and the bare one to compare it with. */
interface Pair {
  runtime: string;
  url: string;
  registry: TestRegistry;
  /** Its traffic with the database, if observable. */
  traffic?: Traffic;
  /** Starts a bare Hono service that sends this response, after an empty request to the database if its URL is given. */
  startBare: (response: BareResponse, database?: string) => Promise<BareService>;
  /** The URL of its database, if that is remote. */
  database?: string;
  stop: () => Promise<void>;
}

async function startNode(folder: string, cached: boolean): Promise<Pair> {
  // As in production, with the request log in a file and rate limits, which are not reached.
  const env = {
    AA_SERVE_ADDRESS_LIMIT: '1000000000',
    AA_SERVE_TOKEN_LIMIT: '1000000000',
    ...(cached ? {} : { AA_SERVE_ANSWER_CACHE_BYTES: '0' }),
  };
  const log = await openFile(join(folder, 'node.log'), 'w');
  const running = await serveIn({ env, log: log.fd }, join(folder, `node-${cached}`));
  await log.close();
  const registry = {
    fetch: (path: string, init?: RequestInit) => fetch(new URL(path, running.url), init),
    adminToken: running.adminToken ?? '',
  } as TestRegistry;
  return {
    runtime: 'Node',
    url: running.url,
    registry,
    stop: running.kill,
    startBare: (response) => startBareNode(folder, response),
  };
}

async function startWorkerd(folder: string, cached: boolean): Promise<Pair> {
  const hrana = await startHrana(join(folder, `workerd-${cached}.db`));
  const adminToken = generateToken();
  const { signer } = await generateNoteKey('bench.example/log');
  // Its log is written to a file, like Node's: reading it in this process would take processor time.
  const workerd = join(folder, 'workerd');
  const log = join(folder, 'workerd.log');
  await writeFile(workerd, `#!/bin/sh\nexec '${workerdPath}' "$@" >>'${log}'\n`, { mode: 0o755 });
  process.env.MINIFLARE_WORKERD_PATH = workerd;
  const miniflare = new Miniflare({
    ...workerOptions,
    modules: await workerModules(),
    bindings: {
      LIBSQL_URL: hrana.url,
      LOG_KEY: signer,
      ADMIN_TOKEN_SHA256: await hashToken(adminToken),
      LOG_LEVEL: 'info',
      ...(cached ? {} : { ANSWER_CACHE_BYTES: '0' }),
    },
  });
  const url = (await miniflare.ready).origin;
  delete process.env.MINIFLARE_WORKERD_PATH;
  const registry = {
    fetch: (path: string, init?: RequestInit) => fetch(new URL(path, url), init),
    adminToken,
  } as TestRegistry;
  return {
    runtime: 'workerd',
    url,
    registry,
    traffic: hrana.traffic,
    database: hrana.url,
    stop: async () => {
      await miniflare.dispose();
      await hrana.close();
    },
    startBare: (response, database) => startBareWorkerd(folder, response, database),
  };
}

async function fill(registry: TestRegistry): Promise<Publisher> {
  const publisher = await createPublisher(registry, 'library');
  for (let at = 0; at < profiles; at++) {
    const draft = { name: at === 0 ? 'web' : `profile-${at}`, version: '1.0.0' };
    const { status } = await publish(registry, publisher, draft);
    if (status !== 201) throw new Error(`publishing returned ${status}`);
  }
  return publisher;
}

async function requestsFor(registry: TestRegistry): Promise<MeasuredRequest[]> {
  const version = await registry.fetch('/v1/profiles/library/web/versions/1.0.0');
  const { digest } = (await version.json()) as { digest: string };
  const path = `/v1/profiles/library/web/versions/${digest}/profile`;
  const ten = Array.from({ length: 10 }, (_, at) => `ref=profile-${at + 1}`).join('&');
  const profile = '/v1/profiles/library/web';
  const cached = { headers: {}, cached: true };
  const uncached = { headers: {}, cached: false };
  return [
    { name: 'by digest', path, ...cached },
    { name: '304', path, cached: true, headers: { 'If-None-Match': `"${digest}"` } },
    { name: 'resolve', path: '/v1/resolve?ref=web', ...cached },
    { name: 'by name', path: profile, ...uncached },
    { name: 'by version', path: `${profile}/versions/1.0.0`, ...uncached },
    { name: 'resolve ten', path: `/v1/resolve?${ten}`, ...uncached },
    { name: 'search', path: '/v1/profiles?q=web', ...uncached },
    // A word of all profiles.
    { name: 'search all', path: '/v1/profiles?q=confines', ...uncached },
    { name: 'page', path: '/p/library/web', ...uncached },
  ];
}

/** The service's response, for the bare one to send too: the bytes and their headers. */
async function responseTo(registry: TestRegistry, request: MeasuredRequest): Promise<BareResponse> {
  const response = await registry.fetch(request.path, { headers: request.headers });
  const body = await response.text();
  const headers: Record<string, string> = {};
  for (const name of ['Content-Type', 'Cache-Control', 'ETag']) {
    const value = response.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  return { status: response.status, body: response.status === 304 ? null : body, headers };
}

/** Measures both in turns; returns the medians of the rounds and of their ratios. */
async function compare(pair: Pair, request: MeasuredRequest) {
  const bare = await pair.startBare(await responseTo(pair.registry, request));
  const url = `${pair.url}${request.path}`;
  const own: Measured[] = [];
  const other: Measured[] = [];
  try {
    await load(bare.url, request.headers, 1);
    await load(url, request.headers, 1);
    const times = request.name in goals ? roundsWithGoal : rounds;
    for (let round = 0; round < times; round++) {
      other.push(await load(bare.url, request.headers));
      own.push(await load(url, request.headers));
    }
  } finally {
    await bare.stop();
  }
  const over = (all: Measured[], what: keyof Measured) => median(all.map((one) => one[what]));
  return {
    own: { perSecond: over(own, 'perSecond'), p50: over(own, 'p50'), p99: over(own, 'p99') },
    bare: { perSecond: over(other, 'perSecond'), p50: over(other, 'p50'), p99: over(other, 'p99') },
    ratio: median(own.map(({ perSecond }, round) => perSecond / (other[round]?.perSecond ?? 1))),
  };
}

/** The round trips to the database, statements and bytes of a request. */
async function costOf({ registry, traffic }: Pair, request: MeasuredRequest): Promise<string[]> {
  const before = traffic?.length ?? 0;
  const response = await registry.fetch(request.path, { headers: request.headers });
  const { byteLength } = await response.arrayBuffer();
  const trips = traffic?.slice(before);
  return [
    trips ? String(trips.length) : '',
    trips ? String(trips.flat().length) : '',
    byteLength.toLocaleString('en'),
  ];
}

/**
 * Prints a table of requests per second and latencies, compared with the bare route and the goals; of one runtime (`node`
 * or `workerd`) if given. `*`: without the response cache, which the goal assumes.
 */
export async function run([only]: string[]): Promise<void> {
  requireWrk();
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-bench-'));
  const line = (cells: string[]) =>
    console.log(cells.map((cell, at) => (at < 2 ? cell.padEnd(13) : cell.padStart(11))).join(' '));
  try {
    line([
      ...['http', '', 'requests/s', 'p50 ms', 'p99 ms', 'bare', 'p50 ms', 'p99 ms', 'ratio'],
      ...['trips', 'statements', 'bytes', 'goal'],
    ]);
    const starts = { node: startNode, workerd: startWorkerd };
    for (const [runtime, start] of Object.entries(starts)) {
      if (only !== undefined && only !== runtime) continue;
      for (const cached of [true, false]) {
        const pair = await start(folder, cached);
        try {
          await fill(pair.registry);
          const requests = await requestsFor(pair.registry);
          for (const request of requests.filter((one) => !cached || one.cached)) {
            // The same without the cache shows what it buys.
            const name = cached === request.cached ? request.name : `${request.name} *`;
            line(await measure(pair, { ...request, name }));
          }
          const { database } = pair;
          if (!cached && database !== undefined) line(await measureTrip(pair, database));
        } finally {
          await pair.stop();
        }
      }
    }
    if (only === 'workerd') return;
    const { own, bare, ratio } = await timePublishing(publications);
    const reached = `${ratio <= publishGoal ? 'reached' : 'missed'} ${publishGoal}`;
    const [publish, transaction] = [own, bare].map((times) => times.toFixed(2));
    line([
      'Node',
      'publish',
      '',
      publish ?? '',
      '',
      '',
      transaction ?? '',
      '',
      ratio.toFixed(2),
      '',
      '',
      '',
      reached,
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Measures a bare route that makes a round trip to the database, which is the best that a read without a cache can reach. */
async function measureTrip(pair: Pair, database: string): Promise<string[]> {
  const path = '/v1/profiles/library/web';
  const request = { name: 'a round trip', path, headers: {}, cached: false };
  const response = await responseTo(pair.registry, request);
  const bare = await pair.startBare(response, database);
  const url = new URL(bare.url);
  const fetchBare = (path: string) => fetch(new URL(path, url));
  try {
    return await measure(
      { ...pair, url: url.origin, registry: { fetch: fetchBare } as TestRegistry },
      { ...request, path: url.pathname },
    );
  } finally {
    await bare.stop();
  }
}

async function measure(pair: Pair, request: MeasuredRequest): Promise<string[]> {
  const cost = await costOf(pair, request);
  const { own, bare, ratio } = await compare(pair, request);
  const show = ({ perSecond, p50, p99 }: Measured) => [
    Math.round(perSecond).toLocaleString('en'),
    p50.toFixed(2),
    p99.toFixed(2),
  ];
  const goal = goalOf(pair.runtime, request.name);
  return [
    pair.runtime,
    request.name,
    ...show(own),
    ...show(bare),
    ratio.toFixed(2),
    ...cost,
    goal === undefined ? '' : `${ratio >= goal ? 'reached' : 'missed'} ${goal}`,
  ];
}

function goalOf(runtime: string, name: string): number | undefined {
  const goal = goals[name];
  return typeof goal === 'object' ? goal[runtime] : goal;
}
