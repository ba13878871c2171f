import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { aaRegistry, type ServedRegistry, scratch, serve } from '../cli/cli.ts';
import {
  createPublisher,
  expectStatus,
  type Publisher,
  profileText,
  publish,
} from '../publisher.ts';
import type { TestRegistry } from '../runtimes.ts';

let folder: Awaited<ReturnType<typeof scratch>>;
let running: ServedRegistry | undefined;

beforeAll(async () => {
  folder = await scratch();
});
afterEach(async () => {
  await running?.kill();
  running = undefined;
});
afterAll(() => folder.clean());

const over = ({ url, adminToken }: ServedRegistry) =>
  ({ fetch: (path, init) => fetch(new URL(path, url), init), adminToken }) as TestRegistry;

/** Whether this process may mount a filesystem. */
const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)('a full disk (root mounts a small one)', () => {
  let data: string;

  beforeAll(async () => {
    data = join(folder.path, 'small');
    await mkdir(data);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=5m', 'aa-registry-test', data]);
  });
  afterAll(() => {
    execFileSync('umount', ['--lazy', data]);
  });

  test('responds with 507, serves reads, and publishes again when space is free', async () => {
    const ballast = join(data, 'ballast');
    // The bundles of what is stored fit into this too.
    await writeFile(ballast, Buffer.alloc(5 * 512 * 1024));
    running = await serve(data);
    const registry = over(running);
    const publisher: Publisher = await createPublisher(registry, 'library');
    const text = (name: string) => `${profileText(name)}# ${'x'.repeat(40_000)}\n`;
    const put = (name: string) =>
      publish(registry, publisher, { name, version: '1.0.0', text: text(name) });

    const stored: string[] = [];
    let refused: Response | undefined;
    for (let count = 0; count < 200 && !refused; count++) {
      const response = await put(`p-${count}`);
      if (response.status === 201) stored.push(`p-${count}`);
      else refused = response;
    }
    expect(refused?.status).toBe(507);
    expect(refused?.headers.get('Content-Type')).toBe('application/problem+json');
    expect(await refused?.json()).toMatchObject({ type: 'urn:aa-registry:problem:storage-full' });
    expect(stored.length).toBeGreaterThan(3);

    const referrers = new Map<string, number>();
    const readAll = async () => {
      for (const name of stored) {
        const path = `/v1/profiles/library/${name}/versions/1.0.0`;
        const content = await expectStatus(200, registry.fetch(`${path}/profile`));
        expect(await content.text()).toBe(text(name));
        await expectStatus(200, registry.fetch(`${path}/proof`));
        // Without the proof and the bundle, if they can't be stored.
        const oci = `/v2/library/${name}`;
        const { headers } = await expectStatus(200, registry.fetch(`${oci}/manifests/1.0.0`));
        const digest = headers.get('Docker-Content-Digest');
        const list = await expectStatus(200, registry.fetch(`${oci}/referrers/${digest}`));
        referrers.set(name, ((await list.json()) as { manifests: unknown[] }).manifests.length);
      }
      await expectStatus(200, registry.fetch('/v1/profiles'));
      // Also with a token, although its use can't be recorded.
      const headers = { Authorization: `Bearer ${publisher.token}` };
      await expectStatus(200, registry.fetch('/v1/whoami', { headers }));
      await expectStatus(200, registry.fetch('/log/checkpoint'));
      await expectStatus(200, registry.fetch('/readyz'));
    };
    await readAll();
    expect([...referrers.values()]).toContain(1);
    expect((await put('still-none')).status).toBe(507);
    await expectStatus(404, registry.fetch('/v1/profiles/library/still-none'));

    await rm(ballast);
    await expectStatus(201, put('again'));
    stored.push('again');
    await readAll();
    expect(new Set(referrers.values())).toEqual(new Set([3]));
    expect(await running.stop()).toBe(0);
    const check = await aaRegistry(['admin', 'check', '--data', data]);
    expect(check.stdout, check.stderr).toContain('No differences');
  });
});

describe('misbehaving clients', () => {
  /** Opens a connection and sends a text. */
  async function open(registry: ServedRegistry, text: string): Promise<Socket> {
    const { hostname, port } = new URL(registry.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(text);
    return socket;
  }

  /** Expects that a read succeeds. */
  async function read(registry: ServedRegistry): Promise<void> {
    const response = await fetch(`${registry.url}/v1/profiles`);
    expect(response.status).toBe(200);
    await response.text();
  }

  test('with slow heads and bodies do not delay others; slow heads time out', async () => {
    running = await serve(join(folder.path, 'slow'));
    const registry = running;
    const heads = await Promise.all(
      Array.from({ length: 200 }, () =>
        open(registry, 'GET /v1/profiles HTTP/1.1\r\nHost: x\r\nX-'),
      ),
    );
    const bodies = await Promise.all(
      Array.from({ length: 200 }, () =>
        open(
          registry,
          'PUT /v1/profiles/library/web/versions/1.0.0 HTTP/1.1\r\nHost: x\r\n' +
            'Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"profile":"',
        ),
      ),
    );
    const sockets = [...heads, ...bodies];
    const drip = setInterval(() => {
      for (const socket of sockets) if (!socket.destroyed) socket.write('a');
    }, 500);
    try {
      // These get their responses before the heads time out.
      for (let round = 0; round < 20; round++) await read(registry);
      // Heads must arrive within twenty seconds, which is checked every thirty.
      for (const socket of heads) socket.resume();
      while (heads.some(({ destroyed }) => !destroyed)) await sleep(200);
    } finally {
      clearInterval(drip);
      for (const socket of sockets) socket.destroy();
    }
  }, 90_000);

  test('with huge heads get an error', async () => {
    running = await serve(join(folder.path, 'huge'));
    const socket = await open(
      running,
      `GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(64_000)}\r\n\r\n`,
    );
    const [response] = (await once(socket, 'data')) as [Buffer];
    expect(response.toString()).toMatch(/^HTTP\/1\.1 431 /);
    socket.destroy();
    const long = await open(running, `GET /${'x'.repeat(64_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const [other] = (await once(long, 'data')) as [Buffer];
    expect(other.toString()).toMatch(/^HTTP\/1\.1 4(14|31) /);
    long.destroy();
    await read(running);
  });

  test('with ten thousand open connections do not block others', async () => {
    running = await serve(join(folder.path, 'idle'));
    const registry = running;
    const sockets: Socket[] = [];
    const { hostname, port } = new URL(registry.url);
    try {
      for (let batch = 0; batch < 20; batch++) {
        const opened = Array.from({ length: 500 }, () => connect(Number(port), hostname));
        for (const socket of opened) socket.on('error', () => {});
        sockets.push(...opened);
        await Promise.all(opened.map((socket) => once(socket, 'connect')));
      }
      expect(sockets).toHaveLength(10_000);
      for (let round = 0; round < 20; round++) await read(registry);
      expect(sockets.filter(({ destroyed }) => destroyed)).toHaveLength(0);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    await read(registry);
    expect(await registry.stop()).toBe(0);
  }, 90_000);
});
