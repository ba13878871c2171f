import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Base } from '../../contract/index.ts';
import { baseLimits } from '../../contract/index.ts';
import { expectStatus, send } from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

describe.each(runtimes)('base policies on $name', ({ start }) => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await start();
  });
  afterAll(() => registry.close());

  const put = (release: string, files: unknown) =>
    send(registry, 'PUT', `/v1/bases/${release}`, { files }, registry.adminToken);
  const list = async () =>
    ((await (await expectStatus(200, registry.fetch('/v1/bases'))).json()) as { items: Base[] })
      .items;
  const made = async (response: Promise<Response>, status: number) =>
    (await (await expectStatus(status, response)).json()) as Base;

  test('are set, listed and read by digest', async () => {
    const files = {
      'tunables/global': '@{HOME}=/root/ # ä\n',
      'abstractions/base': '/lib/** mr,\n',
    };
    const base = await made(put('3.0', files), 201);
    const bytes = Buffer.byteLength(Object.values(files).join(''));
    expect(base).toMatchObject({ release: '3.0', files: 2, bytes });
    expect(await list()).toEqual([base]);

    const response = await expectStatus(200, registry.fetch(`/v1/bases/${base.digest}`));
    const text = await response.text();
    expect(JSON.parse(text)).toEqual({ files });
    expect(`sha256:${createHash('sha256').update(text).digest('hex')}`).toBe(base.digest);
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('ETag')).toBe(`"${base.digest}"`);
    const again = { headers: { 'If-None-Match': `"${base.digest}"` } };
    await expectStatus(304, registry.fetch(`/v1/bases/${base.digest}`, again));
  });

  test('the same files in another order change nothing', async () => {
    const one = await made(put('3.1', { 'abi/3.0': 'a\n', 'tunables/x': 'b\n' }), 201);
    const two = await made(put('3.1', { 'tunables/x': 'b\n', 'abi/3.0': 'a\n' }), 200);
    expect(two).toEqual(one);
  });

  test('other files replace the current ones, which stay readable and can come back', async () => {
    const one = await made(put('4.0', { 'abi/4.0': 'one\n' }), 201);
    const two = await made(put('4.0', { 'abi/4.0': 'two\n' }), 201);
    const current = async () => (await list()).find(({ release }) => release === '4.0')?.digest;
    expect(await current()).toBe(two.digest);
    const old = await expectStatus(200, registry.fetch(`/v1/bases/${one.digest}`));
    expect(await old.json()).toEqual({ files: { 'abi/4.0': 'one\n' } });
    expect((await made(put('4.0', { 'abi/4.0': 'one\n' }), 201)).digest).toBe(one.digest);
    expect(await current()).toBe(one.digest);
  });

  test('two releases can have the same content', async () => {
    const files = { 'abstractions/shared': '/shared r,\n' };
    const [one, two] = [await made(put('4.1', files), 201), await made(put('5.0', files), 201)];
    expect(one.digest).toBe(two.digest);
  });

  test.each([
    ['no files', {}],
    ['a file outside the three folders', { 'local/base': 'x\n' }],
    ['a file that is a folder’s name', { abstractions: 'x\n' }],
    ['a path that leads out', { 'abstractions/../../passwd': 'x\n' }],
    ['an absolute path', { '/etc/passwd': 'x\n' }],
    ['an empty name', { 'abstractions//base': 'x\n' }],
    ['a newline in a path', { 'abstractions/a\nb': 'x\n' }],
    ['a NUL', { 'abstractions/base': 'x\0\n' }],
    ['half a character', { 'abstractions/base': '\ud800' }],
    ['too many bytes', { 'abstractions/base': 'x'.repeat(baseLimits.bytes + 1) }],
    [
      'too many files',
      Object.fromEntries(
        Array.from({ length: baseLimits.files + 1 }, (_, at) => [`abstractions/${at}`, '']),
      ),
    ],
  ])('%s is refused', async (_, files) => {
    const before = await list();
    const response = await expectStatus(400, put('6.0', files));
    expect(await response.json()).toMatchObject({
      type: 'urn:aa-registry:problem:request-invalid',
    });
    expect(await list()).toEqual(before);
  });

  test('of the maximum size are stored', async () => {
    const half = 'x\n'.repeat(baseLimits.bytes / 4);
    const base = await made(put('6.0', { 'abstractions/a': half, 'abstractions/b': half }), 201);
    expect(base.bytes).toBe(baseLimits.bytes);
    const text = await (await registry.fetch(`/v1/bases/${base.digest}`)).text();
    expect(`sha256:${createHash('sha256').update(text).digest('hex')}`).toBe(base.digest);
  });

  test('only administrators set them, and only of releases that exist', async () => {
    await expectStatus(401, send(registry, 'PUT', '/v1/bases/3.0', { files: { 'abi/3.0': '' } }));
    await expectStatus(400, put('3', { 'abi/3.0': '' }));
  });

  test('an unknown digest is not found', async () => {
    await expectStatus(404, registry.fetch(`/v1/bases/sha256:${'0'.repeat(64)}`));
  });
});
