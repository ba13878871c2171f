// A bare Hono service, which the registry is compared with on the same runtime.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { workerOptions } from '../test/worker-pool.ts';

/** The response that a bare service sends. */
export interface BareResponse {
  status: number;
  body: string | null;
  headers: Record<string, string>;
}

/** A running bare service, at the URL of its only route. */
export interface BareService {
  url: string;
  stop: () => Promise<void>;
}

/** The source of a bare app. With the URL of a database it first makes a round trip there, with an empty request of Hrana. */
function sourceOf(response: BareResponse, database?: string): string {
  const respond = 'c.body(body, status, headers)';
  const empty = `{ method: 'POST', body: '{"requests":[{"type":"close"}]}' }`;
  const handler =
    database === undefined
      ? `(c) => ${respond}`
      : `async (c) => {
  await (await fetch('${database}/v2/pipeline', ${empty})).text();
  return ${respond};
}`;
  return `
import { Hono } from 'hono';
const { status, body, headers } = ${JSON.stringify(response)};
export const app = new Hono();
app.get('/bare', ${handler});
`;
}

export async function startBareNode(folder: string, response: BareResponse): Promise<BareService> {
  const bundle = join(folder, 'bare-node.mjs');
  const source = `${sourceOf(response)}
import { serve } from '@hono/node-server';
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(port));`;
  await bundleSource(source, bundle, 'node');
  const child = spawn(process.execPath, [bundle], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value: port } = await lines.next();
  const stop = async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
  };
  return { url: `http://127.0.0.1:${port}/bare`, stop };
}

/** @param database the URL of a database to make a round trip to; none by default */
export async function startBareWorkerd(
  folder: string,
  response: BareResponse,
  database?: string,
): Promise<BareService> {
  const bundle = join(folder, 'bare-worker.mjs');
  await bundleSource(`${sourceOf(response, database)}\nexport default app;`, bundle, 'browser');
  const contents = await readFile(bundle, 'utf8');
  const bare = new Miniflare({
    ...workerOptions,
    modules: [{ type: 'ESModule', path: 'bare.mjs', contents }],
  });
  return { url: `${(await bare.ready).origin}/bare`, stop: () => bare.dispose() };
}

async function bundleSource(source: string, outfile: string, platform: 'node' | 'browser') {
  await build({
    stdin: { contents: source, resolveDir: join(import.meta.dirname, '..'), loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform,
    outfile,
    logLevel: 'error',
  });
}
