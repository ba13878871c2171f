// Reads of the same bytes from aa-registry and from servers that teams already run: Verdaccio, Debian's docker-registry and
// nginx. Each runs as it does by default, with its request log in a file. Rounds alternate.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveIn } from '../test/cli/cli.ts';
import { createPublisher, profileText, publish } from '../test/publisher.ts';
import type { TestRegistry } from '../test/runtimes.ts';
import { median } from './median.ts';
import { load, type Measured, requireWrk } from './wrk.ts';

const rounds = 7;

/** The bytes that every server sends: a profile of about 8 KiB. */
const profile = profileText('web').replace(
  /}\n$/,
  `${Array.from({ length: 250 }, (_, at) => `  /srv/app/data-${at}/** rw,\n`).join('')}}\n`,
);

/** How long a server may take to start, in milliseconds. */
const startTimeout = 30_000;

interface Server {
  name: string;
  /** The URLs of the bytes, and of what describes them. */
  content: string;
  metadata?: string;
  headers?: Record<string, string>;
  stop: () => Promise<void>;
}

const has = (command: string) => !spawnSync(command, ['--version']).error;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a program, with its output in a file, and waits until it responds. */
async function start(folder: string, url: string, command: string, args: string[]) {
  const log = await open(join(folder, 'output.log'), 'a');
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', log.fd, log.fd] });
  await log.close();
  const end = Date.now() + startTimeout;
  while (!(await fetch(url).catch(() => undefined))) {
    if (child.exitCode !== null || Date.now() > end) {
      child.kill('SIGKILL');
      throw new Error(`${command} does not respond; its output is in ${folder}/output.log`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return () => stop(child);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
}

async function send(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${init.method} ${url}: ${response.status}`);
  return response;
}

async function startOwn(folder: string): Promise<Server> {
  const env = { AA_SERVE_ADDRESS_LIMIT: '0', AA_SERVE_TOKEN_LIMIT: '0' };
  const log = await open(join(folder, 'output.log'), 'w');
  const running = await serveIn({ env, log: log.fd }, folder);
  await log.close();
  const registry = {
    fetch: (path: string, init?: RequestInit) => fetch(new URL(path, running.url), init),
    adminToken: running.adminToken ?? '',
  } as TestRegistry;
  const publisher = await createPublisher(registry, 'library');
  const response = await publish(registry, publisher, {
    name: 'web',
    version: '1.0.0',
    text: profile,
  });
  if (response.status !== 201) throw new Error(`publishing returned ${response.status}`);
  const { digest } = (await response.json()) as { digest: string };
  return {
    name: 'aa-registry',
    content: `${running.url}/v1/profiles/library/web/versions/${digest}/profile`,
    metadata: `${running.url}/v1/profiles/library/web`,
    stop: running.kill,
  };
}

async function startNginx(folder: string): Promise<Server> {
  const url = `http://127.0.0.1:${await freePort()}`;
  await mkdir(join(folder, 'files'));
  await writeFile(join(folder, 'files/web'), profile);
  await writeFile(
    join(folder, 'nginx.conf'),
    `${process.getuid?.() === 0 ? 'user root; ' : ''}daemon off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
events {}
http {
  access_log ${folder}/access.log; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server { listen ${new URL(url).host}; root ${folder}/files; }
}
`,
  );
  const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')];
  return { name: 'nginx', content: `${url}/web`, stop: await start(folder, url, 'nginx', args) };
}

async function startDockerRegistry(folder: string): Promise<Server> {
  const url = `http://127.0.0.1:${await freePort()}`;
  await writeFile(
    join(folder, 'config.yml'),
    `version: 0.1
storage: { filesystem: { rootdirectory: ${folder}/data } }
http: { addr: '${new URL(url).host}' }
`,
  );
  const args = ['serve', join(folder, 'config.yml')];
  const end = await start(folder, `${url}/v2/`, 'docker-registry', args);
  const upload = async (bytes: string) => {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const started = await send(`${url}/v2/library/web/blobs/uploads/`, { method: 'POST' });
    const to = new URL(started.headers.get('Location') ?? '', url);
    to.searchParams.set('digest', digest);
    await send(to.href, { method: 'PUT', body: bytes });
    return { digest, size: Buffer.byteLength(bytes) };
  };
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', ...(await upload('{}')) };
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', ...(await upload(profile)) };
  const manifest = { schemaVersion: 2, mediaType, config, layers: [layer] };
  const metadata = `${url}/v2/library/web/manifests/1.0.0`;
  const headers = { 'Content-Type': mediaType };
  await send(metadata, { method: 'PUT', headers, body: JSON.stringify(manifest) });
  return {
    name: 'docker-registry',
    content: `${url}/v2/library/web/blobs/${layer.digest}`,
    metadata,
    headers: { Accept: mediaType },
    stop: end,
  };
}

async function startVerdaccio(folder: string): Promise<Server> {
  const url = `http://127.0.0.1:${await freePort()}`;
  await writeFile(
    join(folder, 'config.yaml'),
    `storage: ${folder}/storage
packages: { '**': { access: $all, publish: $all } }
`,
  );
  const args = ['--config', join(folder, 'config.yaml'), '--listen', new URL(url).host];
  const end = await start(folder, `${url}/-/ping`, 'verdaccio', args);
  const file = 'web-1.0.0.tgz';
  const shasum = createHash('sha1').update(profile).digest('hex');
  const version = {
    name: 'web',
    version: '1.0.0',
    dist: { shasum, tarball: `${url}/web/-/${file}` },
  };
  const data = Buffer.from(profile).toString('base64');
  const attachment = { content_type: 'application/octet-stream', data, length: profile.length };
  const body = {
    ...{ _id: 'web', name: 'web', 'dist-tags': { latest: '1.0.0' } },
    ...{ versions: { '1.0.0': version }, _attachments: { [file]: attachment } },
  };
  const headers = { 'Content-Type': 'application/json' };
  await send(`${url}/web`, { method: 'PUT', headers, body: JSON.stringify(body) });
  return { name: 'verdaccio', content: `${url}/web/-/${file}`, metadata: `${url}/web`, stop: end };
}

const peers: Record<string, (folder: string) => Promise<Server>> = {
  nginx: startNginx,
  'docker-registry': startDockerRegistry,
  verdaccio: startVerdaccio,
};

/** Measures the same kind of read of all servers in turns. */
async function compare(what: 'content' | 'metadata', servers: Server[]): Promise<void> {
  const chosen = servers.filter((server) => server[what] !== undefined);
  const measured = new Map<Server, Measured[]>(chosen.map((server) => [server, []]));
  for (let round = -1; round < rounds; round++) {
    for (const server of chosen) {
      const result = await load(server[what] as string, server.headers ?? {});
      // The first round warms up.
      if (round >= 0) measured.get(server)?.push(result);
    }
  }
  const [own = []] = measured.values();
  for (const [{ name, [what]: url, headers = {} }, results] of measured) {
    const { byteLength } = await (await fetch(url as string, { headers })).arrayBuffer();
    const over = (key: keyof Measured) => median(results.map((one) => one[key]));
    const ratio = median(own.map((one, at) => one.perSecond / (results[at]?.perSecond ?? 1)));
    line([
      ...[what, name, Math.round(over('perSecond')).toLocaleString('en')],
      ...[over('p50').toFixed(2), over('p99').toFixed(2), byteLength.toLocaleString('en')],
      ratio.toFixed(2),
    ]);
  }
}

const line = (cells: string[]) =>
  console.log(cells.map((cell, at) => (at < 2 ? cell.padEnd(16) : cell.padStart(11))).join(' '));

/**
 * Prints requests per second and latencies of reads of the profile's bytes and of the metadata, and the ratio of
 * aa-registry's requests per second to each server's. Servers that are not on the PATH are named and left out.
 */
export async function run(): Promise<void> {
  requireWrk();
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-bench-'));
  const servers: Server[] = [];
  try {
    for (const [name, begin] of Object.entries({ 'aa-registry': startOwn, ...peers })) {
      if (name in peers && !has(name)) {
        console.log(`${name}: not on the PATH`);
        continue;
      }
      const own = join(folder, name);
      await mkdir(own);
      servers.push(await begin(own));
    }
    line(['peers', '', 'requests/s', 'p50 ms', 'p99 ms', 'bytes', 'ratio']);
    for (const what of ['content', 'metadata'] as const) await compare(what, servers);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(folder, { recursive: true });
  }
}
