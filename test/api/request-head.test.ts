import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { node, type TestRegistry } from '../runtimes.ts';

/** Sends bytes and returns the statuses of all responses, once the server closes or is idle. */
function exchange({ url }: TestRegistry, text: string): Promise<number[]> {
  const { port, hostname } = new URL(url);
  return new Promise((resolve, reject) => {
    let responses = '';
    const socket = connect(Number(port), hostname, () => socket.write(text, 'latin1'));
    socket.setEncoding('latin1').on('data', (data) => {
      responses += data;
    });
    socket.setTimeout(3_000, () => socket.destroy());
    socket.on('error', reject);
    socket.on('close', () =>
      resolve([...responses.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))),
    );
  });
}

const close = 'Connection: close\r\n\r\n';
const next = `GET /healthz HTTP/1.1\r\nHost: a\r\n${close}`;
const post = 'POST /v1/teams HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';

describe('the head of a request on Node', () => {
  let registry: TestRegistry;

  beforeAll(async () => {
    registry = await node.start({ responseCacheBytes: 1_000_000 });
  });
  afterAll(() => registry.close());

  test.each([
    ['one Host', 'Host: a.example'],
    ['a port', 'Host: a.example:8080'],
    ['IPv4', 'Host: 127.0.0.1:1'],
    ['IPv6', 'Host: [::1]:80'],
  ])('%s is accepted', async (_, header) => {
    for (const path of ['/healthz', '/v1/log/key']) {
      expect(await exchange(registry, `GET ${path} HTTP/1.1\r\n${header}\r\n${close}`)).toEqual([
        200,
      ]);
    }
  });

  test.each([['an address in absolute form', 'GET http://a.example/healthz']])(
    '%s is accepted if Host matches',
    async (_, line) => {
      expect(await exchange(registry, `${line} HTTP/1.1\r\nHost: a.example\r\n${close}`)).toEqual([
        200,
      ]);
    },
  );

  test.each([
    ['no Host', ''],
    ['two of them', 'Host: a\r\nHost: b\r\n'],
    ['two that are the same', 'Host: a\r\nhost: a\r\n'],
    ['two with others between', 'Host: a\r\nX-A: b\r\nHOST: b\r\n'],
    ['an empty one', 'Host:\r\n'],
    ['a list', 'Host: a,b\r\n'],
    ['a user', 'Host: a@b\r\n'],
    ['a path', 'Host: a/b\r\n'],
    ['a fragment', 'Host: a#b\r\n'],
    ['a space', 'Host: a b\r\n'],
    ['an invalid port', 'Host: a:b\r\n'],
    ['a port that is too high', 'Host: a:70000\r\n'],
    ['an invalid address', 'Host: 1.2.3.999\r\n'],
    ['an invalid IPv6 address', 'Host: [::g]\r\n'],
    ['an encoded slash', 'Host: a%2fb\r\n'],
    ['a letter of Latin-1', 'Host: \xe9\r\n'],
  ])('%s is 400, also for cached responses', async (_, headers) => {
    for (const path of ['/v1/log/key', '/log/tile/0/000', '/v1/resolve?ref=a/b', '/healthz']) {
      const statuses = await exchange(registry, `GET ${path} HTTP/1.1\r\n${headers}${close}`);
      expect(statuses, path).toEqual([400]);
    }
  });

  test.each([
    ['another host in the address', 'GET http://b.example/healthz HTTP/1.1'],
    ['another port', 'GET http://a.example:81/healthz HTTP/1.1'],
    ['a user in it', 'GET http://u@a.example/healthz HTTP/1.1'],
    ['another scheme', 'GET ftp://a.example/healthz HTTP/1.1'],
    ['no slash', 'GET healthz HTTP/1.1'],
    ['an asterisk', 'GET * HTTP/1.1'],
  ])('%s is 400', async (_, line) => {
    expect(await exchange(registry, `${line}\r\nHost: a.example\r\n${close}`)).toEqual([400]);
  });

  test.each([
    ['both lengths', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['both, the other way', 'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n'],
    ['a coding that is not undone', 'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['chunked that is not last', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['an unknown coding', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['two codings', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n'],
    ['a space before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 0\r\nContent-Length: 5\r\n\r\n'],
    ['a list of lengths', 'Content-Length: 0, 0\r\n\r\n'],
    ['a length with a sign', 'Content-Length: +0\r\n\r\n'],
    ['a chunk that ends with a line feed', 'Transfer-Encoding: chunked\r\n\r\n0\n\n'],
  ])('%s is 400, and the rest of the connection is not parsed', async (_, rest) => {
    expect(await exchange(registry, `${post}${rest}${next}`)).toEqual([400]);
  });

  test('HTTP/1.0 has no transfer codings', async () => {
    const old = post.replace('1.1', '1.0');
    const rest = 'Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    expect(await exchange(registry, `${old}${rest}${next}`)).toEqual([400]);
  });

  test('requests behind a malformed head are not executed', async () => {
    const body = JSON.stringify({ name: 'smuggled' });
    const head = `Host: a\r\nAuthorization: Bearer ${registry.adminToken}`;
    const type = `Content-Type: application/json\r\nContent-Length: ${body.length}`;
    const smuggled = `POST /v1/teams HTTP/1.1\r\n${head}\r\n${type}\r\n\r\n${body}`;
    const statuses = await exchange(
      registry,
      `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${smuggled}`,
    );
    expect(statuses).toEqual([400]);
    expect((await registry.fetch('/v1/teams/smuggled')).status).toBe(404);
  });
});
