import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { endorse, generateKeyPair } from '../../trust/index.ts';
import { command } from '../command.ts';
import { type Meddler, startMeddler } from '../meddler.ts';
import { createPublisher, expectStatus, type Publisher, publish, send } from '../publisher.ts';
import { type Fixture, startFixture, succeed, textOf } from './fixture.ts';

/** An address at which nothing listens. */
const away = ['--registry', 'http://127.0.0.1:9'];

// A team has published 1.0.0 with one key and 1.1.0 with the next, which the first has signed for. Hosts trust both and
// have had both versions; then the first key is revoked.
describe('a version whose only key was revoked', { timeout: 60_000 }, () => {
  let fixture: Fixture;
  let meddler: Meddler;
  let publisher: Publisher;
  let start: string;
  let root: string;
  let copies = 0;

  beforeAll(async () => {
    fixture = await startFixture();
    const { registry } = fixture;
    meddler = await startMeddler(registry.url);
    publisher = await createPublisher(registry, 'team');
    const next = await generateKeyPair();
    const version = (key: Publisher, number: string) =>
      expectStatus(
        201,
        publish(registry, key, { name: 'web', version: number, text: textOf('web', number) }),
      );
    await version(publisher, '1.0.0');
    const endorsement = await endorse('team', next.publicKey, publisher.key);
    const body = { publicKey: next.publicKey.text, label: 'next', endorsement };
    const path = '/v1/teams/team/keys';
    await expectStatus(201, send(registry, 'POST', path, body, publisher.token));
    await version({ ...publisher, key: next }, '1.1.0');

    start = await fixture.host();
    const trust = join(start, 'etc/aa-registry/trust.toml');
    await succeed(['trust', 'init', 'team', '--root', start, '--yes']);
    const text = await readFile(trust, 'utf8');
    await writeFile(trust, text.replace(registry.url, meddler.url));
    await writeFile(
      join(start, 'etc/aa-registry/profiles.toml'),
      'profiles = ["team/web@1.0.0"]\n',
    );
    for (const args of [
      ['lock'],
      ['sync'],
      ['bundle', 'team/web@1.0.0', '-o', join(start, 'old.bundle')],
      ['pull', 'team/web@1.1.0'],
    ]) {
      const where = args[0] === 'bundle' ? ['--trust', trust] : ['--root', start];
      await succeed([...args, ...where]);
    }
    const { keyId } = publisher.key.publicKey;
    const revocation = `/v1/teams/team/keys/${keyId}/revocation`;
    await expectStatus(
      200,
      send(registry, 'POST', revocation, { reason: 'stolen' }, publisher.token),
    );
  });
  afterAll(async () => {
    await meddler.close();
    await fixture.close();
  });
  beforeEach(async () => {
    meddler.meddle = (_, body) => body;
    root = `${start}-${++copies}`;
    await cp(start, root, { recursive: true, verbatimSymlinks: true });
  });

  const run = (...args: string[]) => command([...args, '--root', root]);
  const file = () => join(root, 'etc/apparmor.d/aa-registry.team.web');
  const record = (kind: string) => join(root, `var/lib/aa-registry/${kind}/team.web.json`);
  const installed = () => readFile(file(), 'utf8');
  const want = (text: string) => writeFile(join(root, 'etc/aa-registry/profiles.toml'), text);

  /** Has the host at 1.0.0, as one is that did not update in time. */
  async function stayAt100(): Promise<void> {
    const { earlier, ...rest } = JSON.parse(await readFile(record('installed'), 'utf8'));
    const { version, digest, verifiedAt } = rest;
    const old = { ...rest, ...earlier[0], earlier: [{ version, digest, verifiedAt }] };
    await writeFile(record('installed'), JSON.stringify(old));
    await writeFile(file(), textOf('web', '1.0.0'));
  }

  /** What a registry shows that hides every revocation. */
  function hideRevocations(): void {
    meddler.meddle = (path, body) =>
      path.startsWith('/v1/teams/') || path.startsWith('/v1/resolve')
        ? body
            .toString()
            .replaceAll(/"revoked(At|Keys)":("[^"]*"|\d+)/g, (_, field) =>
              field === 'At' ? '"revokedAt":null' : '"revokedKeys":0',
            )
        : body;
  }

  const ways: [string, ...string[]][] = [
    ['sync by a lock', 'sync'],
    ['rollback', 'rollback', 'web'],
    ['pull', 'pull', 'team/web@1.0.0'],
    ['pull of a bundle', 'pull', '--bundle', 'BUNDLE'],
  ];

  async function expectRefused(args: string[]): Promise<void> {
    const words = args.map((arg) => (arg === 'BUNDLE' ? join(root, 'old.bundle') : arg));
    const refused = await run(...words);
    expect(refused.said).toContain('[key-revoked]');
    expect(refused.said).toContain('sudo aa-registry trust update team --root');
    expect(refused.code).toBe(3);
    expect(await installed()).toBe(textOf('web', '1.1.0'));
  }

  test.each(ways)('is refused by %s', (_, ...args) => expectRefused(args));

  test.each(ways.filter(([way]) => way !== 'pull'))(
    'is refused by %s without the registry, once it was seen',
    async (_, ...args) => {
      expect((await run('pull', 'team/web@1.0.0')).code).toBe(3);
      await expectRefused([...args, ...away]);
    },
  );

  test.each(ways)('is refused by %s of a registry that hides it later', async (_, ...args) => {
    expect((await run('status')).code).toBe(0);
    hideRevocations();
    await expectRefused(args);
  });

  test('is refused by lock and by enforce and complain, and is not repaired', async () => {
    await rm(join(root, 'etc/aa-registry/profiles.lock.toml'));
    const env = { XDG_STATE_HOME: join(root, 'state') };
    const locked = await command(['lock', '--root', root], env);
    expect(locked).toMatchObject({ code: 3, said: expect.stringContaining('[key-revoked]') });
    await stayAt100();
    for (const mode of ['enforce', 'complain']) {
      const refused = await run(mode, 'web');
      expect(refused).toMatchObject({ code: 3, said: expect.stringContaining('[key-revoked]') });
    }
    await writeFile(file(), '# changed\n');
    const planned = await run('sync', '--dry-run');
    expect(planned.said).toContain('Not repaired');
    const refused = await run('sync');
    expect(refused).toMatchObject({ code: 3, said: expect.stringContaining('Not repaired') });
    expect(await installed()).toBe('# changed\n');
  });

  test('is told by status and sync while it is installed, with an exit code of its own', async () => {
    await stayAt100();
    const status = await run('status');
    expect(status.said).toContain('team team has revoked the key that signed it');
    expect(status.code).toBe(8);
    const data = JSON.parse((await run('status', '--offline', '--format', 'json')).stdout);
    expect(data).toMatchObject({
      verdict: 'untrusted',
      installed: [{ name: 'web', version: '1.0.0', untrusted: { id: 'key-revoked' } }],
    });
    const synced = await run('sync');
    expect(synced.said).toContain('Warning: team/web 1.0.0 is installed, and would be refused now');
    expect(synced.code).toBe(8);
    expect((await run('sync', ...away)).code).toBe(8);
    const items = JSON.parse((await run('sync', '--format', 'json')).stdout);
    expect(items.untrusted).toMatchObject([{ team: 'team', name: 'web', id: 'key-revoked' }]);
    // Also of what sync was not told to have.
    await rm(join(root, 'etc/aa-registry/profiles.lock.toml'));
    await want('profiles = []\n');
    const { origin, ...rest } = JSON.parse(await readFile(record('installed'), 'utf8'));
    await writeFile(record('installed'), JSON.stringify({ ...rest, origin: origin && 'pull' }));
    expect((await run('sync')).code).toBe(8);
    await want('profiles = ["team/web"]\n');
    const updated = await run('sync');
    expect(updated).toMatchObject({ code: 0, lines: ['Updated team/web 1.0.0 to 1.1.0'] });
    expect((await run('status')).code).toBe(0);
  });

  test('is told by a sync at its next run, for the same one request until then', async () => {
    await stayAt100();
    hideRevocations();
    expect((await run('sync')).code).toBe(0);
    meddler.statuses = [];
    expect((await run('sync')).code).toBe(0);
    expect(meddler.statuses).toHaveLength(1);
    meddler.meddle = (_, body) => body;
    await rm(join(root, 'var/lib/aa-registry/sync.json'));
    expect((await run('sync')).code).toBe(8);
  });

  test.each([
    ['had the file in place', '1.0.0'],
    ['had not', '1.1.0'],
  ])('is undone where an interrupted change %s', async (_, version) => {
    const target = JSON.parse(await readFile(record('installed'), 'utf8'));
    const { version: _version, digest: _digest, verifiedAt: _at, ...rest } = target;
    const installation = { ...rest, ...target.earlier[0], earlier: [] };
    await mkdir(join(record('pending'), '..'), { recursive: true });
    await writeFile(record('pending'), JSON.stringify({ kind: 'install', installation }));
    await writeFile(file(), textOf('web', version));
    const { said } = await run('pull', 'team/web@1.1.0');
    expect(said).toContain('installation of team/web@1.0.0 was undone: team team has revoked');
    expect(await installed()).toBe(textOf('web', '1.1.0'));
    expect((await run('status')).code).toBe(0);
  });

  test('is gone where an interrupted first installation had its file in place', async () => {
    const target = JSON.parse(await readFile(record('installed'), 'utf8'));
    const installation = { ...target, ...target.earlier[0], earlier: [] };
    await mkdir(join(record('pending'), '..'), { recursive: true });
    await writeFile(record('pending'), JSON.stringify({ kind: 'install', installation }));
    await rm(record('installed'));
    await writeFile(file(), textOf('web', '1.0.0'));
    await want('profiles = []\n');
    await rm(join(root, 'etc/aa-registry/profiles.lock.toml'));
    const { said } = await run('sync');
    expect(said).toContain('installation of team/web@1.0.0 was undone');
    await expect(installed()).rejects.toThrow('ENOENT');
  });

  test('a claim that the log does not have is not remembered', async () => {
    meddler.meddle = (path, body) =>
      path.startsWith('/v1/teams/')
        ? body.toString().replaceAll(/"revokedAt":null,"revocationLogIndex":null/g, () => {
            return '"revokedAt":"2026-01-01T00:00:00.000Z","revocationLogIndex":0';
          })
        : body;
    await run('status');
    expect((await run('pull', 'team/web@1.1.0')).said).toContain('[key-revoked]');
    meddler.meddle = (_, body) => body;
    expect(await run('pull', 'team/web@1.1.0')).toMatchObject({ code: 0 });
    expect((await run('status')).code).toBe(0);
  });
});
