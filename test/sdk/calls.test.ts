import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  lint,
  type PullEvent,
  pull,
  pullAll,
  readTrust,
  remove,
  rollback,
  SdkError,
  type SdkEvent,
  status,
  sync,
  UnreachableError,
  verify,
} from '../../sdk/index.ts';
import { type Fixture, startFixture, textOf } from '../host/fixture.ts';
import { createPublisher, expectStatus, profileText, publish } from '../publisher.ts';

/** The library as programs use it: single calls on a root folder. */
describe('the library', { timeout: 60_000 }, () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture();
    for (const version of ['1.0.0', '1.1.0']) await fixture.publish('web', version);
    await fixture.publish('api', '1.0.0');
    const { registry } = fixture;
    const stranger = await createPublisher(registry, 'stranger');
    const text = profileText('tool');
    await expectStatus(201, publish(registry, stranger, { name: 'tool', version: '1.0.0', text }));
  });
  afterAll(() => fixture.close());

  const file = (root: string, name = 'web') =>
    join(root, `etc/apparmor.d/aa-registry.library.${name}`);
  const installed = (root: string, name = 'web') =>
    readFile(file(root, name), 'utf8').catch(() => undefined);

  test('pull installs a profile and returns what it replaced; a second pull changes nothing', async () => {
    const root = await fixture.host();
    expect(await pull('web@1.0.0', { root })).toMatchObject({
      ok: true,
      profile: { team: 'library', name: 'web', version: '1.0.0' },
      file: file(root),
      from: undefined,
      changed: true,
    });
    expect(await installed(root)).toBe(textOf('web', '1.0.0'));
    expect(await pull('web', { root })).toMatchObject({ ok: true, from: '1.0.0', changed: true });
    expect(await pull('web', { root })).toMatchObject({ ok: true, from: '1.1.0', changed: false });
    expect(await installed(root)).toBe(textOf('web', '1.1.0'));
  });

  test('a dry run fetches and verifies, and changes nothing', async () => {
    const root = await fixture.host();
    const before = await status({ root });
    const pulled = await pull('web', { root, dryRun: true });
    expect(pulled).toMatchObject({ ok: true, changed: true, profile: { version: '1.1.0' } });
    expect(await installed(root)).toBeUndefined();
    expect(await status({ root })).toEqual(before);
  });

  test('progress is reported as events, in order', async () => {
    const root = await fixture.host();
    const kinds: PullEvent['kind'][] = [];
    await pullAll(['web', 'api'], { root, onEvent: ({ kind }) => kinds.push(kind) });
    expect(kinds[0]).toBe('started');
    expect(kinds.filter((kind) => kind === 'verified')).toHaveLength(2);
    expect(kinds.filter((kind) => kind === 'installed')).toHaveLength(2);
    expect(kinds.lastIndexOf('verified')).toBeLessThan(kinds.indexOf('installed'));
  });

  test('expected refusals are values with an id', async () => {
    const root = await fixture.host();
    const refusals = [
      [await pull('web:nosuch', { root }), 'channel-unknown'],
      [await pull('web@^9', { root }), 'range-unsatisfied'],
      [await pull('stranger/tool', { root }), 'team-untrusted'],
      [await pull('no reference', { root }), 'reference-invalid'],
      [await pullAll(['web', 'web@1.0.0'], { root }), 'reference-repeated'],
      ...(await Promise.all(
        [
          pull('web', { root: join(root, 'none') }),
          verify('web', { root: join(root, 'none') }),
          sync({ root: join(root, 'none') }),
          rollback('web', { root: join(root, 'none') }),
        ].map(async (call) => [await call, 'no-root'] as const),
      )),
      [await pull('web', { root: join(root, 'etc') }), 'no-trust-file'],
      [await remove('web', { root }), 'not-installed'],
      [await remove('web', { root: join(root, 'none') }), 'no-root'],
      [await rollback('web', { root }), 'not-installed'],
      [await status({ root, names: ['web'] }), 'not-installed'],
      [await status({ root: join(root, 'none') }), 'no-root'],
      [await sync({ root }), 'no-profiles-file'],
    ] as const;
    for (const [refusal, id] of refusals) {
      expect(refusal).toMatchObject({ ok: false, id, reason: expect.stringMatching(/[^.]$/) });
    }
    expect(await installed(root)).toBeUndefined();
  });

  test('unexpected errors are thrown', async () => {
    const root = await fixture.host();
    const registry = 'http://127.0.0.1:9';
    await expect(pull('web', { root, registry })).rejects.toBeInstanceOf(UnreachableError);
    await writeFile(join(root, 'etc/aa-registry/trust.toml'), 'registry = 1\n');
    const thrown = await pull('web', { root }).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(SdkError);
    expect(thrown).toMatchObject({ code: 'trust-file' });
    await expect(pull('web', { root: '' })).rejects.toThrow('root is empty');
  });

  test('system errors are thrown with a code and their cause', async () => {
    const root = await fixture.host();
    const none = join(root, 'none');
    const calls = {
      lint: (path: string) => lint(path),
      'pull --bundle': (bundle: string) => pull('web', { root, bundle }),
      'verify --bundle': (bundle: string) => verify('web', { root, bundle }),
      'sync --bundle': async (bundle: string) => {
        await writeFile(join(root, 'etc/aa-registry/profiles.toml'), 'profiles = ["web"]\n');
        return sync({ root, bundle });
      },
    };
    for (const [name, call] of Object.entries(calls)) {
      const thrown = await call(none).catch((error: unknown) => error);
      expect(thrown, name).toBeInstanceOf(SdkError);
      expect(thrown, name).toMatchObject({
        code: 'file-missing',
        message: `${none} does not exist`,
        cause: { code: 'ENOENT' },
      });
    }
    const folder = { code: 'not-a-file', message: `${root} is a folder, and a file is needed` };
    for (const call of [
      () => pull('web', { root, bundle: root }),
      () => pull('web', { root, trust: root }),
      () => rollback('web', { root, trust: root }),
      () => status({ root, trust: root }),
      () => readTrust(root),
    ]) {
      await expect(call()).rejects.toMatchObject(folder);
    }
  });

  test('one function can be the onEvent of every call', async () => {
    const root = await fixture.host();
    const kinds: SdkEvent['kind'][] = [];
    const onEvent = (event: SdkEvent) => kinds.push(event.kind);
    await verify('web', { root, onEvent });
    await pull('web@1.0.0', { root, onEvent });
    await pull('web', { root, onEvent });
    await rollback('web', { root, onEvent });
    await status({ root, registry: 'http://127.0.0.1:9', onEvent });
    await remove('web', { root, onEvent });
    await writeFile(join(root, 'etc/aa-registry/profiles.toml'), 'profiles = []\n');
    await sync({ root, onEvent });
    expect(kinds).toEqual(
      expect.arrayContaining(['started', 'verified', 'step', 'updates-unknown', 'removed']),
    );
  });

  test('rollback works without a network, and remove uninstalls the profile', async () => {
    const root = await fixture.host();
    await pull('web@1.0.0', { root });
    await pull('web', { root });
    expect(await rollback('web', { root, offline: true })).toMatchObject({
      ok: true,
      from: '1.1.0',
      profile: { version: '1.0.0' },
      isForward: false,
    });
    expect(await installed(root)).toBe(textOf('web', '1.0.0'));
    expect(await rollback('web', { root })).toMatchObject({
      ok: false,
      id: 'nothing-older',
      stored: ['1.1.0'],
    });
    await writeFile(file(root), 'changed');
    const refused = await remove('library/web', { root });
    expect(refused).toMatchObject({ ok: false, id: 'file-changed', file: file(root) });
    expect(await remove('library/web', { root, force: true })).toMatchObject({
      ok: true,
      installation: { name: 'web', version: '1.0.0' },
    });
    expect(await installed(root)).toBeUndefined();
  });

  test('sync installs the profiles of profiles.toml, and status reports the state of the host', async () => {
    const root = await fixture.host();
    await writeFile(
      join(root, 'etc/aa-registry/profiles.toml'),
      'profiles = ["web@^1.0", "api"]\n',
    );
    const planned = await sync({ root, dryRun: true });
    expect(planned).toMatchObject({ ok: true, outcomes: [{}, {}], present: 0 });
    expect(await installed(root)).toBeUndefined();
    expect(await sync({ root })).toMatchObject({ verdict: 'ok', wanted: 2, present: 2 });
    expect(await sync({ root })).toMatchObject({ verdict: 'ok', outcomes: [] });
    expect(await status({ root })).toMatchObject({ verdict: 'ok', untrusted: [] });
    await rm(file(root, 'api'));
    expect(await status({ root, names: ['api'] })).toMatchObject({
      verdict: 'drift',
      installed: [{ installation: { name: 'api' }, drift: { file: 'missing' } }],
    });
    expect(await sync({ root })).toMatchObject({
      verdict: 'ok',
      outcomes: [{ step: { kind: 'repair' }, result: { ok: true } }],
    });
    expect(await installed(root, 'api')).toBe(textOf('api', '1.0.0'));
  });

  test('status reports newer and yanked versions', async () => {
    const root = await fixture.host();
    await fixture.publish('old', '1.0.0');
    await pull('old', { root });
    await fixture.publish('old', '1.1.0');
    await fixture.yank('old', '1.0.0', 'too wide');
    expect(await status({ root })).toMatchObject({
      verdict: 'ok',
      installed: [{ update: { newer: '1.1.0', yanked: 'too wide' } }],
    });
    expect(await status({ root, offline: true })).toMatchObject({
      installed: [{ update: undefined }],
    });
  });

  test('verify returns the bytes and installs nothing', async () => {
    const root = await fixture.host();
    const env = { XDG_STATE_HOME: join(root, 'state') };
    const verified = await verify('web@1.0.0', { root, env });
    const text = verified.ok ? new TextDecoder().decode(verified.profile.bytes) : verified.id;
    expect(text).toBe(textOf('web', '1.0.0'));
    expect(await installed(root)).toBeUndefined();
  });

  test('lint accepts a text, a file or a package’s folder', async () => {
    const root = await fixture.host();
    const refused = await lint({ text: 'abi <abi/3.0>,\nprofile web { nonsense, }' });
    expect(refused).toMatchObject({
      ok: false,
      file: undefined,
      diagnostics: [{ severity: 'error' }],
    });
    const path = join(root, 'web');
    await writeFile(path, 'profile web {\n}\n');
    expect(await lint(path)).toMatchObject({ ok: true, file: path });
    const folder = join(import.meta.dirname, '../../profiles/docker-nginx');
    expect(await lint(folder)).toMatchObject({ file: join(folder, 'docker-nginx') });
    await mkdir(join(root, 'empty'));
    await expect(lint(join(root, 'empty'))).rejects.toMatchObject({ code: 'package-invalid' });
  });
});
