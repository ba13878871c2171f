// Mixed load on a registry that is repeatedly killed and restarted: npm run load [SECONDS]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { aaRegistry, type ServedRegistry, serve } from '../test/cli/cli.ts';
import { createPublisher, type Publisher, profileText, publish, send } from '../test/publisher.ts';
import type { TestRegistry } from '../test/runtimes.ts';

/** The number of concurrent workers of each kind. */
const lanes = { publishers: 8, readers: 8, movers: 2, yankers: 1 };

/** The minimum and maximum time before a registry is killed, in milliseconds. */
const lifetime = [300, 1_800] as const;

/** The counts and the errors of a run. */
export interface LoadResult {
  kills: number;
  published: number;
  moved: number;
  yanked: number;
  reads: number;
  errors: string[];
}

/**
 * Runs the load for this number of seconds, or longer until each kind of work was done at least once, on loopback and in a
 * temporary folder, and then checks for lost data.
 */
export async function runLoad(seconds: number): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-load-'));
  const data = join(folder, 'data');
  const limits = ['--address-limit', '0', '--token-limit', '0'];
  const start = () => serve(data, ...limits);
  const result: LoadResult = { kills: 0, published: 0, moved: 0, yanked: 0, reads: 0, errors: [] };
  let running: ServedRegistry = await start();
  const registry = {
    fetch: (path: string, init?: RequestInit) => fetch(new URL(path, running.url), init),
    adminToken: running.adminToken ?? '',
  } as TestRegistry;
  const publisher = await createPublisher(registry, 'library');
  const run = new Run(registry, publisher, result);

  const end = Date.now() + seconds * 1000;
  const kinds = ['kills', 'published', 'moved', 'yanked', 'reads'] as const;
  const isIncomplete = () => result.errors.length === 0 && kinds.some((kind) => result[kind] === 0);
  const isRunning = () => Date.now() < end || isIncomplete();
  const work = run.start(isRunning);
  while (isRunning()) {
    await sleep(lifetime[0] + Math.random() * (lifetime[1] - lifetime[0]));
    // Continue until something was published, since otherwise no data could be lost.
    if (result.published === 0) continue;
    await running.kill();
    result.kills++;
    running = await start();
  }
  await work;
  await run.inspect();
  await running.stop();
  const { code, stdout, stderr } = await aaRegistry(['admin', 'check', '--data', data]);
  if (code !== 0) result.errors.push(`admin check: ${stdout}${stderr}`);
  await rm(folder, { recursive: true });
  return result;
}

class Run {
  readonly #registry: TestRegistry;
  readonly #publisher: Publisher;
  readonly #result: LoadResult;
  /** Names whose publication was attempted, and those that were acknowledged. */
  readonly #attempted: string[] = [];
  readonly #acknowledged: string[] = [];
  readonly #yanked: string[] = [];
  /** For each channel, the version of the last acknowledged move, and that of a later one without a response. */
  readonly #channels = new Map<string, { acknowledged: string; maybe: string | undefined }>();

  constructor(registry: TestRegistry, publisher: Publisher, result: LoadResult) {
    this.#registry = registry;
    this.#publisher = publisher;
    this.#result = result;
  }

  async start(isRunning: () => boolean): Promise<void> {
    const repeat = async (work: (lane: number) => Promise<void>, lane: number) => {
      while (isRunning()) {
        // No response: the registry was killed or is starting.
        await work(lane).catch((error: unknown) => {
          if (!(error instanceof TypeError)) throw error;
          return sleep(20);
        });
      }
    };
    const many = (count: number, work: (lane: number) => Promise<void>) =>
      Array.from({ length: count }, (_, lane) => repeat(work, lane));
    await Promise.all([
      ...many(lanes.publishers, (lane) => this.#publish(lane)),
      ...many(lanes.readers, () => this.#read()),
      ...many(lanes.movers, (lane) => this.#move(lane)),
      ...many(lanes.yankers, () => this.#yank()),
    ]);
  }

  #expect(response: Response, ...statuses: number[]): boolean {
    if (statuses.includes(response.status)) return true;
    this.#result.errors.push(`${response.status} of ${new URL(response.url).pathname}`);
    return false;
  }

  async #publish(lane: number): Promise<void> {
    const name = `p-${lane}-${this.#attempted.length}`;
    this.#attempted.push(name);
    const response = await publish(this.#registry, this.#publisher, { name, version: '1.0.0' });
    if (!this.#expect(response, 201)) return;
    this.#acknowledged.push(name);
    this.#result.published++;
    await response.text();
  }

  #any(): string | undefined {
    return this.#acknowledged[Math.floor(Math.random() * this.#acknowledged.length)];
  }

  async #read(): Promise<void> {
    const name = this.#any();
    if (name === undefined) return sleep(5);
    const paths = [
      `/v1/profiles/library/${name}`,
      `/v1/profiles/library/${name}/versions/1.0.0/profile`,
      `/v1/profiles/library/${name}/versions/1.0.0/proof`,
      `/v1/resolve?ref=library/${name}@1.0.0`,
      `/v1/profiles?q=${name}`,
    ];
    const path = paths[Math.floor(Math.random() * paths.length)] ?? '';
    const response = await this.#registry.fetch(path);
    const text = await response.text();
    this.#result.reads++;
    if (!this.#expect(response, 200)) return;
    if (path.endsWith('/profile') && text !== profileText(name)) {
      this.#result.errors.push(`other bytes at ${path}`);
    }
  }

  /** Each lane moves its own channel of one profile back and forth between versions. */
  async #move(lane: number): Promise<void> {
    const [name] = this.#acknowledged;
    if (name === undefined) return sleep(5);
    const channel = `lane-${lane}`;
    const path = `/v1/profiles/library/${name}`;
    const found = await this.#registry.fetch(path);
    if (!this.#expect(found, 200)) return;
    const { channels } = (await found.json()) as { channels: Record<string, string> };
    const previous = channels[channel] ?? null;
    this.#checkChannel(channel, previous);
    const version = previous === '1.0.0' ? '1.0.1' : '1.0.0';
    if (version === '1.0.1') {
      const other = { name, version, text: profileText(name, '/other') };
      if (!this.#expect(await publish(this.#registry, this.#publisher, other), 200, 201)) return;
    }
    const known = this.#channels.get(channel);
    if (known) known.maybe = version;
    const url = `${path}/channels/${channel}`;
    const move = { version, previous };
    const moved = await send(this.#registry, 'PUT', url, move, this.#publisher.token);
    if (!this.#expect(moved, 200)) return;
    this.#channels.set(channel, { acknowledged: version, maybe: undefined });
    this.#result.moved++;
  }

  #checkChannel(channel: string, now: string | null): void {
    const known = this.#channels.get(channel);
    if (!known) return;
    if (now !== known.acknowledged && now !== known.maybe) {
      this.#result.errors.push(`${channel} names ${now}, not ${known.acknowledged}`);
    }
    this.#channels.set(channel, { acknowledged: now ?? '', maybe: undefined });
  }

  async #yank(): Promise<void> {
    const name = this.#acknowledged.at(-1);
    if (name === undefined) return sleep(5);
    const path = `/v1/profiles/library/${name}/versions/1.0.0/yank`;
    const body = { reason: 'load' };
    const response = await send(this.#registry, 'POST', path, body, this.#publisher.token);
    if (!this.#expect(response, 200)) return;
    this.#yanked.push(name);
    this.#result.yanked++;
    await sleep(50);
  }

  /** Checks for lost and partial data once the load has ended. */
  async inspect(): Promise<void> {
    const { errors } = this.#result;
    const acknowledged = new Set(this.#acknowledged);
    for (const name of this.#attempted) {
      const path = `/v1/profiles/library/${name}`;
      const parts = [path, `${path}/versions/1.0.0`, `${path}/versions/1.0.0/profile`];
      const responses = await Promise.all(parts.map((part) => this.#registry.fetch(part)));
      const statuses = responses.map(({ status }) => status).join(' ');
      const [, , content] = await Promise.all(responses.map((response) => response.text()));
      if (statuses === '404 404 404') {
        if (acknowledged.has(name)) errors.push(`${name} was acknowledged but is missing`);
      } else if (statuses !== '200 200 200' || content !== profileText(name)) {
        errors.push(`${name} is incomplete: ${statuses}`);
      }
    }
    for (const name of this.#yanked) {
      const path = `/v1/profiles/library/${name}/versions/1.0.0`;
      const version = (await (await this.#registry.fetch(path)).json()) as { yankReason: unknown };
      if (version.yankReason !== 'load') errors.push(`the yank of ${name} is missing`);
    }
  }
}

if (import.meta.main) {
  const seconds = Number(process.argv[2] ?? 60);
  if (!(seconds > 0 && seconds <= 3600)) throw new Error('npm run load [SECONDS], up to 3600');
  const { errors, ...counts } = await runLoad(seconds);
  console.log(JSON.stringify({ seconds, ...counts }));
  for (const error of errors) console.log(`error: ${error}`);
  console.log(errors.length === 0 ? 'No data was lost.' : `${errors.length} errors.`);
  process.exit(errors.length === 0 ? 0 : 1);
}
