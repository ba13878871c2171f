import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTokenChecks } from '../../worker/auth/token-checks.ts';
import { createReadiness } from '../../worker/readiness.ts';
import { createPublisher, expectStatus, publish } from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';
import { signIn } from '../sign-in.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Waits until `found` returns something: workerd logs with a delay. */
async function eventually<T>(found: () => T | undefined): Promise<T> {
  for (let tries = 0; tries < 100; tries++) {
    const result = found();
    if (result !== undefined) return result;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it did not come');
}

describe.each(runtimes)('operation on $name', ({ name, start }) => {
  let registry: TestRegistry;
  let lines: string[];

  const openRegistry = async (options: Parameters<typeof start>[0] = {}) => {
    registry = await start({ ...options, logged: (line) => lines.push(line) });
  };
  const ask = (path: string, headers: Record<string, string> = {}) =>
    registry.fetch(path, { headers });
  const logged = (id: string) =>
    eventually(() => {
      const line = lines.find((one) => one.includes(JSON.stringify(id)));
      return line === undefined ? undefined : JSON.parse(line);
    });

  beforeEach(() => {
    lines = [];
  });
  afterEach(() => registry.close());

  describe('request ids', () => {
    beforeEach(() => openRegistry());

    test('are generated for requests without one, each unique', async () => {
      const ids = await Promise.all(
        ['/healthz', '/v1/profiles', '/nothing', '/v1/whoami'].map(async (path) => {
          const response = await ask(path);
          await response.text();
          return response.headers.get('X-Request-Id');
        }),
      );
      for (const id of ids) expect(id).toMatch(uuid);
      expect(new Set(ids).size).toBe(ids.length);
    });

    test.each([
      ['abc-1.2_3:4/5+6=', true],
      ['x'.repeat(128), true],
      ['x'.repeat(129), false],
      ['with space', false],
      ['"quoted"', false],
      ['é', false],
    ])('%s is accepted: %s', async (id, taken) => {
      const response = await ask('/healthz', { 'X-Request-Id': id });
      expect(response.headers.get('X-Request-Id')).toEqual(
        taken ? id : expect.stringMatching(uuid),
      );
    });
  });

  describe('the request log', () => {
    beforeEach(() => openRegistry());

    test('has one line of JSON for each request', async () => {
      const publisher = await createPublisher(registry, 'library');
      await expectStatus(201, publish(registry, publisher, { name: 'web', version: '1.0.0' }));
      const headers = { 'X-Request-Id': 'read-1', Authorization: `Bearer ${publisher.token}` };
      await (await ask('/v1/profiles/library/web/versions/1.0.0?secret=hidden', headers)).text();
      const line = await logged('read-1');
      expect(line).toMatchObject({
        level: 'info',
        message: 'request',
        method: 'GET',
        route: '/v1/profiles/:team/:name/versions/:version',
        status: 200,
        token: 'library token',
        tokenId: expect.any(Number),
        address: expect.any(String),
      });
      expect(line.ms).toBeGreaterThanOrEqual(0);
      expect(new Date(line.time).toISOString()).toBe(line.time);
      expect(Date.parse(line.time)).toBeLessThanOrEqual(Date.now());
    });

    test('contains no secrets, paths and queries', async () => {
      const publisher = await createPublisher(registry, 'library');
      const headers = { 'X-Request-Id': 'last', Authorization: `Bearer ${publisher.token}` };
      await (await ask('/v1/profiles?q=confidential', headers)).text();
      await (await ask('/v1/profiles/library/confidential', headers)).text();
      await (await ask('/confidential', { Authorization: 'Bearer aar_wrong' })).text();
      await (await ask('/healthz', headers)).text();
      await logged('last');
      expect(lines.join('\n')).not.toMatch(/confidential|aar_/);
    });

    test('contains the cause of an internal error, which the response does not', async () => {
      await registry.fetch('/v1/profiles');
      await registry.db.$client.execute('ALTER TABLE log_tiles RENAME TO gone');
      await registry.db.$client.execute('ALTER TABLE profiles RENAME TO profiles_gone');
      const response = await ask('/v1/profiles', { 'X-Request-Id': 'broken' });
      expect(response.status).toBe(500);
      expect(await response.text()).not.toMatch(/profiles|SQL|\bat\b/);
      const line = await logged('broken');
      expect(line).toMatchObject({ level: 'error', status: 500 });
      expect(line.error).toMatch(
        /Failed query: select .*\ncaused by: .*no such table: .*profiles/s,
      );
    });

    test('contains no values of failed queries', async () => {
      await registry.fetch('/v1/profiles');
      await registry.db.$client.execute('ALTER TABLE profiles RENAME TO profiles_gone');
      await registry.db.$client.execute('ALTER TABLE tokens RENAME TO tokens_gone');
      for (const [path, headers] of [
        ['/v1/profiles/library/confidential', {}],
        ['/v1/profiles/library/confidential/versions/1.0.0/profile', {}],
        ['/v1/whoami', { Authorization: 'Bearer aar_confidential' }],
      ] as const) {
        const response = await ask(path, { ...headers, 'X-Request-Id': `broken${path.length}` });
        expect(response.status).toBe(500);
        const { error } = await logged(`broken${path.length}`);
        expect(error).toMatch(/no such table/);
        expect(error).not.toMatch(/confidential|params|[0-9a-f]{64}/);
      }
    });
  });

  describe('/readyz', () => {
    beforeEach(() => openRegistry());

    test('limits its queries to a few per second', async () => {
      let queries = 0;
      let fails = false;
      const ready = createReadiness(async () => {
        queries++;
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (fails) throw new Error('gone');
      });
      const together = await Promise.all(Array.from({ length: 1000 }, ready));
      expect(new Set(together)).toEqual(new Set([undefined]));
      expect(queries).toBe(1);
      for (let at = 0; at < 1000; at++) await ready();
      expect(queries).toBeLessThan(500);
      fails = true;
      await vi.waitFor(async () => expect((await ready())?.message).toBe('gone'));
      fails = false;
      await vi.waitFor(async () => expect(await ready()).toBeUndefined());
    });

    test('reports ready', async () => {
      const response = await ask('/readyz');
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ status: 'ready' });
      expect(response.headers.get('Cache-Control')).toBe('no-store');
    });

    test.each([
      ['the log has no head', 'ALTER TABLE log_head RENAME TO gone', /log_head/],
      ['a migration is missing', "DELETE FROM migrations WHERE name LIKE '0000%'", /0000_/],
    ])('reports not ready when %s, and logs the cause', async (_, sql, reason) => {
      await ask('/readyz');
      await registry.db.$client.execute(sql);
      const response = await ask('/readyz', { 'X-Request-Id': 'unready' });
      expect(response.status).toBe(503);
      expect(response.headers.get('Content-Type')).toBe('application/problem+json');
      expect(await response.json()).toMatchObject({ type: 'urn:aa-registry:problem:not-ready' });
      expect((await logged('unready')).error).toMatch(reason);
      expect((await ask('/healthz')).status).toBe(200);
    });
  });

  describe('rate limits', () => {
    /** The clock stands still, so that no allowance is restored; workerd has its own clock. */
    const time = new Date();
    const open = (options: Parameters<typeof start>[0]) =>
      openRegistry({ now: () => time, ...options });

    /**
     * How many of 200 guesses are not refused. They are sent at once, since a slow machine could restore the allowance
     * of one per second as fast as it is used.
     */
    async function allowedGuesses(guess: (token: string) => Promise<Response>): Promise<number> {
      const found = await Promise.all(
        Array.from({ length: 200 }, async (_, at) => {
          const response = await guess(`aar_guess${at}`);
          await response.text();
          return response.status;
        }),
      );
      expect(found).toContain(429);
      expect(found.filter((status) => status >= 500)).toEqual([]);
      return found.filter((status) => status !== 429).length;
    }

    /** Expects this number of allowed guesses; on workerd at least this number. */
    function expectAllowed(found: number, allowed: number) {
      if (name === 'Node') expect(found).toBe(allowed);
      else expect(found).toBeGreaterThanOrEqual(allowed);
    }

    const guessAsBearer = (token: string) =>
      ask('/v1/profiles', { Authorization: `Bearer ${token}` });

    /** The statuses of `count` sequential requests. */
    async function statuses(count: number, headers: Record<string, string> = {}) {
      const found: number[] = [];
      for (let at = 0; at < count; at++) {
        const response = await ask('/v1/profiles', headers);
        found.push(response.status);
        await response.text();
      }
      return found;
    }

    test('refuse an address over the limit with Retry-After', async () => {
      await open({ addressLimit: 5 });
      expect(await statuses(5)).toEqual([200, 200, 200, 200, 200]);
      const refused = await ask('/v1/profiles');
      expect(refused.status).toBe(429);
      expect(refused.headers.get('Content-Type')).toBe('application/problem+json');
      expect(await refused.json()).toMatchObject({
        type: 'urn:aa-registry:problem:rate-limited',
        status: 429,
      });
      const wait = Number(refused.headers.get('Retry-After'));
      expect(wait).toBeGreaterThanOrEqual(1);
      expect(wait).toBeLessThanOrEqual(60);
      // Pages and the log count too; health checks are never refused.
      for (const path of ['/', '/log/checkpoint', '/openapi.json', '/nothing']) {
        expect((await ask(path)).status, path).toBe(429);
      }
      for (const path of ['/healthz', '/readyz']) {
        expect((await ask(path)).status, path).toBe(200);
      }
    });

    test('count each token separately', async () => {
      await open({ addressLimit: 3, tokenLimit: 5 });
      const admin = { Authorization: `Bearer ${registry.adminToken}` };
      expect(await statuses(4)).toEqual([200, 200, 200, 429]);
      expect(await statuses(6, admin)).toEqual([200, 200, 200, 200, 200, 429]);
    });

    /** Paths outside /v1, where tokens are not checked. */
    const elsewhere = [
      '/',
      '/p/library/web',
      '/docs',
      '/openapi.json',
      '/catalog.css',
      '/log/checkpoint',
      '/log/tile/0/000.p/1',
      '/sign-in',
      '/nothing',
    ];

    test.each([
      ['garbage', () => 'garbage'],
      ['an empty token', () => 'Bearer '],
      ['another scheme', () => 'Basic YTpi'],
      ['an unknown token', () => 'Bearer aar_unknown'],
      ['a good token', () => `Bearer ${registry.adminToken}`],
    ])('%s in Authorization does not bypass the limit of the address', async (_, value) => {
      await open({ addressLimit: 5 });
      const authorization = { Authorization: value() };
      for (let at = 0; at < 5; at++) {
        expect((await ask('/log/checkpoint', authorization)).status).toBe(200);
      }
      for (const path of elsewhere) {
        const response = await ask(path, authorization);
        expect(response.status, path).toBe(429);
        expect(Number(response.headers.get('Retry-After')), path).toBeGreaterThanOrEqual(1);
      }
    });

    test('a cookie does not bypass the limit of the address', async () => {
      await open({ addressLimit: 5 });
      const cookie = await signIn(registry, registry.adminToken);
      for (let at = 0; at < 4; at++) expect((await ask('/', cookie)).status).toBe(200);
      for (const path of elsewhere) expect((await ask(path, cookie)).status, path).toBe(429);
    });

    test('an invalid token counts as a request from its address', async () => {
      await open({ addressLimit: 5 });
      const found = await statuses(7, { Authorization: 'Bearer aar_guess' });
      expect(found).toEqual([401, 401, 401, 401, 401, 429, 429]);
      expect(await statuses(1)).toEqual([429]);
      expect(await statuses(1, { Authorization: `Bearer ${registry.adminToken}` })).toEqual([200]);
    });

    test('guessing tokens is limited by address and does not lock out other requests', async () => {
      await open({ addressLimit: 1000 });
      expectAllowed(await allowedGuesses(guessAsBearer), 60);
      expect(await statuses(1)).toEqual([200]);
    });

    test.each([
      [
        'signing in',
        (token: string) =>
          registry.fetch('/sign-in', {
            method: 'POST',
            headers: {
              'Content-Type': 'application/x-www-form-urlencoded',
              'Content-Length': String(`token=${token}`.length),
              Origin: 'http://registry.test',
            },
            body: `token=${token}`,
          }),
      ],
      ['a cookie', (token: string) => ask('/', { Cookie: `__Host-aa-registry-session=${token}` })],
      [
        'the password of an OCI client',
        (token: string) => ask('/v2/token', { Authorization: `Basic ${btoa(`ada:${token}`)}` }),
      ],
      [
        'a CI job',
        (token: string) =>
          registry.fetch('/v1/oidc/token', {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ token, team: 'library' }),
          }),
      ],
    ])('guessing by %s shares one limit', async (_, guess) => {
      await open({ addressLimit: 1000 });
      await statuses(50, { Authorization: 'Bearer aar_guess' });
      expectAllowed(await allowedGuesses(guess), 10);
      if (name === 'Node') expect((await guessAsBearer('aar_more')).status).toBe(429);
    });

    test('guessing does not lock out recently valid tokens', async () => {
      await open({ addressLimit: 1000, tokenLimit: 1000 });
      const admin = { Authorization: `Bearer ${registry.adminToken}` };
      expect(await statuses(1, admin)).toEqual([200]);
      await allowedGuesses(guessAsBearer);
      expect(await statuses(70, admin)).toEqual(Array(70).fill(200));
    });

    test('a revoked token counts as invalid', async () => {
      await open({ addressLimit: 1000, tokenLimit: 1000 });
      const publisher = await createPublisher(registry, 'library');
      const token = { Authorization: `Bearer ${publisher.token}` };
      expect(await statuses(2, token)).toEqual([200, 200]);
      await registry.db.$client.execute(
        "UPDATE tokens SET revoked_at = '2026-01-01T00:00:00.000Z' WHERE label = 'library token'",
      );
      expect(await statuses(1, token)).toEqual([401]);
      expectAllowed(await allowedGuesses(() => ask('/v1/profiles', token)), 59);
    });
  });
});

test('guesses are limited even if requests are not', async () => {
  const checks = createTokenChecks({}, () => new Date(0));
  const c = { env: { record: { address: '192.0.2.1' } }, header: () => {} } as never;
  let looked = 0;
  const guess = () => checks.attempt(c, async () => void looked++);
  for (let at = 0; at < 600; at++) await guess();
  await expect(Promise.all(Array.from({ length: 1000 }, guess))).rejects.toThrow(/Too many/);
  expect(looked).toBe(600);
});
