import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { endorse, generateKeyPair, generateNoteKey } from '../../trust/index.ts';
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

  test('is refused as a first installation with one code, whichever way', async () => {
    const fresh = join(root, 'fresh');
    await cp(join(root, 'etc/aa-registry'), join(fresh, 'etc/aa-registry'), { recursive: true });
    const env = { XDG_STATE_HOME: join(fresh, 'state') };
    for (const words of [['pull', 'team/web@1.0.0'], ['sync', '--dry-run'], ['sync']]) {
      const refused = await command([...words, '--root', fresh], env);
      expect(refused.said, words.join(' ')).toContain('[key-revoked]');
      expect(refused.code, words.join(' ')).toBe(3);
    }
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
    expect(planned).toMatchObject({ code: 3, said: expect.stringContaining('Not repaired') });
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
    expect((await run('sync', '--dry-run')).code).toBe(8);
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

  /** Has the host stopped while it updated 1.0.0 to 1.1.0, with the new file in place. */
  async function stopInUpdate(): Promise<void> {
    const target = JSON.parse(await readFile(record('installed'), 'utf8'));
    await stayAt100();
    await mkdir(join(record('pending'), '..'), { recursive: true });
    await writeFile(
      record('pending'),
      JSON.stringify({ kind: 'install', installation: { ...target, earlier: [] } }),
    );
    await writeFile(file(), textOf('web', '1.1.0'));
  }

  const kept = () => join(root, 'var/lib/aa-registry/kept/team.web');

  /** Another proof than its own, or none, for what is kept under a digest. */
  async function forgeKept(digest: string, text: string): Promise<void> {
    const [some = ''] = await readdir(kept());
    const bundle = JSON.parse(await readFile(join(kept(), some), 'utf8'));
    const encoded = Buffer.from(text).toString('base64');
    const forged = JSON.parse(JSON.stringify(bundle), (key, value) =>
      key === 'profile' && typeof value === 'string' ? encoded : value,
    );
    await writeFile(
      join(kept(), `${digest.slice('sha256:'.length)}.bundle`),
      JSON.stringify(forged),
    );
  }
  const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

  test('is not put back where an interrupted update can’t be finished either', async () => {
    await stopInUpdate();
    // Neither is proved any more: of the new one nothing is kept, the old one's key was revoked.
    const { installation } = JSON.parse(await readFile(record('pending'), 'utf8'));
    await rm(join(kept(), `${installation.digest.slice('sha256:'.length)}.bundle`));
    await rm(join(root, 'etc/aa-registry/profiles.lock.toml'));
    await want('profiles = []\n');
    const { said } = await run('sync');
    expect(said).toContain('installation of team/web@1.1.0 was undone: this host has not stored');
    expect(said).toContain('team/web@1.0.0, which was installed before, was removed');
    expect(said).toContain('[key-revoked]');
    await expect(installed()).rejects.toThrow('ENOENT');
    await expect(readFile(record('installed'))).rejects.toThrow('ENOENT');
    await expect(readFile(record('pending'))).rejects.toThrow('ENOENT');
    await want('profiles = ["team/web"]\n');
    expect((await run('sync')).code).toBe(0);
    expect(await installed()).toBe(textOf('web', '1.1.0'));
  });

  test('made-up bytes are not what an interrupted change goes back to', async () => {
    const evil = '# EVIL unsigned\n';
    await stopInUpdate();
    const pending = JSON.parse(await readFile(record('pending'), 'utf8'));
    const fake = digestOf('another\n');
    pending.installation.digest = fake;
    await writeFile(record('pending'), JSON.stringify(pending));
    await writeFile(file(), 'another\n');
    const old = JSON.parse(await readFile(record('installed'), 'utf8'));
    await writeFile(record('installed'), JSON.stringify({ ...old, digest: digestOf(evil) }));
    await forgeKept(digestOf(evil), evil);
    const trust = join(root, 'operator.toml');
    await cp(join(root, 'etc/aa-registry/trust.toml'), trust);
    await rm(join(root, 'etc/aa-registry/profiles.lock.toml'));
    await want('profiles = []\n');
    await run('sync', '--trust', trust);
    await expect(installed()).rejects.toThrow('ENOENT');
  });

  /** Has the host ask more of the log than what it has was proved by. */
  async function setLog(...settings: [RegExp, string][]): Promise<void> {
    const path = join(root, 'etc/aa-registry/trust.toml');
    let text = await readFile(path, 'utf8');
    for (const [from, to] of settings) {
      expect(text).toMatch(from);
      text = text.replace(from, to);
    }
    await writeFile(path, text);
  }
  const askWitness = async () => {
    const { verifier } = await generateNoteKey('witness.test/one', 'cosignature');
    await setLog(
      [/^witnesses = .*$/m, `witnesses = ["${verifier}"]`],
      [/^witness_threshold = .*$/m, 'witness_threshold = 1'],
    );
  };
  const askAge = () => setLog([/^maximum_age_hours = .*$/m, 'maximum_age_hours = 0.0000001']);

  test.each<[string, string, () => Promise<void>]>([
    ['a raised witness threshold', 'key-revoked', askWitness],
    ['a lower maximum age', 'key-revoked', askAge],
    [
      'both',
      'key-revoked',
      async () => {
        await askWitness();
        await askAge();
      },
    ],
    ['nothing kept', 'not-kept', () => rm(kept(), { recursive: true })],
    [
      'other bytes under its proof',
      'digest-mismatch',
      async () => {
        const installation = JSON.parse(await readFile(record('installed'), 'utf8'));
        const { earlier } = installation;
        const next = { ...installation, ...earlier[0], earlier: [], digest: digestOf('# EVIL\n') };
        const bundle = `${earlier[0].digest.slice('sha256:'.length)}.bundle`;
        const name = `${next.digest.slice('sha256:'.length)}.bundle`;
        await rm(join(kept(), name), { force: true });
        await cp(join(kept(), bundle), join(kept(), name));
        await writeFile(record('installed'), JSON.stringify(next));
        await writeFile(file(), '# EVIL\n');
      },
    ],
  ])('is told with %s', async (_, id, change) => {
    await stayAt100();
    expect((await run('status')).code).toBe(8);
    await change();
    const data = await run('status', '--format', 'json', ...away);
    expect(JSON.parse(data.stdout)).toMatchObject({
      verdict: 'untrusted',
      installed: [{ name: 'web', untrusted: { id } }],
    });
    expect(data.code).toBe(8);
    await rm(join(root, 'etc/aa-registry/profiles.lock.toml'));
    await want('profiles = []\n');
    const { origin: _origin, ...rest } = JSON.parse(await readFile(record('installed'), 'utf8'));
    await writeFile(record('installed'), JSON.stringify({ ...rest, origin: 'pull' }));
    const synced = await run('sync', ...away);
    expect(synced.said).toContain(`[${id}]`);
    expect(synced.code).toBe(8);
  });

  test('is repaired by the pull that is advised where only its proof is gone', async () => {
    await rm(kept(), { recursive: true });
    const found = await run('status');
    expect(found).toMatchObject({ code: 8, said: expect.stringContaining('[not-kept]') });
    expect(found.said).toContain('sudo aa-registry pull team/web@1.1.0 --root');
    expect((await run('pull', 'team/web@1.1.0')).code).toBe(0);
    expect((await run('status')).code).toBe(0);
  });

  test('more witnesses distrust what had fewer, and a lower age nothing that was young', async () => {
    await askAge();
    const old = await run('status', ...away);
    expect(old).toMatchObject({ code: 0, said: expect.stringContaining('[checkpoint-stale]') });
    expect(old.said).toContain('sudo aa-registry pull team/web@1.1.0');
    await askWitness();
    const alone = await run('status', ...away);
    expect(alone).toMatchObject({
      code: 8,
      said: expect.stringContaining('[checkpoint-witnesses]'),
    });
  });

  test('files of keys that were never revoked hide no revocation', async () => {
    await stayAt100();
    const trust = join(root, 'operator.toml');
    await cp(join(root, 'etc/aa-registry/trust.toml'), trust);
    const log = join(root, 'var/lib/aa-registry/log');
    const [name = ''] = await readdir(log);
    for (let at = 0; at < 1100; at++) {
      await writeFile(join(log, name, `revoked.team.${String(at).padStart(64, '0')}`), '');
    }
    expect((await run('sync', '--trust', trust)).code).toBe(8);
    expect((await run('sync')).code).toBe(8);
  });

  test('an answer that the image has made up hides none from the operator’s sync', async () => {
    await stayAt100();
    const trust = join(root, 'operator.toml');
    await cp(join(root, 'etc/aa-registry/trust.toml'), trust);
    await run('sync');
    const state = join(root, 'var/lib/aa-registry/sync.json');
    const saved = JSON.parse(await readFile(state, 'utf8'));
    const meanings = saved.meanings.map((one: object) => ({ ...one, revokedKeys: 0 }));
    await writeFile(state, JSON.stringify({ ...saved, meanings, revokedKeys: { team: 9 } }));
    const log = join(root, 'var/lib/aa-registry/log');
    const [name = ''] = await readdir(log);
    for (const one of await readdir(join(log, name))) {
      if (one.startsWith('revoked.')) await rm(join(log, name, one));
    }
    expect((await run('sync', '--trust', trust)).code).toBe(8);
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
