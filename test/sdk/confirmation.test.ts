import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../sdk/client.ts';
import { generateKeyPair } from '../../trust/index.ts';
import {
  createPublisher,
  expectStatus,
  type Publisher,
  profileText,
  publish,
  signDraft,
} from '../publisher.ts';
import { node, type TestRegistry } from '../runtimes.ts';

// biome-ignore lint/suspicious/noExplicitAny: each test changes another field of another response type, which no common type describes
type Body = any;

describe('a registry whose responses do not confirm the request', () => {
  let registry: TestRegistry;
  let library: Publisher;
  let version = 0;

  beforeAll(async () => {
    registry = await node.start();
    library = await createPublisher(registry, 'library');
    await expectStatus(201, publish(registry, library, { name: 'web', version: '1.0.0' }));
    await expectStatus(201, publish(registry, library, { name: 'web', version: '1.0.1' }));
  });
  afterAll(() => registry.close());

  /** A client whose registry's successful responses are changed. */
  const clientOf = (change: (data: Body) => void, token = library.token) =>
    createClient({
      registry: registry.url,
      token,
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        const data = await response.json();
        if (response.ok) change(data);
        return Response.json(data, { status: response.status });
      },
    });
  const path = { team: 'library', name: 'web', version: '1.0.0' };
  const unconfirmed = /reported success, but its response does not confirm/;

  async function publishWith(change: (data: Body) => void) {
    const next = `2.0.${version++}`;
    const envelope = await signDraft(library, { name: 'web', version: next });
    const publication = { profile: profileText('web'), envelope };
    return clientOf(change).publish({ ...path, version: next }, publication);
  }

  test('an honest registry is accepted', async () => {
    expect((await publishWith(() => {})).created).toBe(true);
    await clientOf(() => {}).moveChannel(
      { ...path, channel: 'stable' },
      { version: '1.0.0', previous: null },
    );
    await clientOf(() => {}).yank({ ...path, version: '1.0.1' }, 'bad');
  });

  test('a private profile is confirmed by its blinded entry', async () => {
    const envelope = await signDraft(library, { name: 'secret', version: '1.0.0' });
    const publication = {
      profile: profileText('secret'),
      envelope,
      visibility: 'private' as const,
    };
    const secret = { ...path, name: 'secret' };
    const again = () => clientOf(() => {}).publish(secret, publication);
    expect((await again()).created).toBe(true);
    expect((await again()).created).toBe(false);
  });

  test.each<[string, (data: Body) => void]>([
    ['another digest', (data) => (data.digest = `sha256:${'0'.repeat(64)}`)],
    ['another version', (data) => (data.version = '9.9.9')],
    ['another team', (data) => (data.team = 'other')],
    [
      'another entry',
      (data) => (data.proof.entry = data.proof.entry.replace('"name":"web"', '"name":"other"')),
    ],
    ['another index', (data) => (data.proof.index = 0)],
    ['no checkpoint', (data) => (data.proof.checkpoint = 'none')],
    ['another proof', (data) => (data.proof.inclusion = [])],
  ])('a publication with %s is refused', async (_, change) => {
    await expect(publishWith(change)).rejects.toThrow(unconfirmed);
  });

  test('changes that the response does not state are refused', async () => {
    const move = { version: '1.0.1', previous: '1.0.0' };
    const channel = { ...path, channel: 'stable' };
    const other = clientOf((data) => (data.version = '1.0.0'));
    await expect(other.moveChannel(channel, move)).rejects.toThrow(unconfirmed);
    const none = clientOf((data) => (data.yankReason = null));
    await expect(none.yank(path, 'bad')).rejects.toThrow(unconfirmed);
    const { key } = await createPublisher(registry, 'other');
    const still = clientOf((data) => {
      for (const one of data.keys) one.revokedAt = null;
    }, registry.adminToken);
    const revoking = still.revokeKey('other', key.publicKey.keyId, 'lost');
    await expect(revoking).rejects.toThrow(unconfirmed);
    // The key is revoked, so the team's next key needs no endorsement.
    const { publicKey } = await generateKeyPair();
    const without = clientOf((data) => data.keys.pop(), registry.adminToken);
    const adding = without.addKey('other', { publicKey: publicKey.text, label: 'key' });
    await expect(adding).rejects.toThrow(unconfirmed);
  });
});

test.each([
  [['gzip, gzip, gzip, gzip, gzip, gzip']],
  [Array(12).fill('gzip')],
  [['gzip, br', 'deflate, zstd', ',,,,']],
])(
  'a broken response with the Content-Encoding %s is an error of the request only',
  async (codings) => {
    const uncaught: unknown[] = [];
    const watch = (error: unknown) => uncaught.push(error);
    process.on('uncaughtExceptionMonitor', watch);
    const server = createServer((_, response) => {
      response.writeHead(200, { 'Content-Encoding': codings });
      response.write('x');
      setTimeout(() => response.destroy(), 20);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = createClient({ registry: `http://127.0.0.1:${port}` });
    await expect(client.whoami()).rejects.toThrow(/can't be reached/);
    await new Promise((resolve) => server.close(resolve));
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.off('uncaughtExceptionMonitor', watch);
    expect(uncaught).toEqual([]);
  },
);

test('neither a redirect nor a challenge gets the token to another host, and no cookie is sent back', async () => {
  const elsewhere: unknown[] = [];
  const other = createServer((request, response) => {
    elsewhere.push(request.headers);
    response.end('{}');
  });
  const cookies: unknown[] = [];
  let reply: [status: number, headers: Record<string, string>] = [500, {}];
  const server = createServer((request, response) => {
    cookies.push(request.headers.cookie);
    const [status, headers] = reply;
    response.writeHead(status, { 'Set-Cookie': 'session=1; Path=/', ...headers }).end('{}');
  });
  const listening = [server, other].map(async (one) => {
    await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(one.address() as AddressInfo).port}`;
  });
  const [registry = '', away = ''] = await Promise.all(listening);
  const client = createClient({ registry, token: 'aar_secret' });
  for (const status of [301, 302, 303, 307, 308]) {
    reply = [status, { Location: `${away}/v1/whoami` }];
    await expect(client.whoami()).rejects.toThrow(/can't be reached: unexpected redirect/);
  }
  for (const challenge of ['Basic realm="x"', 'Negotiate', `Bearer authorization_uri="${away}"`]) {
    reply = [401, { 'WWW-Authenticate': challenge }];
    await expect(client.whoami()).rejects.toThrow(/responded with 401/);
  }
  expect(elsewhere).toEqual([]);
  expect(cookies).toEqual(Array(8).fill(undefined));
  for (const one of [server, other]) {
    one.closeAllConnections();
    one.close();
  }
});
