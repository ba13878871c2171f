import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Envelope, Manifest } from '../../trust/index.ts';
import {
  createPublisher,
  manifest,
  type Publisher,
  profileText,
  publish,
  send,
  signDraft,
} from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

/** Texts that are problematic for UTF-8, SQL, terminals or line-based formats. */
const texts = [
  '\ud800',
  'a\udc00',
  'a\0b',
  '\u001b[31m',
  '\u009b2J',
  '\u2028',
  'a\nb',
  '\u202e',
  '',
  ' ',
  'x'.repeat(400),
  '😀'.repeat(150),
];

const values = [null, 1, -1, 2 ** 53, true, [], {}, [[]], { __proto__: null, a: 1 }, ...texts];

const segments = [
  '%00',
  '%E0%A4%A',
  '%',
  '%2e%2e',
  '..%2f..',
  'a%2fb',
  '%ff',
  '%ED%A0%80',
  '%F0%9F%98%80',
  'x'.repeat(5000),
  '1.0.0%00',
  "'",
  '-1',
  '9007199254740993',
  '1e400',
  'NaN',
  '__proto__',
  'constructor',
  '%20',
  ';a=b',
];

const paths = [
  '/$',
  '/?q=$',
  '/?after=$/$',
  '/p/$/web',
  '/p/acme/$',
  '/p/acme/web/$',
  '/p/acme/web?variant=$',
  '/explain/$',
  '/v1/profiles?q=$',
  '/v1/profiles?team=$',
  '/v1/profiles?cursor=$/$',
  '/v1/profiles?limit=1&limit=$',
  '/v1/profiles/$/web',
  '/v1/profiles/acme/$',
  '/v1/profiles/acme/web/versions/$',
  '/v1/profiles/acme/web/versions/$/profile',
  '/v1/profiles/acme/web/versions/1.0.0/proof?since=$',
  '/v1/profiles/acme/web/versions/1.0.0/proof?size=$',
  '/v1/log/entries/$/proof',
  '/v1/teams/$',
  '/v2/$',
  '/v2/$/web/tags/list',
  '/v2/acme/$/tags/list',
  '/v2/acme/web/manifests/$',
  '/v2/acme/web/blobs/$',
  '/v2/acme/web/blobs/sha256:$',
  '/v2/acme/web/referrers/$',
  '/v2/acme/web/tags/list?n=$',
  '/v2/acme/web/tags/list?last=$',
  '/log/tile/0/$',
  '/log/tile/entries/$',
];

const extremes = [
  '/log/tile/0/x009/x007/x199/x254/x740/991',
  '/log/tile/entries/x009/x007/x199/x254/x740/991',
  '/log/tile/63/000',
  '/v1/log/entries/9007199254740991/proof',
  '/v1/log/entries/0/proof?size=0',
  '/v1/log/entries/0/proof?since=9007199254740991',
  `/?q=${'a+'.repeat(100)}`,
  `/?q=${'a'.repeat(199)}%F0%9F%98%80`,
  `/v1/profiles?q=${'a+'.repeat(100)}`,
];

describe.each(runtimes)('hostile requests on $name', ({ start }) => {
  let registry: TestRegistry;
  let publisher: Publisher;

  beforeAll(async () => {
    registry = await start();
    publisher = await createPublisher(registry, 'acme');
    const made = await publish(registry, publisher, { name: 'web', version: '1.0.0' });
    expect(made.status).toBe(201);
  });
  afterAll(() => registry.close());

  /** The status of the response, which must not be an internal error. */
  async function statusOf(pending: Promise<Response>): Promise<number> {
    const response = await pending;
    const text = await response.text();
    expect(response.status, text).toBeLessThan(500);
    expect(text).not.toMatch(/\bat .*\.[jt]s:\d+/);
    return response.status;
  }

  test('no path or query causes an internal error', async () => {
    for (const path of paths) {
      for (const segment of segments) {
        await statusOf(registry.fetch(path.replaceAll('$', segment)));
      }
    }
    for (const path of extremes) await statusOf(registry.fetch(path));
  });

  test('requests change nothing outside the purpose of their route', async () => {
    const path = '/v1/profiles/acme/web/versions/1.0.0/yank';
    for (const odd of [`${path}/`, path.toUpperCase(), path.replace('/yank', '%2fyank')]) {
      const status = await statusOf(send(registry, 'POST', odd, { reason: 'x' }));
      expect([404, 405]).toContain(status);
    }
    const override = { method: 'GET', headers: { 'X-HTTP-Method-Override': 'POST' } };
    expect(await statusOf(registry.fetch(path, override))).toBe(405);
    for (const team of ['%61cme', 'acme%00', 'ACME', 'other/../acme']) {
      const there = `/v1/profiles/${team}/web/versions/1.0.0/yank`;
      const status = await statusOf(send(registry, 'POST', there, { reason: 'x' }, 'aar_no'));
      expect([401, 404]).toContain(status);
    }
  });

  test('no body causes an internal error', async () => {
    const envelope = await signDraft(publisher, { name: 'web', version: '2.0.0' });
    const version = '/v1/profiles/acme/web/versions';
    const { adminToken } = registry;
    const routes: [string, string, Record<string, unknown>, string][] = [
      ['POST', '/v1/teams', { name: 'x' }, adminToken],
      ['POST', '/v1/tokens', { label: 'l', team: 'acme' }, adminToken],
      ['POST', '/v1/teams/acme/keys', { publicKey: 'a', label: 'l', endorsement: 0 }, adminToken],
      ['PUT', `${version}/2.0.0`, { profile: profileText('web'), envelope }, publisher.token],
      [
        'PUT',
        '/v1/profiles/acme/web/channels/stable',
        { version: '9.0.0', previous: null },
        publisher.token,
      ],
      ['POST', `${version}/9.0.0/yank`, { reason: 'x' }, publisher.token],
    ];
    const bodies = ['', 'null', '[', '1e999', '\ufeff{}', '['.repeat(50_000), '{"a":'.repeat(9999)];
    const types = ['application/json;', 'application/json ;charset=utf-8', 'text/plain'];
    for (const [method, path, body, token] of routes) {
      for (const key of Object.keys(body)) {
        for (const value of values) {
          await statusOf(send(registry, method, path, { ...body, [key]: value }, token));
        }
      }
      const Authorization = `Bearer ${token}`;
      for (const raw of bodies) {
        const headers = { Authorization, 'Content-Type': 'application/json' };
        expect(await statusOf(registry.fetch(path, { method, headers, body: raw }))).toBe(400);
      }
      for (const type of types) {
        const headers = { Authorization, 'Content-Type': type };
        expect(await statusOf(registry.fetch(path, { method, headers, body: '{}' }))).toBe(415);
      }
    }
  });

  test('validation errors are short', async () => {
    const body = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`field-${at}`, at]));
    const response = await send(registry, 'POST', '/v1/teams', body, registry.adminToken);
    expect(response.status).toBe(400);
    expect((await response.text()).length).toBeLessThan(4096);
  });

  test('no envelope causes an internal error', async () => {
    const good = await signDraft(publisher, { name: 'web', version: '2.0.0' });
    const [signature = { keyid: '', sig: '' }] = good.signatures;
    const put = async (envelope: unknown) => {
      const draft = { name: 'web', version: '2.0.0', envelope: envelope as Envelope };
      return statusOf(publish(registry, publisher, draft));
    };
    for (const field of Object.keys(good)) {
      for (const value of [...values, '=', 'AAA=']) {
        expect([400, 422]).toContain(await put({ ...good, [field]: value }));
      }
    }
    for (const value of [...texts, 'AAAA', 'A'.repeat(88)]) {
      for (const field of ['keyid', 'sig']) {
        const signatures = [{ ...signature, [field]: value }];
        expect([400, 422]).toContain(await put({ ...good, signatures }));
      }
    }
  });

  test('a signed manifest contains only printable lines of text', async () => {
    const odd = [...texts.slice(0, 5), '\u2028', 'a\nb'];
    const hostile: Manifest[] = [
      ...odd.map((description) => ({ ...manifest, description })),
      ...odd.map((license) => ({ ...manifest, license })),
      ...[...odd, '--privileged', 'nginx;id', 'a b'].map((image) => ({
        ...manifest,
        images: [image],
      })),
    ];
    for (const one of hostile) {
      const draft = { name: 'web', version: '3.0.0', manifest: one };
      expect(await statusOf(publish(registry, publisher, draft)), JSON.stringify(one)).toBe(422);
    }
    const markup = { ...manifest, description: '<script>alert(1)</script>' };
    const draft = { name: 'web', version: '3.0.0', manifest: markup };
    expect(await statusOf(publish(registry, publisher, draft))).toBe(201);
    for (const path of ['/', '/p/acme/web/3.0.0']) {
      const page = await (await registry.fetch(path)).text();
      expect(page.match(/<script[^>]*>/g)).toEqual(['<script src="/catalog.js" defer="">']);
    }
  });

  test('clients that disconnect do no harm', async () => {
    const { hostname, port } = new URL(registry.url);
    const path = '/v1/profiles/acme/web/versions/9.0.0';
    const head = `Host: x\r\nAuthorization: Bearer ${publisher.token}\r\nContent-Type: application/json`;
    for (const raw of [
      `PUT ${path} HTTP/1.1\r\n${head}\r\nContent-Length: 1000\r\n\r\n{"pro`,
      `PUT ${path} HTTP/1.1\r\n${head}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"pro`,
      'GET //evil/v1/profiles HTTP/1.1\r\nHost: x\r\n\r\n',
    ]) {
      const socket = connect(Number(port), hostname).on('error', () => {});
      let response = '';
      socket.setEncoding('latin1').on('data', (text: string) => {
        response += text;
      });
      socket.write(raw);
      await wait(100);
      socket.destroy();
      expect(response).not.toMatch(/^HTTP\/1\.1 5/);
    }
    expect(await statusOf(fetch(`${registry.url}/healthz`))).toBe(200);
    expect(await statusOf(registry.fetch(path))).toBe(404);
  });
});
