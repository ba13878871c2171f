import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ServedRegistry, scratch, serve } from '../cli/cli.ts';
import {
  createPublisher,
  expectStatus,
  manifest,
  profileText,
  publish,
  send,
} from '../publisher.ts';
import type { TestRegistry } from '../runtimes.ts';

const run = promisify(execFile);

const absent = ['skopeo', 'docker-registry'].filter((name) => !existsSync(`/usr/bin/${name}`));
const reason = absent.length === 0 ? '' : ` (needs ${absent.join(' and ')})`;

/** A registry of OCI on the loopback interface: Debian's docker-registry. */
interface Mirror {
  host: string;
  process: ChildProcess;
}

/** The media types that clients accept. */
const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
].join();

describe.skipIf(absent.length > 0)(`OCI clients of Debian${reason}`, () => {
  let folder: Awaited<ReturnType<typeof scratch>>;
  let served: ServedRegistry;
  let registry: TestRegistry;
  let token: string;
  const mirrors: Mirror[] = [];

  const at = (...parts: string[]) => join(folder.path, ...parts);

  beforeAll(async () => {
    folder = await scratch();
    served = await serve(at('data'));
    registry = {
      fetch: (path: string, init?: RequestInit) => fetch(new URL(path, served.url), init),
      adminToken: served.adminToken ?? '',
    } as TestRegistry;
    const library = await createPublisher(registry, 'library');
    token = library.token;
    for (const name of ['web', 'secret']) {
      await expectStatus(201, publish(registry, library, { name, version: '1.0.0' }));
    }
    await expectStatus(201, publish(registry, library, { name: 'web', version: '1.1.0' }));
    const several = {
      name: 'several',
      version: '1.0.0',
      others: [profileText('several', '-newer')],
      manifest: { ...manifest, variants: ['3.0', '4.0'] },
    };
    await expectStatus(201, publish(registry, library, several));
    const put = (path: string, body: object) =>
      expectStatus(200, send(registry, 'PUT', `/v1/profiles/library/${path}`, body, token));
    await put('secret/visibility', { visibility: 'private' });
    await put('web/channels/stable', { version: '1.0.0', previous: null });
  });
  afterAll(async () => {
    for (const { process } of mirrors) process.kill();
    await served?.stop();
    await folder?.clean();
  });

  /** Runs skopeo as a user without credentials. */
  async function skopeo(...args: string[]): Promise<string> {
    const env = { PATH: '/usr/bin', HOME: folder.path, REGISTRY_AUTH_FILE: at('auth.json') };
    const all = ['--insecure-policy', ...args];
    const { stdout } = await run('skopeo', all, { env, timeout: 60_000 });
    return stdout;
  }

  const copy = (...args: string[]) =>
    skopeo('copy', '--src-tls-verify=false', '--dest-tls-verify=false', ...args);

  /** A package of this registry as skopeo names it. */
  const source = (reference: string) => `docker://${new URL(served.url).host}/library/${reference}`;

  /** A manifest as a registry sends it. */
  async function manifestOf(host: string, name: string, reference: string, headers = {}) {
    const url = `http://${host}/v2/${name}/manifests/${reference}`;
    const accepted = { Accept: manifestTypes, ...headers };
    const response = await expectStatus(200, fetch(url, { headers: accepted }));
    const digest = response.headers.get('Docker-Content-Digest') ?? '';
    return { text: await response.text(), digest };
  }

  const ownManifest = (name: string, reference: string, headers = {}) =>
    manifestOf(new URL(served.url).host, `library/${name}`, reference, headers);

  /** Starts a docker-registry, with additional settings. */
  async function startMirror(name: string, settings = ''): Promise<Mirror> {
    const host = `127.0.0.1:${await freePort()}`;
    const storage = `storage: {filesystem: {rootdirectory: ${at(name)}}}`;
    const config = ['version: 0.1', storage, `http: {addr: '${host}'}`, settings].join('\n');
    await writeFile(at(`${name}.yml`), `${config}\n`);
    const child = spawn('docker-registry', ['serve', at(`${name}.yml`)], { stdio: 'ignore' });
    const mirror = { host, process: child };
    mirrors.push(mirror);
    for (;;) {
      const response = await fetch(`http://${host}/v2/`).catch(() => undefined);
      if (response?.ok) return mirror;
      if (child.exitCode !== null) throw new Error(`docker-registry exited: ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  const digestOf = (bytes: string | Buffer) =>
    `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

  test('skopeo shows a manifest and lists tags', async () => {
    const raw = await skopeo('inspect', '--tls-verify=false', '--raw', source('web:1.0.0'));
    expect(raw).toBe((await ownManifest('web', '1.0.0')).text);
    const list = JSON.parse(await skopeo('list-tags', '--tls-verify=false', source('web')));
    expect(list.Tags).toEqual(['1.0.0', '1.1.0', 'latest', 'stable']);
  });

  test('skopeo copies a version to a folder, with its exact bytes', async () => {
    const { text, digest } = await ownManifest('web', '1.0.0');
    await copy(source('web:stable'), `dir:${at('dir')}`);
    expect(await readFile(at('dir', 'manifest.json'), 'utf8')).toBe(text);
    const [layer] = JSON.parse(text).layers;
    const file = await readFile(at('dir', layer.digest.replace('sha256:', '')), 'utf8');
    expect(file).toBe(profileText('web'));

    await copy(source(`web@${digest}`), `oci:${at('layout')}:1.0.0`);
    const index = JSON.parse(await readFile(at('layout', 'index.json'), 'utf8'));
    expect(index.manifests).toMatchObject([{ digest }]);
    const blob = at('layout/blobs/sha256', digest.replace('sha256:', ''));
    expect(await readFile(blob, 'utf8')).toBe(text);
  });

  test('skopeo copies all variants with the digest of their index', async () => {
    const { digest, text } = await ownManifest('several', '1.0.0');
    await copy('--all', source('several:1.0.0'), `oci:${at('all')}:1.0.0`);
    const index = JSON.parse(await readFile(at('all', 'index.json'), 'utf8'));
    expect(index.manifests).toMatchObject([{ digest }]);
    for (const { digest: one } of JSON.parse(text).manifests) {
      const blob = await readFile(at('all/blobs/sha256', one.replace('sha256:', '')));
      expect(digestOf(blob)).toBe(one);
    }
  });

  test('skopeo copies to a docker-registry, which then serves the same digests', async () => {
    const mirror = await startMirror('mirror');
    for (const [name, ...options] of [['web'], ['several', '--all']] as const) {
      const target = `docker://${mirror.host}/mirrored/${name}:1.0.0`;
      await copy(...options, source(`${name}:1.0.0`), target);
      const copied = await manifestOf(mirror.host, `mirrored/${name}`, '1.0.0');
      expect(copied).toEqual(await ownManifest(name, '1.0.0'));
    }
  });

  test('a docker-registry that is a pull-through cache serves the same digests', async () => {
    const cache = await startMirror('cache', `proxy: {remoteurl: '${served.url}'}`);
    for (const name of ['web', 'several']) {
      const cached = await manifestOf(cache.host, `library/${name}`, '1.0.0');
      expect(cached).toEqual(await ownManifest(name, '1.0.0'));
    }
    const target = `dir:${at('cached')}`;
    await copy(`docker://${cache.host}/library/web:1.0.0`, target);
    const { layers } = JSON.parse(await readFile(at('cached/manifest.json'), 'utf8'));
    const file = at('cached', layers[0].digest.replace('sha256:', ''));
    expect(await readFile(file, 'utf8')).toBe(profileText('web'));
  });

  test('a pull-through cache with a token serves private packages', async () => {
    const login = `username: ada, password: '${token}'`;
    const proxy = `proxy: {remoteurl: '${served.url}', ${login}}`;
    const cache = await startMirror('private', proxy);
    const cached = await manifestOf(cache.host, 'library/secret', '1.0.0');
    const headers = { Authorization: `Bearer ${token}` };
    expect(cached).toEqual(await ownManifest('secret', '1.0.0', headers));
  });

  test('a private package requires a token as the password', async () => {
    const inspect = (...more: string[]) =>
      skopeo('inspect', '--tls-verify=false', '--raw', ...more, source('secret:1.0.0'));
    await expect(inspect()).rejects.toThrow(/library\/secret does not exist, or/);
    await expect(inspect('--creds', 'ada:aar_wrong')).rejects.toThrow(/unauthorized|401/i);
    const headers = { Authorization: `Bearer ${token}` };
    const { text } = await ownManifest('secret', '1.0.0', headers);
    expect(await inspect('--creds', `ada:${token}`)).toBe(text);
    // As `skopeo login` and `docker login` keep it.
    await skopeo('login', '--tls-verify=false', '-u', 'ada', '-p', token, new URL(served.url).host);
    expect(await inspect()).toBe(text);
    expect(await skopeo('inspect', '--tls-verify=false', '--raw', source('web:1.0.0'))).toMatch(
      /^{/,
    );
    await skopeo('logout', new URL(served.url).host);
  });

  test('a yanked version can only be pulled by its digest', async () => {
    const { digest, text } = await ownManifest('web', '1.1.0');
    const yank = '/v1/profiles/library/web/versions/1.1.0/yank';
    await expectStatus(200, send(registry, 'POST', yank, { reason: 'broken' }, token));
    const inspect = (reference: string) =>
      skopeo('inspect', '--tls-verify=false', '--raw', source(reference));
    await expect(inspect('web:1.1.0')).rejects.toThrow(/manifest unknown/);
    expect(await inspect(`web@${digest}`)).toBe(text);
    const { Tags } = JSON.parse(await skopeo('list-tags', '--tls-verify=false', source('web')));
    expect(Tags).toEqual(['1.0.0', 'latest', 'stable']);
  });

  test('a push is refused with the command that publishes', async () => {
    await copy(source('web:1.0.0'), `oci:${at('push')}:x`);
    await expect(copy(`oci:${at('push')}:x`, source('web:9.0.0'))).rejects.toThrow(
      /publish a profile with aa-registry publish/,
    );
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
