import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { aaRegistry, type ServedRegistry, scratch, serveIn } from '../../cli/cli.ts';

describe('operation of aa-registry serve', () => {
  let folder: Awaited<ReturnType<typeof scratch>>;
  let running: ServedRegistry | undefined;
  let count = 0;

  beforeAll(async () => {
    folder = await scratch();
  });
  afterEach(async () => {
    await running?.kill();
    running = undefined;
  });
  afterAll(() => folder.clean());

  async function start(env: NodeJS.ProcessEnv, ...more: string[]): Promise<ServedRegistry> {
    running = await serveIn({ env }, join(folder.path, `data-${count++}`), ...more);
    return running;
  }

  const ask = async (registry: ServedRegistry, path: string, headers = {}) => {
    const response = await fetch(`${registry.url}${path}`, { headers });
    await response.arrayBuffer();
    return response;
  };

  test('requests are logged to standard error with their sizes, also on shutdown', async () => {
    const registry = await start({});
    await ask(registry, '/openapi.json', { 'X-Request-Id': 'one' });
    await ask(registry, '/nothing', { 'X-Request-Id': 'two' });
    expect(await registry.stop()).toBe(0);
    const lines = registry
      .errors()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { requestId: 'one', status: 200, route: '/openapi.json', address: '127.0.0.1' },
      { requestId: 'two', status: 404, level: 'info' },
    ]);
    expect(lines[0].bytes).toBeGreaterThan(10_000);
    expect(lines[1].bytes).toBeLessThan(2_000);
  });

  test.each([
    [{ AA_SERVE_LOG_LEVEL: 'off' }, []],
    [{}, ['--log-level', 'error']],
    [{ AA_SERVE_LOG_LEVEL: 'info' }, ['--log-level', 'off']],
  ])('%j %j does not log successful requests', async (env, args) => {
    const registry = await start(env, ...args);
    await ask(registry, '/healthz');
    await registry.stop();
    expect(registry.errors()).toBe('');
  });

  test('metrics are served on their own port and with an administrator’s token', async () => {
    const registry = await start({ AA_SERVE_LOG_LEVEL: 'off' }, '--metrics', '127.0.0.1:0');
    await ask(registry, '/v1/profiles');
    await ask(registry, '/v1/profiles/library/none');
    const url = /^Metrics {2}(\S+)$/m.exec(registry.output)?.[1] ?? '';
    const text = await (await fetch(url)).text();
    expect(text).toMatch(
      /^http_request_duration_seconds_count\{method="GET",route="\/v1\/profiles",status="200"\} 1$/m,
    );
    expect(text).toMatch(
      /^http_request_duration_seconds_bucket\{le="10",method="GET",route="\/v1\/profiles\/:team\/:name",status="404"\} 1$/m,
    );
    expect(text).toMatch(/^aa_registry_log_entries 0$/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
    expect((await fetch(new URL('/v1/profiles', url))).status).toBe(404);

    expect((await ask(registry, '/metrics')).status).toBe(401);
    const admin = { Authorization: `Bearer ${registry.adminToken}` };
    expect((await ask(registry, '/metrics', admin)).status).toBe(200);
  });

  test('different paths do not add metrics', async () => {
    const registry = await start({ AA_SERVE_LOG_LEVEL: 'off' }, '--metrics', '127.0.0.1:0');
    for (let at = 0; at < 50; at++) {
      await ask(registry, `/nothing-${at}`);
      await ask(registry, `/v1/profiles/library/none-${at}`);
    }
    const url = /^Metrics {2}(\S+)$/m.exec(registry.output)?.[1] ?? '';
    const text = await (await fetch(url)).text();
    expect(text.match(/^http_request_duration_seconds_count/gm)?.length).toBe(2);
  });

  test('during shutdown it reports not ready and completes running requests', async () => {
    const registry = await start({ AA_SERVE_LOG_LEVEL: 'off' }, '--shutdown-delay', '1');
    expect((await ask(registry, '/readyz')).status).toBe(200);
    const stopped = registry.stop();
    await sleep(200);
    expect((await ask(registry, '/readyz')).status).toBe(503);
    expect((await ask(registry, '/healthz')).status).toBe(200);
    expect((await ask(registry, '/v1/profiles')).status).toBe(200);
    expect(await stopped).toBe(0);
  });

  describe('limits by address', () => {
    const limit = (response: Response) => /r=(\d+)/.exec(response.headers.get('RateLimit') ?? '');
    const left = async (registry: ServedRegistry, forwarded?: string) => {
      const headers = forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded };
      return Number(limit(await ask(registry, '/v1/profiles', headers))?.[1]);
    };

    test('are in the headers, can be changed and turned off', async () => {
      const registry = await start({ AA_SERVE_ADDRESS_LIMIT: '100' });
      const response = await ask(registry, '/v1/profiles');
      expect(response.headers.get('RateLimit-Policy')).toBe('"address";q=100;w=60');
      expect(response.headers.get('RateLimit')).toBe('"address";r=99;t=1');
      const admin = { Authorization: `Bearer ${registry.adminToken}` };
      const other = await ask(registry, '/v1/whoami', admin);
      expect(other.headers.get('RateLimit-Policy')).toBe('"token";q=6000;w=60');
      await registry.stop();
      const unlimited = await start({}, '--address-limit', '0');
      expect((await ask(unlimited, '/v1/profiles')).headers.has('RateLimit')).toBe(false);
    });

    test('X-Forwarded-For of an untrusted client is ignored', async () => {
      const registry = await start({}, '--address-limit', '30');
      expect(await left(registry, '192.0.2.1')).toBe(29);
      expect(await left(registry, '192.0.2.2')).toBe(28);
    });

    test('behind trusted proxies, the client is the last address that is not a proxy', async () => {
      const few = ['--address-limit', '30'];
      const registry = await start({}, '--trusted-proxy', '127.0.0.1', ...few);
      expect(await left(registry, '192.0.2.1')).toBe(29);
      expect(await left(registry, '192.0.2.2')).toBe(29);
      expect(await left(registry, '198.51.100.7, 192.0.2.1')).toBe(28);
      expect(await left(registry, '192.0.2.1, 127.0.0.1')).toBe(27);
      expect(await left(registry, '2001:db8::1')).toBe(29);
      expect(await left(registry, '2001:db8:0:0:ffff::2')).toBe(28);
      expect(await left(registry, '2001:db8:0:1::2')).toBe(29);
      expect(await left(registry, 'unknown')).toBe(29);
      expect(await left(registry)).toBe(28);
    });
  });

  test('traces are sent as configured by the OTEL_ variables', async () => {
    const bodies: string[] = [];
    const collector = createServer(async (request: IncomingMessage, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      bodies.push(`${request.url} ${Buffer.concat(chunks).toString('utf8')}`);
      response.end('{}');
    });
    collector.listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;
    try {
      const registry = await start({
        AA_SERVE_LOG_LEVEL: 'off',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      });
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      await ask(registry, '/v1/profiles/library/none', { traceparent });
      expect(await registry.stop()).toBe(0);
      const sent = bodies.find((body) => body.startsWith('/v1/traces '));
      expect(sent).toContain('0af7651916cd43dd8448eb211c80319c');
      expect(sent).toContain('GET /v1/profiles/:team/:name');
      expect(sent).toContain('"aa-registry"');
    } finally {
      collector.close();
    }
  });

  test('an unreachable collector does not delay requests', async () => {
    const registry = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
    expect((await ask(registry, '/v1/profiles')).status).toBe(200);
    expect(await registry.stop()).toBe(0);
  });

  test.each([
    [['--log-level', 'loud'], '--log-level must be one of off, error, info'],
    [['--trusted-proxy', 'proxy.example'], '--trusted-proxy takes an address'],
    [['--trusted-proxy', '10.0.0.0/33'], '--trusted-proxy takes an address'],
    [['--metrics', '9187'], '--metrics takes ADDRESS:PORT'],
    [['--metrics', '127.0.0.1:99999'], '--metrics takes ADDRESS:PORT'],
    [['--address-limit', '-1'], '--address-limit'],
    [['--token-limit', 'many'], '--token-limit takes a whole number'],
    [['--shutdown-delay', '1.5'], '--shutdown-delay takes a whole number'],
  ])('%j is a usage error', async (args, message) => {
    const outcome = await aaRegistry(['serve', '--data', join(folder.path, 'none'), ...args]);
    expect(outcome.stderr).toContain(message);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
  });

  test('a metrics port in use is reported', async () => {
    const registry = await start({ AA_SERVE_LOG_LEVEL: 'off' });
    const { port } = new URL(registry.url);
    const data = join(folder.path, 'other');
    const args = ['serve', '--data', data, '--port', '0', '--metrics', `127.0.0.1:${port}`];
    const outcome = await aaRegistry(args);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('is already in use');
  });

  test('a client that disconnects is logged and does no harm', async () => {
    const registry = await start({});
    const { hostname, port } = new URL(registry.url);
    const socket = connect(Number(port), hostname);
    socket.write('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n');
    await sleep(20);
    socket.destroy();
    expect((await ask(registry, '/healthz')).status).toBe(200);
    expect(await registry.stop()).toBe(0);
  });
});
