// The cost of hostile packages in the checker, the linter and a registry on loopback, in processor time.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { hostileReadmes } from '../test/analysis/readmes.ts';
import { serveIn } from '../test/cli/cli.ts';
import {
  createPublisher,
  manifest,
  type Publisher,
  profileText,
  send,
  signDraft,
} from '../test/publisher.ts';
import type { TestRegistry } from '../test/runtimes.ts';
import { sha256 } from '../trust/index.ts';
import { readmeLimits } from '../worker/analysis/readme.ts';

const attacks = join(import.meta.dirname, '../../shared/attacks/slow-profiles.mjs');

/** Sizes of profiles, and of READMEs, in bytes. */
const sizes = [16, 64, 256].map((kibibytes) => kibibytes * 1024);
const readmeSizes = [4, 16, 64].map((kibibytes) => kibibytes * 1024);

/** The number of measurements of each; the minimum counts, since the machine may be busy. */
const rounds = 2;

/** The timeout of a measurement in a thread, in milliseconds. */
const timeout = 20_000;

/** The maximum of processor time in ms, of memory above idle and responses in MiB, and of /healthz in ms. */
const goals = { cpu: 300, memory: 128, response: 1, health: 50 };

/** Publications before the first measurement. */
const warmUps = 5;

/** A profile of a thousand ordinary rules. */
const longProfile = () =>
  profileText('p').replace(
    /}\n$/,
    `${Array.from({ length: 1000 }, (_, at) => `  /srv/app/data-${at}/** rw,\n`).join('')}}\n`,
  );

const mebibyte = 1024 * 1024;

const stages = ['check', 'lint', 'publish', 'page'] as const;
type Stage = (typeof stages)[number];

interface Measured {
  cpu: Partial<Record<Stage, number>>;
  /** The peak above idle, in MiB. */
  memory: number;
  /** The size of the largest response, in MiB. */
  response: number;
  /** The status of the publication. */
  status: number;
}

/** The processor time of a process with all its threads, in ms, accurate to 10 ms. */
async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function memoryOf(pid: number, what: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kibibytes = new RegExp(`^${what}:\\s+(\\d+)`, 'm').exec(status)?.[1];
  return Number(kibibytes) / 1024;
}

/** Measures a stage in a thread; infinite if it took too much time or memory. */
function inThread(stage: 'check' | 'lint', text: string): Promise<number> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./hostile-thread.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 1024 },
    });
    const end = (cpu: number) => {
      clearTimeout(timer);
      resolve(cpu);
      void worker.terminate();
    };
    const timer = setTimeout(() => end(Number.POSITIVE_INFINITY), timeout);
    let minimum = Number.POSITIVE_INFINITY;
    let left = rounds;
    worker.on('message', (cpu: number) => {
      minimum = Math.min(minimum, cpu);
      if (--left === 0) end(minimum);
    });
    worker.on('error', () => end(Number.POSITIVE_INFINITY));
    // The first run, which compiles the code, does not count.
    worker.postMessage({ stage, text: profileText('p') });
    left++;
    for (let round = 0; round < rounds; round++) worker.postMessage({ stage, text });
    worker.once('message', () => {
      minimum = Number.POSITIVE_INFINITY;
    });
  });
}

interface Bench {
  registry: TestRegistry;
  publisher: Publisher;
  pid: number;
  idle: number;
}

let published = 0;

/** Publishes a package and reads its page, each a few times. */
async function measure(
  { registry, publisher, pid, idle }: Bench,
  text: string,
  readme?: string,
): Promise<Measured> {
  const measured: Measured = { cpu: {}, memory: 0, response: 0, status: 0 };
  const digest = readme === undefined ? undefined : await sha256(new TextEncoder().encode(readme));
  const signed = { ...manifest, ...(digest === undefined ? {} : { readme: digest }) };
  const time = async (stage: Stage, work: () => Promise<Response>) => {
    const before = await cpuOf(pid);
    const response = await work();
    const size = Buffer.byteLength(await response.text());
    const spent = (await cpuOf(pid)) - before;
    measured.cpu[stage] = Math.min(measured.cpu[stage] ?? Number.POSITIVE_INFINITY, spent);
    measured.response = Math.max(measured.response, size / mebibyte);
    return response.status;
  };
  // Resets the peak (proc(5)).
  await writeFile(`/proc/${pid}/clear_refs`, '5');
  for (let round = 0; round < rounds; round++) {
    const version = `1.0.${published++}`;
    const draft = { name: 'p', version, text, manifest: signed };
    const envelope = await signDraft(publisher, draft);
    const path = `/v1/profiles/${publisher.team}/p/versions/${version}`;
    const body = { profile: text, envelope, readme };
    measured.status = await time('publish', () =>
      send(registry, 'PUT', path, body, publisher.token),
    );
    if (measured.status !== 201) continue;
    await time('page', () => registry.fetch(`/p/${publisher.team}/p/${version}`));
    await time('page', () => registry.fetch(path));
  }
  measured.memory = (await memoryOf(pid, 'VmHWM')) - idle;
  return measured;
}

/** Requests /healthz every few milliseconds until stopped; returns the durations, in ms. */
function watchHealth(url: string): () => Promise<number[]> {
  const times: number[] = [];
  let stopped = false;
  const done = (async () => {
    while (!stopped) {
      const start = performance.now();
      await (await fetch(`${url}/healthz`)).arrayBuffer();
      times.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return async () => {
    stopped = true;
    await done;
    return times;
  };
}

const p99 = (times: number[]) =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;

const show = (cpu: number | undefined) =>
  cpu === undefined ? '' : Number.isFinite(cpu) ? cpu.toFixed(0) : `> ${timeout / 1000} s`;

const line = (cells: string[]) =>
  console.log(cells.map((cell, at) => (at === 0 ? cell.padEnd(30) : cell.padStart(9))).join(''));

const head = ['KiB', ...stages, 'MiB', 'response', 'status', 'growth'];

/** Measures the text of every maker at every size. Prints the largest size, the sizes that miss the goal, and the maximum. */
async function measureAll(
  what: string,
  makers: Record<string, (size: number) => Promise<Measured>>,
  of: number[],
): Promise<void> {
  line([what, ...head]);
  const worst = new Map<number, Measured>();
  for (const [name, make] of Object.entries(makers)) {
    let before: number | undefined;
    for (const size of of) {
      const measured = await make(size);
      const { cpu, memory, response, status } = measured;
      const max = worst.get(size) ?? { cpu: {}, memory: 0, response: 0, status: 0 };
      for (const stage of stages) max.cpu[stage] = Math.max(max.cpu[stage] ?? 0, cpu[stage] ?? 0);
      max.memory = Math.max(max.memory, memory);
      max.response = Math.max(max.response, response);
      worst.set(size, max);
      const publish = cpu.publish ?? 0;
      // Linear growth is 4. Very small values are dominated by noise.
      const growth =
        size === of.at(-1) && before && publish > 50 ? (publish / before).toFixed(1) : '';
      before = Math.max(publish, 10);
      if (size !== of.at(-1) && publish <= goals.cpu) continue;
      line([
        name,
        String(size / 1024),
        ...stages.map((stage) => show(cpu[stage])),
        memory.toFixed(0),
        response.toFixed(2),
        String(status),
        growth,
      ]);
    }
  }
  for (const [size, { cpu, memory, response }] of worst) {
    const cells = stages.map((stage) => show(cpu[stage]));
    line(['maximum', String(size / 1024), ...cells, memory.toFixed(0), response.toFixed(2)]);
  }
  const all = [...worst.values()];
  const outcome = (reached: boolean) => (reached ? 'reached' : 'missed');
  for (const stage of stages) {
    const cpu = Math.max(...all.map((one) => one.cpu[stage] ?? 0));
    if (cpu > 0)
      console.log(`${stage}: ${show(cpu)} ms, goal ${goals.cpu} ms ${outcome(cpu <= goals.cpu)}`);
  }
  const memory = Math.max(...all.map((one) => one.memory));
  console.log(
    `memory: ${memory.toFixed(0)} MiB, goal ${goals.memory} MiB ${outcome(memory <= goals.memory)}`,
  );
  const response = Math.max(...all.map((one) => one.response));
  console.log(
    `response: ${response.toFixed(2)} MiB, goal ${goals.response} MiB ${outcome(response <= goals.response)}\n`,
  );
}

/**
 * `npm run bench -- hostile [PATTERN]`: prints a table of hostile profiles and one of hostile READMEs, with the goals. The
 * pattern selects them by name.
 */
export async function run([pattern = '']: string[]): Promise<void> {
  const chosen = new RegExp(pattern);
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-bench-'));
  const env = { AA_SERVE_ADDRESS_LIMIT: '0', AA_SERVE_TOKEN_LIMIT: '0', AA_SERVE_LOG_LEVEL: 'off' };
  const running = await serveIn({ env }, folder);
  try {
    const { url, pid } = running;
    const registry = {
      fetch: (path: string, init?: RequestInit) => fetch(new URL(path, url), init),
      adminToken: running.adminToken ?? '',
    } as TestRegistry;
    const publisher = await createPublisher(registry, 'library');
    const bench: Bench = { registry, publisher, pid, idle: 0 };
    // Starts the thread, and compiles the code as ordinary profiles do in a running registry.
    for (let at = 0; at < warmUps; at++) await measure(bench, longProfile(), '# About\n');
    bench.idle = await memoryOf(pid, 'VmRSS');
    const stopIdle = watchHealth(url);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const idle = p99(await stopIdle());

    const stop = watchHealth(url);
    if (existsSync(attacks)) {
      const { cases } = (await import(attacks)) as {
        cases: Record<string, (size: number) => string>;
      };
      const makers = Object.entries(cases)
        .filter(([name]) => chosen.test(name))
        .map(([name, make]) => [
          name,
          async (size: number) => {
            const text = make(size);
            const measured = await measure(bench, text);
            measured.cpu.check = await inThread('check', text);
            measured.cpu.lint = await inThread('lint', text);
            return measured;
          },
        ]);
      await measureAll('hostile profiles', Object.fromEntries(makers), sizes);
    } else {
      console.log(`Skipped the hostile profiles: ${attacks} does not exist.\n`);
    }
    const readmes = Object.entries(hostileReadmes)
      .filter(([name]) => chosen.test(name))
      .map(([name, make]) => [
        name,
        (size: number) =>
          measure(
            bench,
            profileText('p'),
            make(size).slice(0, Math.min(size, readmeLimits.length)),
          ),
      ]);
    await measureAll('hostile READMEs', Object.fromEntries(readmes), readmeSizes);
    const busy = p99(await stop());
    console.log(
      `/healthz: p99 ${busy.toFixed(1)} ms under load, ${idle.toFixed(1)} ms idle (x${(busy / idle).toFixed(1)}); goal ${goals.health} ms ${busy < goals.health ? 'reached' : 'missed'}`,
    );
  } finally {
    await running.kill();
    await rm(folder, { recursive: true });
  }
}
