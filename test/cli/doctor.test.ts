import { spawn } from 'node:child_process';
import { chmod, chown, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../sdk/doctor/check.ts';
import type { RunningRegistry } from '../../worker/node.ts';
import { aaRegistry, scratch, startHere } from './cli.ts';

const isRoot = process.getuid?.() === 0;
const unlessRoot = isRoot ? '' : ' (skipped: only root can try)';

describe('doctor', () => {
  let folder: string;
  let clean: () => Promise<void>;
  let registry: RunningRegistry;
  let sound: string;
  const servers: Server[] = [];
  const at = (...parts: string[]) => join(folder, ...parts);

  async function put(root: string, path: string, text: string): Promise<void> {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }

  async function doctor(root: string, ...more: string[]) {
    const args = ['doctor', '--root', root, '--format', 'json', ...more];
    const outcome = await aaRegistry(args, { env: { XDG_CONFIG_HOME: at('none') } });
    expect(outcome.stderr).toBe('');
    const report: { ok: boolean; findings: Finding[] } = JSON.parse(outcome.stdout);
    const results = Object.fromEntries(report.findings.map(({ id, result }) => [id, result]));
    return { ...outcome, ...report, results };
  }

  /** A copy of a working host, broken by `change`. */
  async function brokenHost(change: (root: string) => Promise<void>): Promise<string> {
    const root = at(`brokenHost-${Math.random().toString(36).slice(2)}`);
    await cp(sound, root, { recursive: true });
    await change(root);
    return root;
  }

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    registry = await startHere(at('data'));
    const env = { AA_REGISTRY: registry.url, AA_TOKEN: registry.adminToken };
    await mkdir(at('sound'), { recursive: true });
    sound = at('sound');
    for (const args of [
      ['team', 'create', 'library'],
      ['key', 'generate', '--out', at('key.pem')],
      ['key', 'add', 'library', at('key.pem.pub')],
      ['trust', 'init', 'library', '--root', sound, '--yes'],
    ]) {
      const { code, stderr } = await aaRegistry(args, { env });
      expect(code, stderr).toBe(0);
    }
    await put(sound, 'sys/module/apparmor/parameters/enabled', 'Y\n');
    await put(sound, 'sys/kernel/security/lsm', 'lockdown,capability,yama,apparmor');
    for (const feature of ['file', 'caps', 'network_v8', 'mount', 'signal', 'ptrace']) {
      await mkdir(join(sound, 'sys/kernel/security/apparmor/features', feature), {
        recursive: true,
      });
    }
    await put(sound, 'usr/sbin/apparmor_parser', '');
    await mkdir(join(sound, 'etc/apparmor.d'), { recursive: true });
    await mkdir(join(sound, 'var/lib/aa-registry'), { recursive: true });
  });
  afterAll(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await registry.close();
    await clean();
  });

  test('reports no problems on a working host', async () => {
    const { code, ok, findings } = await doctor(sound);
    const unwell = findings.filter(
      ({ id, result }) => result !== 'ok' && id !== 'permissions-root',
    );
    expect(unwell).toEqual([]);
    expect({ code, ok }).toEqual({ code: 0, ok: true });
  });

  const lsm = 'sys/kernel/security/lsm';
  const trustFile = 'etc/aa-registry/trust.toml';
  const pending = 'var/lib/aa-registry/pending/library.web.json';
  test.each<[id: string, result: string, change: (root: string) => Promise<void>]>([
    ['kernel-apparmor', 'fail', (root) => rm(join(root, 'sys/module'), { recursive: true })],
    ['kernel-apparmor', 'fail', (root) => put(root, 'sys/module/apparmor/parameters/enabled', 'N')],
    ['kernel-lsm', 'fail', (root) => put(root, lsm, 'capability,selinux')],
    ['kernel-securityfs', 'fail', (root) => rm(join(root, 'sys/kernel'), { recursive: true })],
    [
      'kernel-features',
      'warn',
      (root) => rm(join(root, 'sys/kernel/security/apparmor/features/mount'), { recursive: true }),
    ],
    ['parser', 'fail', (root) => rm(join(root, 'usr'), { recursive: true })],
    ['trust', 'fail', (root) => rm(join(root, trustFile))],
    ['trust', 'fail', (root) => put(root, trustFile, 'registry = 5')],
    ['trust', 'fail', (root) => chmod(join(root, trustFile), 0o666)],
    ['state-damaged', 'fail', (root) => put(root, pending, '{')],
    ['docker', 'warn', (root) => put(root, 'run/docker.sock', '')],
  ])('%s is %s', async (id, result, change) => {
    const { code, results, findings } = await doctor(await brokenHost(change), '--offline');
    expect(results[id]).toBe(result);
    expect(findings.find((one) => one.id === id)?.next).toMatch(/\.$|fuser|URL\.$/);
    expect(code).toBe(result === 'fail' ? 1 : 0);
  });

  test.skipIf(!isRoot)(
    `permissions-folders is fail without /etc/apparmor.d${unlessRoot}`,
    async () => {
      const root = await brokenHost((one) => rm(join(one, 'etc/apparmor.d'), { recursive: true }));
      expect((await doctor(root, '--offline')).results['permissions-folders']).toBe('fail');
    },
  );

  test('state-lock is warn while another run changes the host', async () => {
    const script = 'exec flock --no-fork "$1" sh -c "echo locked; exec sleep 60"';
    const state = join(sound, 'var/lib/aa-registry/lock');
    const holder = spawn('sh', ['-c', script, '-', state], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const { results } = await doctor(sound, '--offline');
    holder.kill();
    expect(results['state-lock']).toBe('warn');
  });

  test.each([
    [['name=apparmor', 'name=seccomp,profile=builtin'], 'ok'],
    [['name=seccomp,profile=builtin'], 'fail'],
  ])('Docker with %j is %s', async (SecurityOptions, result) => {
    const root = await brokenHost((one) => mkdir(join(one, 'run')).then(() => {}));
    const docker = createServer((_, response) => response.end(JSON.stringify({ SecurityOptions })));
    servers.push(docker);
    await new Promise<void>((resolve) => docker.listen(join(root, 'run/docker.sock'), resolve));
    expect((await doctor(root, '--offline')).results.docker).toBe(result);
  });

  test.each([
    ['http://nosuch.invalid', 'network-name'],
    ['http://127.0.0.1:1', 'network-connect'],
  ])('%s fails as %s', async (url, id) => {
    const { code, results } = await doctor(sound, '--registry', url);
    expect(results[id]).toBe('fail');
    expect(code).toBe(1);
  });

  test('reports a wrong URL, a wrong clock and the key of another log', async () => {
    const responses: Record<string, object> = {};
    const server = createServer((incoming, response) => {
      if (incoming.url === '/v1/log/key') {
        // An hour off the client's clock, which is also this one: far more than a slow machine adds.
        response.setHeader('Date', new Date(Date.now() - 3_600_000).toUTCString());
      }
      response.end(JSON.stringify(responses[incoming.url ?? ''] ?? {}));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await doctor(sound, '--registry', url)).results.registry).toBe('fail');

    const key = await fetch(`${registry.url}/v1/log/key`).then((one) => one.json());
    responses['/v1/log/key'] = key as object;
    expect((await doctor(sound, '--registry', url)).results.clock).toBe('warn');

    const root = await brokenHost(async (one) => {
      const text = await readFile(join(one, trustFile), 'utf8');
      await writeFile(join(one, trustFile), text.replace(registry.url, url));
    });
    const other = await startHere(at('other'));
    responses['/v1/log/key'] = (await fetch(`${other.url}/v1/log/key`).then((one) =>
      one.json(),
    )) as object;
    await other.close();
    expect((await doctor(root)).results['registry-log']).toBe('fail');
  });

  test.skipIf(!isRoot)(`works without root, and as text${unlessRoot}`, async () => {
    await chmod(folder, 0o755);
    const args = ['doctor', '--root', sound, '--offline'];
    const { code, stdout } = await aaRegistry(args, { uid: 65_534 });
    expect(stdout).toMatch(/warn .*can’t be\s+written to \(EACCES\)/);
    expect(stdout).toContain('with sudo');
    expect(stdout).not.toContain('You are not root');
    expect(stdout).not.toContain('\u001b');
    expect(code).toBe(0);
    // For an image that belongs to the user, no check requires root.
    const own = at('own');
    for (const part of ['', 'etc', 'etc/apparmor.d']) {
      await mkdir(join(own, part), { recursive: true });
      await chown(join(own, part), 65_534, 65_534);
    }
    const mine = await aaRegistry(['doctor', '--root', own, '--offline'], { uid: 65_534 });
    expect(mine.stdout).toContain('only files are written');
    expect(mine.stdout).not.toMatch(/sudo|You are not root/);
  });
});
