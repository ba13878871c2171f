import { readdir, readFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Miniflare, type ModuleDefinition } from 'miniflare';

/** The options of all workers under test. */
export const workerOptions = {
  compatibilityDate: '2026-07-01',
  compatibilityFlags: ['nodejs_compat'],
};

let modules: Promise<ModuleDefinition[]> | undefined;

/** The modules of wrangler's bundle, read once per process: Miniflare would parse it to find them for each worker. */
export function workerModules(): Promise<ModuleDefinition[]> {
  modules ??= readModules(join(import.meta.dirname, '../dist/worker'));
  return modules;
}

async function readModules(folder: string): Promise<ModuleDefinition[]> {
  const read = async (type: 'ESModule' | 'Text', path: string) => ({
    ...{ type, path },
    contents: await readFile(join(folder, path), 'utf8'),
  });
  const texts = (await readdir(folder)).filter((name) => /\.(sql|txt)$/.test(name));
  // The first is the main module.
  return Promise.all([
    read('ESModule', 'cloudflare.js'),
    ...texts.map((name) => read('Text', name)),
  ]);
}

/** Headers of a request to the pool: the variables of its registry as JSON, and the action to take instead of responding. */
const registryHeader = 'test-registry';
const actionHeader = 'test-action';

/** The main module of the pool: passes each request to the worker with the variables of its registry. */
const poolModule = `
import worker from './cloudflare.js';
const registries = new Map();
const start = (variables) => ({ bindings: JSON.parse(variables), running: 0 });
export default {
  async fetch(request, _, context) {
    const headers = new Headers(request.headers);
    const variables = headers.get('${registryHeader}');
    const action = headers.get('${actionHeader}');
    headers.delete('${registryHeader}');
    headers.delete('${actionHeader}');
    let registry = registries.get(variables);
    if (!registry) registries.set(variables, registry = start(variables));
    const { bindings } = registry;
    const waitUntil = (work) => {
      registry.running++;
      context.waitUntil(work.finally(() => registry.running--));
    };
    if (action === 'close') registries.delete(variables);
    else if (action === 'scheduled') await worker.scheduled({ cron: '* * * * *' }, bindings);
    else if (action === 'settle') while (registry.running > 0) await scheduler.wait(10);
    else return worker.fetch(new Request(request, { headers }), bindings, { waitUntil });
    return new Response();
  },
};
`;

/** A registry in the pool. */
export interface PooledWorker {
  url: string;
  fetch: (url: URL, init?: RequestInit) => Promise<Response>;
  scheduled: () => Promise<void>;
  /** Waits for the work that earlier requests left running. */
  settle: () => Promise<void>;
  close: () => Promise<void>;
}

let pool: Promise<Miniflare> | undefined;

async function startPool(): Promise<Miniflare> {
  const main: ModuleDefinition = { type: 'ESModule', path: 'pool.js', contents: poolModule };
  const started = new Miniflare({
    ...workerOptions,
    modules: [main, ...(await workerModules())],
    cache: false,
  });
  await started.ready;
  return started;
}

/**
 * Starts a registry with these variables in the workerd of this process, since starting another takes a second of
 * processor time. It shares nothing with the others but the process.
 */
export async function startPooled(variables: Record<string, string>): Promise<PooledWorker> {
  pool ??= startPool();
  const miniflare = await pool;
  const { port } = await miniflare.ready;
  const name = JSON.stringify(variables);
  const send = (url: URL, init: RequestInit, action?: string) => {
    const headers = new Headers(init.headers);
    headers.set(registryHeader, name);
    if (action !== undefined) headers.set(actionHeader, action);
    const sent = { ...init, headers: [...headers] };
    return miniflare.dispatchFetch(url, sent as never) as unknown as Promise<Response>;
  };
  const act = async (action: string) => {
    const response = await send(new URL('http://pool/'), {}, action);
    if (!response.ok) throw new Error(await response.text());
  };
  const proxy = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const passed = request(
      { host: '127.0.0.1', port, method, path, headers: { ...headers, [registryHeader]: name } },
      (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.rawHeaders);
        response.pipe(outgoing);
      },
    );
    passed.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    fetch: (url, init = {}) => send(url, init),
    scheduled: () => act('scheduled'),
    settle: () => act('settle'),
    close: async () => {
      await act('close');
      await closeServer(proxy);
    },
  };
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
