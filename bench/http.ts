// The service over HTTP, on Node and on workerd, beside a bare Hono route that returns the same bytes on the same
// runtime: in turns, so that what else the machine does falls on both.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open as openFile, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { serveIn } from '../test/cli/cli.ts';
import { startHrana } from '../test/hrana.ts';
import {
  createPublisher,
  type Publisher,
  profileText,
  publish,
  signDraft,
} from '../test/publisher.ts';
import type { TestRegistry } from '../test/runtimes.ts';
import { generateNoteKey } from '../trust/log/index.ts';
import { generateToken, hashToken } from '../worker/auth/token.ts';

const root = join(import.meta.dirname, '..');

/** The workerd that Miniflare starts. */
const workerdPath: string = createRequire(import.meta.resolve('miniflare'))('workerd').default;

/** How many profiles the registry has, and how many versions are published to be timed. */
const profiles = 50;
const publications = 200;

/** How often each is measured, in turns, and how often what has a goal; for how long, in seconds; over how many connections. */
const rounds = 11;
const roundsToGoal = 31;
const seconds = 1;
const connections = 32;

/** What has to be reached of what the bare route does. */
const goals: Record<string, number> = { 'by digest': 0.8, '304': 0.8, resolve: 0.5 };

interface Measured {
  perSecond: number;
  /** In milliseconds. */
  p50: number;
  p99: number;
}

/** One path of the service, and the headers that it is asked with. */
interface Question {
  name: string;
  path: string;
  headers: Record<string, string>;
}

/** A service that is measured, and the bare one beside it. */
interface Pair {
  runtime: string;
  url: string;
  registry: TestRegistry;
  /** Starts a bare Hono service that answers everything with this. */
  startBare: (answer: BareAnswer) => Promise<{ url: string; stop: () => Promise<void> }>;
  stop: () => Promise<void>;
}

interface BareAnswer {
  status: number;
  body: string | null;
  headers: Record<string, string>;
}

/** A bare Hono app, as source: the same on both runtimes. */
const bareApp = (answer: BareAnswer) => `
import { Hono } from 'hono';
const { status, body, headers } = ${JSON.stringify(answer)};
export const app = new Hono();
app.get('/answer', (c) => c.body(body, status, headers));
`;

/** Asks over and over with wrk, a process of its own; this one serves the workers' database meanwhile. */
async function load(
  url: string,
  headers: Record<string, string>,
  time = seconds,
): Promise<Measured> {
  const told = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const args = [
    '-t1',
    '--timeout',
    '30s',
    `-c${connections}`,
    `-d${time}s`,
    '--latency',
    ...told,
    url,
  ];
  const { stdout: output } = await promisify(execFile)('wrk', args, { encoding: 'utf8' });
  const failed = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(output)?.[0];
  if (failed) throw new Error(`${url}: ${failed}`);
  const of = (pattern: RegExp) => pattern.exec(output)?.[1] ?? '';
  const milliseconds = (text: string) =>
    Number.parseFloat(text) * (text.endsWith('us') ? 0.001 : text.endsWith('ms') ? 1 : 1000);
  return {
    perSecond: Number(of(/Requests\/sec:\s+([\d.]+)/)),
    p50: milliseconds(of(/50%\s+(\S+)/)),
    p99: milliseconds(of(/99%\s+(\S+)/)),
  };
}

async function startNode(folder: string): Promise<Pair> {
  // As operators run it, with its log written to a file; the limits are there but out of reach.
  const env = { AA_SERVE_ADDRESS_LIMIT: '1000000000', AA_SERVE_TOKEN_LIMIT: '1000000000' };
  const log = await openFile(join(folder, 'node.log'), 'w');
  const running = await serveIn({ env, log: log.fd }, join(folder, 'node'));
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
    startBare: async (answer) => {
      const bundle = join(folder, 'bare-node.mjs');
      await bundleBare(
        `${bareApp(answer)}
import { serve } from '@hono/node-server';
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(port));`,
        bundle,
        'node',
      );
      const child = spawn(process.execPath, [bundle], { stdio: ['ignore', 'pipe', 'inherit'] });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const { value: port } = await lines.next();
      const stop = async () => {
        child.kill('SIGKILL');
        await once(child, 'close');
      };
      return { url: `http://127.0.0.1:${port}/answer`, stop };
    },
  };
}

const workerOptions = {
  modules: true,
  compatibilityDate: '2026-07-01',
  compatibilityFlags: ['nodejs_compat'],
};

async function startWorkerd(folder: string): Promise<Pair> {
  const hrana = await startHrana(join(folder, 'workerd.db'));
  const adminToken = generateToken();
  const { signer } = await generateNoteKey('bench.example/log');
  // Its log is written to a file, as Node's is: were this process to read it, it would take its share of the cores.
  const workerd = join(folder, 'workerd');
  const log = join(folder, 'workerd.log');
  await writeFile(workerd, `#!/bin/sh\nexec '${workerdPath}' "$@" >>'${log}'\n`, { mode: 0o755 });
  process.env.MINIFLARE_WORKERD_PATH = workerd;
  const miniflare = new Miniflare({
    ...workerOptions,
    modulesRules: [{ type: 'Text', include: ['**/*.sql'] }],
    scriptPath: join(root, 'dist/worker/cloudflare.js'),
    bindings: {
      LIBSQL_URL: hrana.url,
      LOG_KEY: signer,
      ADMIN_TOKEN_SHA256: await hashToken(adminToken),
      LOG_LEVEL: 'info',
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
    stop: async () => {
      await miniflare.dispose();
      await hrana.close();
    },
    startBare: async (answer) => {
      const bundle = join(folder, 'bare-worker.mjs');
      await bundleBare(`${bareApp(answer)}\nexport default app;`, bundle, 'browser');
      const contents = await readFile(bundle, 'utf8');
      const bare = new Miniflare({
        ...workerOptions,
        modules: [{ type: 'ESModule', path: 'bare.mjs', contents }],
      });
      return { url: `${(await bare.ready).origin}/answer`, stop: () => bare.dispose() };
    },
  };
}

async function bundleBare(source: string, outfile: string, platform: 'node' | 'browser') {
  await build({
    stdin: { contents: source, resolveDir: root, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform,
    outfile,
    logLevel: 'error',
  });
}

async function fill(registry: TestRegistry): Promise<Publisher> {
  const publisher = await createPublisher(registry, 'library');
  for (let at = 0; at < profiles; at++) {
    const draft = { name: at === 0 ? 'web' : `profile-${at}`, version: '1.0.0' };
    const { status } = await publish(registry, publisher, draft);
    if (status !== 201) throw new Error(`publishing answered ${status}`);
  }
  return publisher;
}

async function questionsFor(registry: TestRegistry): Promise<Question[]> {
  const version = await registry.fetch('/v1/profiles/library/web/versions/1.0.0');
  const { digest } = (await version.json()) as { digest: string };
  const path = `/v1/profiles/library/web/versions/${digest}/profile`;
  return [
    { name: 'by digest', path, headers: {} },
    { name: '304', path, headers: { 'If-None-Match': `"${digest}"` } },
    { name: 'resolve', path: '/v1/resolve?ref=web', headers: {} },
    { name: 'by name', path: '/v1/profiles/library/web', headers: {} },
    { name: 'search', path: '/v1/profiles?q=web', headers: {} },
  ];
}

/** What the service answers, for the bare one to answer too: the bytes, and the headers that tell of them. */
async function answerOf(registry: TestRegistry, question: Question): Promise<BareAnswer> {
  const response = await registry.fetch(question.path, { headers: question.headers });
  const body = await response.text();
  const headers: Record<string, string> = {};
  for (const name of ['Content-Type', 'Cache-Control', 'ETag']) {
    const value = response.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  return { status: response.status, body: response.status === 304 ? null : body, headers };
}

const median = (values: number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Measures both in turns; the medians of the rounds, and of the rounds' ratios. */
async function compare(pair: Pair, question: Question) {
  const bare = await pair.startBare(await answerOf(pair.registry, question));
  const url = `${pair.url}${question.path}`;
  const own: Measured[] = [];
  const other: Measured[] = [];
  try {
    await load(bare.url, question.headers, 1);
    await load(url, question.headers, 1);
    const times = question.name in goals ? roundsToGoal : rounds;
    for (let round = 0; round < times; round++) {
      other.push(await load(bare.url, question.headers));
      own.push(await load(url, question.headers));
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

/** How long publishing takes, one after the other; signing is done before. */
async function timePublishing(registry: TestRegistry, publisher: Publisher): Promise<Measured> {
  const drafts = [];
  for (let at = 0; at < publications; at++) {
    const draft = { name: `timed-${at}`, version: '1.0.0', text: profileText(`timed-${at}`) };
    drafts.push({ ...draft, envelope: await signDraft(publisher, draft) });
  }
  const times: number[] = [];
  for (const draft of drafts) {
    const since = performance.now();
    const response = await publish(registry, publisher, draft);
    await response.arrayBuffer();
    times.push(performance.now() - since);
    if (response.status !== 201) throw new Error(`publishing answered ${response.status}`);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0;
  return { perSecond: 1000 / at(0.5), p50: at(0.5), p99: at(0.99) };
}

/**
 * Prints the table, of one runtime (`node`, `workerd`) when it is named: requests a second and milliseconds, beside those of the bare route, and
 * what was to be reached.
 */
export async function run([only]: string[]): Promise<void> {
  if (spawnSync('wrk', ['--version']).error) {
    throw new Error('This needs wrk: apt-get install wrk');
  }
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-bench-'));
  const line = (cells: string[]) =>
    console.log(cells.map((cell, at) => (at < 2 ? cell.padEnd(11) : cell.padStart(12))).join(''));
  try {
    line([
      'http',
      '',
      'requests/s',
      'p50 ms',
      'p99 ms',
      'bare',
      'p50 ms',
      'p99 ms',
      'ratio',
      'goal',
    ]);
    const starts = { node: startNode, workerd: startWorkerd };
    for (const [runtime, start] of Object.entries(starts)) {
      if (only !== undefined && only !== runtime) continue;
      const pair = await start(folder);
      try {
        const publisher = await fill(pair.registry);
        for (const question of await questionsFor(pair.registry)) {
          const { own, bare, ratio } = await compare(pair, question);
          const show = ({ perSecond, p50, p99 }: Measured) => [
            Math.round(perSecond).toLocaleString('en'),
            p50.toFixed(2),
            p99.toFixed(2),
          ];
          const goal = goals[question.name];
          line([
            pair.runtime,
            question.name,
            ...show(own),
            ...show(bare),
            ratio.toFixed(2),
            goal === undefined ? '' : `${ratio >= goal ? 'reached' : 'missed'} ${goal}`,
          ]);
        }
        const { perSecond, p50, p99 } = await timePublishing(pair.registry, publisher);
        const goal = pair.runtime === 'Node' ? `${p50 < 10 ? 'reached' : 'missed'} 10 ms` : '';
        const cells = [Math.round(perSecond).toString(), p50.toFixed(2), p99.toFixed(2)];
        line([pair.runtime, 'publish', ...cells, '', '', '', '', goal]);
      } finally {
        await pair.stop();
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
