// The memory of the service under mixed load: reads of all kinds, searches, pages and publications. `bench -- memory [MINUTES]`.
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveIn } from '../test/cli/cli.ts';
import { createPublisher, profileText, publish } from '../test/publisher.ts';
import type { TestRegistry } from '../test/runtimes.ts';
import { median } from './median.ts';
import { load, requireWrk } from './wrk.ts';

/** The default duration in minutes. */
const defaultMinutes = 10;

/** The number of profiles before the load, which adds a version of one of them after each round. */
const profiles = 50;

/** The memory of the last third of the run, as a maximum multiple of that of the second third. */
const goal = 1.1;

/** What is read in turn, for a second each. */
const reads = [
  '/v1/profiles/library/web-7',
  '/v1/profiles/library/web-7/versions/1.0.0',
  '/v1/profiles?q=web',
  '/v1/profiles?q=nginx&limit=50',
  '/p/library/web-7',
  '/',
  '/v1/profiles/library/web-7/versions/1.0.0/proof',
];

/** The resident memory of a process in MiB. */
async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

export async function run([minutes = String(defaultMinutes)]: string[]): Promise<void> {
  requireWrk();
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-bench-'));
  const log = await open(join(folder, 'output.log'), 'w');
  const env = { AA_SERVE_ADDRESS_LIMIT: '0', AA_SERVE_TOKEN_LIMIT: '0' };
  const running = await serveIn({ env, log: log.fd }, join(folder, 'data'));
  try {
    const registry = {
      fetch: (path: string, init?: RequestInit) => fetch(new URL(path, running.url), init),
      adminToken: running.adminToken ?? '',
    } as TestRegistry;
    const publisher = await createPublisher(registry, 'library');
    const add = async (at: number, version: string) => {
      const draft = { name: `web-${at}`, version, text: profileText(`web-${at}`, `/${version}`) };
      const { status } = await publish(registry, publisher, draft);
      if (status !== 201) throw new Error(`publishing returned ${status}`);
    };
    for (let at = 0; at < profiles; at++) await add(at, '1.0.0');

    const samples: number[] = [];
    let requests = 0;
    const end = Date.now() + Number(minutes) * 60_000;
    for (let round = 1; Date.now() < end; round++) {
      const path = reads[round % reads.length] as string;
      requests += (await load(new URL(path, running.url).href, {})).perSecond;
      await add(round % profiles, `1.${round}.0`);
      samples.push(await memoryOf(running.pid));
    }
    const third = (at: number) =>
      median(samples.slice((samples.length * at) / 3, (samples.length * (at + 1)) / 3));
    const thirds = [0, 1, 2].map(third);
    const growth = (thirds[2] ?? 0) / (thirds[1] ?? 1);
    const shown = thirds.map((one) => one.toFixed(0)).join(', ');
    console.log(
      `memory over ${minutes} min, about ${requests.toFixed(0)} requests, ${samples.length} publications`,
    );
    console.log(
      `median of each third: ${shown} MiB; maximum ${Math.max(...samples).toFixed(0)} MiB`,
    );
    const verdict = growth <= goal ? 'reached' : 'missed';
    console.log(`last third to second: x${growth.toFixed(2)}, goal x${goal} ${verdict}`);
  } finally {
    await running.stop();
    await log.close();
    await rm(folder, { recursive: true, force: true });
  }
}
