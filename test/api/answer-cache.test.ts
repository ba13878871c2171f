import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { getRequestListener } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { responseOf } from '../../worker/cache/response-cache.ts';
import { createPublisher, expectStatus, type Publisher, publish, send } from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

describe.each(runtimes)('answers kept in memory on $name', ({ name, start }) => {
  let registry: TestRegistry;
  let publisher: Publisher;
  let lines: string[];

  beforeEach(async () => {
    lines = [];
    registry = await start({ answerBytes: 1024 * 1024, logged: (line) => lines.push(line) });
    publisher = await createPublisher(registry, 'library');
    await expectStatus(201, publish(registry, publisher, { name: 'web', version: '1.0.0' }));
  });
  afterEach(() => registry.close());

  const content = '/v1/profiles/library/web/versions/1.0.0/profile';
  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(new URL(path, registry.url), { headers });
  /** Meddles behind the service's back, as nobody should: what is kept does not show it. */
  const meddle = () => registry.db.$client.execute("UPDATE contents SET text = 'meddled'");
  const bearer = () => ({ Authorization: `Bearer ${publisher.token}` });

  test('are the same answers, but for what belongs to each', async () => {
    const first = await ask(content);
    const text = await first.text();
    await meddle();
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

  test('answer 304 to whoever has them', async () => {
    const etag = (await ask(content)).headers.get('ETag') ?? '';
    await meddle();
    for (const known of [etag, `"x", W/${etag}`, '*']) {
      const response = await ask(content, { 'If-None-Match': known });
      expect(response.status).toBe(304);
      expect(response.headers.get('ETag')).toBe(etag);
      expect(response.headers.get('Cache-Control')).toContain('immutable');
      expect(await response.text()).toBe('');
    }
    // A script of another site's page that sends the header itself has to be let see the answer.
    const asked = await ask(content, { Origin: 'https://other.example', 'If-None-Match': etag });
    expect(asked.headers.get('Access-Control-Allow-Origin')).toBe('*');
    const other = await ask(content, { 'If-None-Match': '"other"' });
    expect(other.status).toBe(200);
    await other.text();
  });

  test('are kept too when the first who asks has them already', async () => {
    const version = await ask(content.replace(/\/profile$/, ''));
    const { digest } = (await version.json()) as { digest: string };
    const known = { 'If-None-Match': `"${digest}"` };
    await expectStatus(304, ask(content, known));
    await meddle();
    expect(await (await ask(content)).text()).toContain('profile web');
    await expectStatus(304, ask(content, known));
  });

  test('are sent whatever else the request has', async () => {
    const first = await (await ask(content)).text();
    const head = await fetch(new URL(content, registry.url), { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    for (const path of [`${content}?`, `${content}?x=1`, `/v1/../v1${content.slice(3)}`]) {
      expect(await (await ask(path)).text(), path).toBe(first);
    }
  });

  test('are logged as all others are', async () => {
    await (await ask(content)).text();
    await meddle();
    await (await ask(content, { 'X-Request-Id': 'kept' })).text();
    for (let tries = 0; tries < 100 && !lines.some((line) => line.includes('"kept"')); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(JSON.parse(lines.find((line) => line.includes('"kept"')) ?? '{}')).toMatchObject({
      route: '/v1/profiles/:team/:name/versions/:version/profile',
      method: 'GET',
      status: 200,
    });
  });

  // workerd itself hangs up on a GET with a body.
  if (name === 'Node') {
    test('wait for their turn when more is asked at once', async () => {
      const kept = await (await ask(content)).text();
      const { hostname, port } = new URL(registry.url);
      const socket = connect(Number(port), hostname);
      const get = (path: string, id: string) =>
        `GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nX-Request-Id: ${id}\r\n`;
      // Three at once: the first comes from the database, the second from memory.
      const asked = [
        `${get('/v1/profiles/library/web', 'first')}\r\n`,
        `${get(content, 'second')}\r\n`,
        `${get(content, 'third')}Connection: close\r\n\r\n`,
      ];
      socket.write(asked.join(''));
      const answers = await text(socket);
      expect([...answers.matchAll(/^x-request-id: (\w+)/gim)].map(([, id]) => id)).toEqual([
        'first',
        'second',
        'third',
      ]);
      expect(answers.endsWith(kept)).toBe(true);
    });

    test('are sent to who sends a body, and the connection is good for another request', async () => {
      const first = await (await ask(content)).text();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const answers: string[] = [];
      for (const body of ['body', '', 'body']) {
        const asked = request(new URL(content, registry.url), {
          agent,
          headers: { 'Content-Length': body.length },
        }).end(body);
        const [response] = (await once(asked, 'response')) as [IncomingMessage];
        answers.push(await text(response));
      }
      agent.destroy();
      expect(answers).toEqual([first, first, first]);
    });
  }

  // A data centre's cache keeps them for a while: on Workers there is nothing to take them back with.
  if (name === 'Node') {
    test('are gone as soon as the profile is private', async () => {
      await expectStatus(200, ask(content));
      const visibility = '/v1/profiles/library/web/visibility';
      const change = { visibility: 'private' };
      await expectStatus(200, send(registry, 'PUT', visibility, change, publisher.token));
      await expectStatus(404, ask(content));
      await expectStatus(200, ask(content, bearer()));
      await expectStatus(404, ask(content));
    });
  }

  test('are never those of private profiles, nor asked for with a token', async () => {
    const path = '/v1/profiles/library/web/visibility';
    await expectStatus(
      200,
      send(registry, 'PUT', path, { visibility: 'private' }, publisher.token),
    );
    await expectStatus(200, ask(content, bearer()));
    await meddle();
    expect(await (await ask(content, bearer())).text()).toBe('meddled');
    await expectStatus(404, ask(content));
  });

  test('a channel that moves is resolved anew at once', async () => {
    const resolve = async () => {
      const response = await expectStatus(200, ask('/v1/resolve?ref=web'));
      return JSON.stringify(await response.json());
    };
    expect(await resolve()).toContain('"1.0.0"');
    const text = 'abi <abi/3.0>,\nprofile web {\n  /srv/other r,\n}\n';
    await expectStatus(201, publish(registry, publisher, { name: 'web', version: '1.1.0', text }));
    expect(await resolve()).toContain('"1.1.0"');
  });

  test('what may change at any time is not kept', async () => {
    await (await ask('/v1/profiles/library/web')).text();
    await registry.db.$client.execute(
      "UPDATE profiles SET created_at = '2020-01-01T00:00:00.000Z'",
    );
    expect(await (await ask('/v1/profiles/library/web')).text()).toContain('2020-01-01');
    await expectStatus(404, ask('/v1/profiles/library/none/versions/1.0.0/profile'));
  });
});

describe.each(runtimes)('limits and kept answers on $name', ({ start }) => {
  test('who is over the limit gets none either', async () => {
    const registry = await start({ answerBytes: 1024 * 1024, addressLimit: 5 });
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
// Makes a Response global that shares the Headers it is given.
getRequestListener(() => new Response());
const serversResponse = Response;

test.each([
  ['its own', nativeResponse],
  ['that of the server for Node', serversResponse],
])('a header of one answer is not in the next, with a Response that is %s', (_, Response) => {
  vi.stubGlobal('Response', Response);
  try {
    const answer = { status: 200, headers: { ETag: '"x"' }, body: 'x' };
    const owns: Record<string, string>[] = [
      { 'X-Request-Id': '1', RateLimit: 'some' },
      { 'X-Request-Id': '2' },
      { 'X-Request-Id': '3' },
    ];
    const responses = owns.map((own) => responseOf({ ...answer, own }));
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
