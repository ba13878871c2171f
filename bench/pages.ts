// What a browser transfers for the first page and a profile's page, and for the scripts that pages load when they are used.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createPublisher, expectStatus, manifest, publish } from '../test/publisher.ts';
import type { TestRegistry } from '../test/runtimes.ts';
import { startRegistry } from '../worker/node.ts';

/** What is loaded together, and its goal in KB after gzip, which proxies in front of registries do. */
const measured: [what: string, paths: string[], goal: number][] = [
  ['first page', ['/', '/catalog.css', '/catalog.js', '/favicon.svg'], 60],
  [
    'profile’s page',
    ['/p/library/docker-nginx', '/catalog.css', '/catalog.js', '/favicon.svg'],
    60,
  ],
  ['script of all pages', ['/catalog.js'], 40],
  // Most of it is zod and semver, with which trust/ reads what hosts verify.
  ['verifying', ['/verify.js'], 56],
  // The parser, the checks and the model of the language; no lint.
  ['trying an operation', ['/can.js', '/can-worker.js'], 80],
  ['playground', ['/playground', '/playground.js', '/playground-worker.js'], 400],
];

/** Measures the pages of a registry with a real profile; throws an Error if one exceeds its goal. */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-bench-'));
  const running = await startRegistry({ data: folder, host: '127.0.0.1', port: 0 });
  const read = (path: string, init?: RequestInit) => fetch(new URL(path, running.url), init);
  try {
    await fill({ fetch: read, adminToken: running.adminToken } as TestRegistry);
    const over: string[] = [];
    console.log('KB transferred'.padEnd(24), 'KB'.padStart(7), 'goal'.padStart(6));
    for (const [what, paths, goal] of measured) {
      let bytes = 0;
      for (const path of paths) {
        const response = await expectStatus(200, read(path));
        bytes += gzipSync(new Uint8Array(await response.arrayBuffer())).length;
      }
      const size = bytes / 1000;
      console.log(what.padEnd(24), size.toFixed(1).padStart(7), String(goal).padStart(6));
      if (size > goal) over.push(what);
    }
    if (over.length > 0) throw new Error(`larger than the goal: ${over.join(', ')}`);
  } finally {
    await running.close();
    await rm(folder, { recursive: true });
  }
}

/** Publishes this project's profile of nginx, twice, and lets the registry sum up what it permits. */
async function fill(registry: TestRegistry): Promise<void> {
  const library = await createPublisher(registry, 'library');
  const source = new URL('../profiles/docker-nginx/docker-nginx', import.meta.url);
  const text = await readFile(source, 'utf8');
  for (const version of ['1.0.0', '1.1.0']) {
    const draft = { name: 'docker-nginx', version, text: `${text}# ${version}\n`, manifest };
    await expectStatus(201, publish(registry, library, draft));
    const summary = `/v1/profiles/library/docker-nginx/versions/${version}/summary`;
    await expectStatus(200, registry.fetch(summary));
  }
}
