import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openFile } from '../../../db/node.ts';
import { tokens } from '../../../db/schema.ts';
import { generateKeyPair } from '../../../trust/index.ts';
import { aaRegistry, type ServedRegistry, serve } from '../../cli/cli.ts';

describe('aa-registry serve', () => {
  let folder: string;
  let data: string;
  let running: ServedRegistry | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    data = join(folder, 'data');
  });
  afterEach(async () => {
    await running?.kill();
    running = undefined;
    await rm(folder, { recursive: true });
  });

  test('the first start creates the data and shows the token once', async () => {
    running = await serve(data);
    expect(running.adminToken).toMatch(/^aar_/);
    expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
    expect((await stat(data)).mode & 0o777).toBe(0o700);
    expect((await stat(join(data, 'log.key'))).mode & 0o777).toBe(0o600);
    const logKey = await readFile(join(data, 'log.key'), 'utf8');
    expect(logKey).toMatch(/^PRIVATE\+KEY\+/);
    expect(await running.stop()).toBe(0);

    running = await serve(data);
    expect(running.output).not.toContain('aar_');
    expect(await readFile(join(data, 'log.key'), 'utf8')).toBe(logKey);
    expect(await running.stop()).toBe(0);

    const db = await openFile(join(data, 'registry.db'));
    expect(await db.select().from(tokens)).toHaveLength(1);
    db.$client.close();
  });

  test('the log’s key is named after the public URL and keeps its name', async () => {
    running = await serve(data, '--public-url', 'https://registry.example.org');
    expect(running.output).toMatch(/^Log key {2}registry\.example\.org\/log\+/m);
    await running.stop();
    running = await serve(data, '--public-url', 'https://elsewhere.example.org');
    expect(running.output).toMatch(/^Log key {2}registry\.example\.org\/log\+/m);
  });

  test('security.txt and feeds have the contact and the public URL', async () => {
    const address = 'https://registry.example.org';
    const contact = ['--security-contact', 'mailto:security@example.org'];
    running = await serve(data, '--public-url', address, ...contact);
    const read = async (path: string) => (await fetch(`${running?.url}${path}`)).text();
    const text = await read('/.well-known/security.txt');
    expect(text).toContain('Contact: mailto:security@example.org\n');
    expect(text).toContain(`Canonical: ${address}/.well-known/security.txt\n`);
    expect(await read('/feed.atom')).toContain(`href="${address}/feed.atom"`);
  });

  test('OCI clients are sent to the public URL for a token, or to the address that they requested', async () => {
    const realmFor = async (headers: Record<string, string>) => {
      const response = await fetch(new URL('/v2/', running?.url), { headers });
      const challenge = response.headers.get('WWW-Authenticate') ?? '';
      await response.text();
      return /^Bearer realm="([^"]*)"/.exec(challenge)?.[1];
    };
    running = await serve(data);
    const own = new URL(running.url).host;
    expect(await realmFor({})).toBe(`http://${own}/v2/token`);
    expect(await realmFor({ 'X-Forwarded-Proto': 'https' })).toBe(`https://${own}/v2/token`);
    expect(await realmFor({ 'X-Forwarded-Proto': 'javascript' })).toBe(`http://${own}/v2/token`);
    await running.stop();
    running = await serve(data, '--public-url', 'https://registry.example.org');
    expect(await realmFor({})).toBe('https://registry.example.org/v2/token');
  });

  test('a witness that closes the connection after a long Content-Encoding does not stop the server', async () => {
    let requests = 0;
    const hostile = createServer((_, response) => {
      requests++;
      response.writeHead(200, { 'Content-Encoding': Array(6).fill('gzip').join(', ') });
      response.write('x');
      setTimeout(() => response.destroy(), 50);
    });
    await new Promise<void>((resolve) => hostile.listen(0, '127.0.0.1', resolve));
    const { port } = hostile.address() as AddressInfo;
    try {
      running = await serve(data, '--witness', `http://127.0.0.1:${port}`);
      const create = (path: string, body: object) =>
        fetch(`${running?.url}${path}`, {
          method: 'POST',
          headers: {
            'Content-Type': 'application/json',
            Authorization: `Bearer ${running?.adminToken}`,
          },
          body: JSON.stringify(body),
        });
      expect((await create('/v1/teams', { name: 'platform' })).status).toBe(201);
      const { publicKey } = await generateKeyPair();
      const key = { publicKey: publicKey.text, label: 'key' };
      expect((await create('/v1/teams/platform/keys', key)).status).toBe(201);
      await vi.waitFor(() => expect(requests).toBeGreaterThan(0), { timeout: 15_000 });
      // The connection breaks now.
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
      expect(await running.stop()).toBe(0);
    } finally {
      hostile.closeAllConnections();
      hostile.close();
    }
  });

  test('--new-admin-token replaces a lost token', async () => {
    running = await serve(data);
    const first = running.adminToken;
    await running.stop();
    running = await serve(data, '--new-admin-token');
    expect(running.adminToken).toMatch(/^aar_/);
    expect(running.adminToken).not.toBe(first);
  });

  test.each([
    [['--port', 'http'], 2, '--port takes a whole number'],
    [['--security-contact', 'security@example.org'], 2, '--security-contact takes a mailto:'],
    [['--port', '70000'], 2, '--port takes a whole number'],
    [['--host', 'not an address', '--port', '0'], 1, 'not an address'],
    [['--data', '/etc/hostname/x', '--port', '0'], 1, 'has a parent that is not a folder'],
    // A place where not even root can create a file.
    [['--data', '/proc', '--port', '0'], 1, "folder /proc can't be used by user"],
    [['--nonsense'], 2, '--nonsense'],
    [['extra'], 2, 'Unexpected argument'],
  ])('%j exits with %i and the reason', async (args, code, message) => {
    const outcome = await aaRegistry(['serve', '--data', data, ...args]);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toContain('    at ');
  });

  test('a port in use is reported, and no token is lost', async () => {
    running = await serve(join(folder, 'other'));
    const { port } = new URL(running.url);
    const outcome = await aaRegistry(['serve', '--data', data, '--port', port]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('is already in use');
    await expect(stat(data)).rejects.toThrow('ENOENT');
    const second = await serve(data);
    expect(second.adminToken).toMatch(/^aar_/);
    await second.kill();
  });
});
