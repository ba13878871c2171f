import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { getRequestListener } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { toResponse } from '../../worker/cache/response-cache.ts';
import { createPublisher, expectStatus, type Publisher, publish, send } from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

describe.each(runtimes)('the response cache on $name', ({ name, start }) => {
  let registry: TestRegistry;
  let publisher: Publisher;
  let lines: string[];

  beforeEach(async () => {
    lines = [];
    registry = await start({ responseCacheBytes: 1024 * 1024, logged: (line) => lines.push(line) });
    publisher = await createPublisher(registry, 'library');
    await expectStatus(201, publish(registry, publisher, { name: 'web', version: '1.0.0' }));
  });
  afterEach(() => registry.close());

  const content = '/v1/profiles/library/web/versions/1.0.0/profile';
  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(new URL(path, registry.url), { headers });
  /** Changes the database directly: a cached response does not show it. */
  const tamper = () => registry.db.$client.execute("UPDATE contents SET text = 'tampered'");
  const bearer = () => ({ Authorization: `Bearer ${publisher.token}` });

  test('repeats a response except for its own headers', async () => {
    const first = await ask(content);
    const text = await first.text();
    await tamper();
    const again = await ask(content);
    expect(await again.text()).toBe(text);
    expect(again.status).toBe(200);
    const own = ['x-request-id', 'content-length', 'date', 'transfer-encoding'];
    const rest = ({ headers }: Response) => [...headers].filter(([name]) => !own.includes(name));
    expect(rest(again)).toEqual(rest(first));
    expect(again.headers.get('X-Request-Id')).not.toBe(first.headers.get('X-Request-Id'));
    expect((await ask(content, { 'X-Request-Id': 'mine' })).headers.get('X-Request-Id')).toBe(
      'mine',
    );
  });

  test('responds to conditional requests with 304', async () => {
    const etag = (await ask(content)).headers.get('ETag') ?? '';
    await tamper();
    for (const known of [etag, `"x", W/${etag}`, '*']) {
      const response = await ask(content, { 'If-None-Match': known });
      expect(response.status).toBe(304);
      expect(response.headers.get('ETag')).toBe(etag);
      expect(response.headers.get('Cache-Control')).toContain('immutable');
      expect(await response.text()).toBe('');
    }
    // A script of another site that sends If-None-Match itself must be able to read the 304.
    const crossOrigin = await ask(content, {
      Origin: 'https://other.example',
      'If-None-Match': etag,
    });
    expect(crossOrigin.headers.get('Access-Control-Allow-Origin')).toBe('*');
    const other = await ask(content, { 'If-None-Match': '"other"' });
    expect(other.status).toBe(200);
    await other.text();
  });

  test('caches the full response of a conditional request', async () => {
    const version = await ask(content.replace(/\/profile$/, ''));
    const { digest } = (await version.json()) as { digest: string };
    const known = { 'If-None-Match': `"${digest}"` };
    await expectStatus(304, ask(content, known));
    await tamper();
    expect(await (await ask(content)).text()).toContain('profile web');
    await expectStatus(304, ask(content, known));
  });

  test('responds the same to other forms of a request', async () => {
    const first = await (await ask(content)).text();
    const head = await fetch(new URL(content, registry.url), { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    for (const path of [`${content}?`, `${content}?x=1`, `/v1/../v1${content.slice(3)}`]) {
      expect(await (await ask(path)).text(), path).toBe(first);
    }
  });

  test('logs cached responses like all others', async () => {
    await (await ask(content)).text();
    await tamper();
    await (await ask(content, { 'X-Request-Id': 'cached' })).text();
    for (let tries = 0; tries < 100 && !lines.some((line) => line.includes('"cached"')); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(JSON.parse(lines.find((line) => line.includes('"cached"')) ?? '{}')).toMatchObject({
      route: '/v1/profiles/:team/:name/versions/:version/profile',
      method: 'GET',
      status: 200,
    });
  });

  // workerd closes the connection of a GET with a body.
  if (name === 'Node') {
    test('responds to pipelined requests in order', async () => {
      const cached = await (await ask(content)).text();
      const { hostname, port } = new URL(registry.url);
      const socket = connect(Number(port), hostname);
      const get = (path: string, id: string) =>
        `GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nX-Request-Id: ${id}\r\n`;
      // The first comes from the database, the second from the cache.
      const requests = [
        `${get('/v1/profiles/library/web', 'first')}\r\n`,
        `${get(content, 'second')}\r\n`,
        `${get(content, 'third')}Connection: close\r\n\r\n`,
      ];
      socket.write(requests.join(''));
      const received = await text(socket);
      expect([...received.matchAll(/^x-request-id: (\w+)/gim)].map(([, id]) => id)).toEqual([
        'first',
        'second',
        'third',
      ]);
      expect(received.endsWith(cached)).toBe(true);
    });

    test('responds to a GET with a body and keeps the connection usable', async () => {
      const first = await (await ask(content)).text();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const bodies: string[] = [];
      for (const body of ['body', '', 'body']) {
        const outgoing = request(new URL(content, registry.url), {
          agent,
          headers: { 'Content-Length': body.length },
        }).end(body);
        const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
        bodies.push(await text(response));
      }
      agent.destroy();
      expect(bodies).toEqual([first, first, first]);
    });
  }

  // On Workers, the shared cache of a data centre keeps responses for a few more seconds.
  if (name === 'Node') {
    test('drops the bytes of a profile that is made private', async () => {
      await expectStatus(200, ask(content));
      const visibility = '/v1/profiles/library/web/visibility';
      const change = { visibility: 'private' };
      await expectStatus(200, send(registry, 'PUT', visibility, change, publisher.token));
      await expectStatus(404, ask(content));
      await expectStatus(200, ask(content, bearer()));
      await expectStatus(404, ask(content));
    });
  }

  test('does not cache private profiles or requests with a token', async () => {
    const path = '/v1/profiles/library/web/visibility';
    await expectStatus(
      200,
      send(registry, 'PUT', path, { visibility: 'private' }, publisher.token),
    );
    await expectStatus(200, ask(content, bearer()));
    await tamper();
    expect(await (await ask(content, bearer())).text()).toBe('tampered');
    await expectStatus(404, ask(content));
  });

  test('drops resolutions when a version is published', async () => {
    const resolve = async () => {
      const response = await expectStatus(200, ask('/v1/resolve?ref=web'));
      return JSON.stringify(await response.json());
    };
    expect(await resolve()).toContain('"1.0.0"');
    const text = 'abi <abi/3.0>,\nprofile web {\n  /srv/other r,\n}\n';
    await expectStatus(201, publish(registry, publisher, { name: 'web', version: '1.1.0', text }));
    expect(await resolve()).toContain('"1.1.0"');
  });

  describe('a resolution', () => {
    const web = '/v1/profiles/library/web';
    const resolve = async () => (await expectStatus(200, ask('/v1/resolve?ref=web'))).text();
    const second = { name: 'web', version: '1.1.0', text: 'abi <abi/3.0>,\nprofile web {\n}\n' };
    test.each([
      ['POST', `${web}/versions/1.1.0/yank`, { reason: 'too wide' }, '"1.0.0"'],
      ['PUT', `${web}/channels/stable`, { version: '1.0.0', previous: null }, '"stable"'],
      ['PUT', `${web}/deprecation`, { reason: 'too old' }, '"too old"'],
      ['POST', `${web}/transfer`, { to: 'acme' }, '"acme/web"'],
      ['POST', '/v1/teams/library/keys/KEY/revocation', { reason: 'lost' }, '"revokedKeys":1'],
    ])('is dropped by %s %s', async (method, path, body, expected) => {
      await createPublisher(registry, 'acme');
      await expectStatus(201, publish(registry, publisher, second));
      expect(await resolve()).not.toContain(expected);
      const team = (await (await ask('/v1/teams/library')).json()) as { keys: [{ keyId: string }] };
      const url = path.replace('KEY', team.keys[0].keyId);
      await expectStatus(200, send(registry, method, url, body, registry.adminToken));
      expect(await resolve()).toContain(expected);
    });
  });

  test('an OCI tag follows its version, and a part of a cached blob is a part', async () => {
    const manifest = '/v2/library/web/manifests/latest';
    const first = (await (await ask(manifest)).json()) as { layers: { digest: string }[] };
    await expectStatus(201, publish(registry, publisher, { name: 'web', version: '1.1.0' }));
    const annotations = { 'org.opencontainers.image.version': '1.1.0' };
    expect(await (await ask(manifest)).json()).toMatchObject({ annotations });
    const blob = `/v2/library/web/blobs/${first.layers[0]?.digest}`;
    const whole = await (await ask(blob)).text();
    await tamper();
    expect(await (await ask(blob)).text()).toBe(whole);
    await expectStatus(206, ask(blob, { Range: 'bytes=0-1' }));
  });

  test('keeps immutable bytes when another version is published', async () => {
    const bytes = await (await ask(content)).text();
    await tamper();
    const text = 'abi <abi/3.0>,\nprofile web {\n  /srv/other r,\n}\n';
    await expectStatus(201, publish(registry, publisher, { name: 'web', version: '1.1.0', text }));
    expect(await (await ask(content)).text()).toBe(bytes);
  });

  test('does not cache responses without a lifetime', async () => {
    await (await ask('/v1/profiles/library/web')).text();
    await registry.db.$client.execute(
      "UPDATE profiles SET created_at = '2020-01-01T00:00:00.000Z'",
    );
    expect(await (await ask('/v1/profiles/library/web')).text()).toContain('2020-01-01');
    await expectStatus(404, ask('/v1/profiles/library/none/versions/1.0.0/profile'));
  });
});

describe.each(runtimes)('rate limits and the response cache on $name', ({ start }) => {
  test('refuses clients over the limit although the response is cached', async () => {
    const registry = await start({ responseCacheBytes: 1024 * 1024, addressLimit: 5 });
    try {
      const publisher = await createPublisher(registry, 'library');
      await expectStatus(201, publish(registry, publisher, { name: 'web', version: '1.0.0' }));
      const statuses: number[] = [];
      for (let count = 0; count < 8; count++) {
        const path = '/v1/profiles/library/web/versions/1.0.0/profile';
        const response = await fetch(new URL(path, registry.url));
        await response.text();
        statuses.push(response.status);
      }
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    } finally {
      await registry.close();
    }
  });
});

const nativeResponse = Response;
// Installs a global Response that shares the given Headers.
getRequestListener(() => new Response());
const nodeServerResponse = Response;

test.each([
  ['the runtime', nativeResponse],
  ['the server for Node', nodeServerResponse],
])('own headers do not leak into the next response, with the Response of %s', (_, Response) => {
  vi.stubGlobal('Response', Response);
  try {
    const cachedResponse = { status: 200, headers: { ETag: '"x"' }, body: 'x' };
    const owns: Record<string, string>[] = [
      { 'X-Request-Id': '1', RateLimit: 'some' },
      { 'X-Request-Id': '2' },
      { 'X-Request-Id': '3' },
    ];
    const responses = owns.map((own) => toResponse({ ...cachedResponse, own }));
    const seen = responses.map(({ headers }) =>
      Object.fromEntries([...headers].filter(([name]) => name !== 'content-type')),
    );
    expect(seen).toEqual([
      { etag: '"x"', 'x-request-id': '1', ratelimit: 'some' },
      { etag: '"x"', 'x-request-id': '2' },
      { etag: '"x"', 'x-request-id': '3' },
    ]);
  } finally {
    vi.unstubAllGlobals();
  }
});
