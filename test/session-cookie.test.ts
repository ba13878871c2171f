// Which pages have a cookie for https only. The address decides, which tests of both runtimes do not choose.
import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { isSecure } from '../worker/auth/session.ts';
import type { Env } from '../worker/ports.ts';

describe('the cookie of a session', () => {
  test.each([
    ['http://registry.test/', {}, true],
    ['http://127.0.0.1/', {}, false],
    ['http://localhost:1234/', {}, false],
    ['http://[::1]/', {}, false],
    ['http://127.0.0.1/', { 'X-Forwarded-Proto': 'https' }, true],
    ['http://127.0.0.1.example/', {}, true],
    ['http://localhost.example/', {}, true],
    ['https://localhost/', {}, true],
  ])('at %s with %o is for https only: %s', async (address, headers, expected) => {
    const app = new Hono<Env>().get('/', (c) => c.json(isSecure(c)));
    expect(await (await app.request(address, { headers })).json()).toBe(expected);
  });
});
