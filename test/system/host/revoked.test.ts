import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { endorse, generateKeyPair, generateNoteKey } from '../../../trust/index.ts';
import { command } from '../../command.ts';
import { type Fixture, startFixture, succeed, textOf } from '../../host/fixture.ts';
import { createPublisher, expectStatus, type Publisher, publish, send } from '../../publisher.ts';
import { startTamperingProxy, type TamperingProxy } from '../../tampering-proxy.ts';

/** An address without a server. */
const away = ['--registry', 'http://127.0.0.1:9'];

// A team published 1.0.0 with one key and 1.1.0 with the next, which the first endorsed. Hosts trust both and have
// installed both versions; then the first key is revoked.
describe('a version whose only key was revoked', { timeout: 60_000 }, () => {
  let fixture: Fixture;
  let proxy: TamperingProxy;
  let publisher: Publisher;
  let start: string;
  let root: string;
  let copies = 0;

  beforeAll(async () => {
    fixture = await startFixture();
    const { registry } = fixture;
    proxy = await startTamperingProxy(registry.url);
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
    await writeFile(trust, text.replace(registry.url, proxy.url));
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
    await proxy.close();
    await fixture.close();
  });
  beforeEach(async () => {
    proxy.tamper = (_, body) => body;
    root = `${start}-${++copies}`;
    await cp(start, root, { recursive: true, verbatimSymlinks: true });
  });

  const run = (...args: string[]) => command([...args, '--root', root]);
  const file = () => join(root, 'etc/apparmor.d/aa-registry.team.web');
  const record = (kind: string) => join(root, `var/lib/aa-registry/${kind}/team.web.json`);
  const installed = () => readFile(file(), 'utf8');
  const want = (text: string) => writeFile(join(root, 'etc/aa-registry/profiles.toml'), text);

  /** Keeps the host at 1.0.0, like one that was not updated. */
  async function pinFirstVersion(): Promise<void> {
    const { earlier, ...rest } = JSON.parse(await readFile(record('installed'), 'utf8'));
    const { version, digest, verifiedAt } = rest;
    const old = { ...rest, ...earlier[0], earlier: [{ version, digest, verifiedAt }] };
    await writeFile(record('installed'), JSON.stringify(old));
    await writeFile(file(), textOf('web', '1.0.0'));
  }

  /** The response of a registry that hides every revocation. */
  function hideRevocations(): void {
    proxy.tamper = (path, body) =>
      path.startsWith('/v1/teams/') || path.startsWith('/v1/resolve')
        ? body
            .toString()
            .replaceAll(/"revoked(At|Keys)":("[^"]*"|\d+)/g, (_, field) =>
              field === 'At' ? '"revokedAt":null' : '"revokedKeys":0',
            )
        : body;
  }

  const refusingCommands: [string, ...string[]][] = [
    ['sync by a lock', 'sync'],
    ['rollback', 'rollback', 'web'],
    ['pull', 'pull', 'team/web@1.0.0'],
    ['pull of a bundle', 'pull', '--bundle', 'BUNDLE'],
  ];

  async function expectRefused(args: string[]): Promise<void> {
    const words = args.map((arg) => (arg === 'BUNDLE' ? join(root, 'old.bundle') : arg));
    const refused = await run(...words);
    expect(refused.output).toContain('[key-revoked]');
    expect(refused.output).toMatch(/aa-registry pull team\/web:latest --root/);
    expect(refused.code).toBe(3);
    expect(await installed()).toBe(textOf('web', '1.1.0'));
  }

  test('is named by bundle, with the advice of pull', async () => {
    const file = join(root, 'refused.bundle');
    const refused = await run('bundle', 'team/web:latest', 'team/web@1.0.0', '-o', file);
    expect(refused.code).toBe(3);
    expect(refused.output).toContain('Refused: team/web@1.0.0: team team has revoked the key');
    expect(refused.output).toMatch(/aa-registry pull team\/web:latest --root/);
  });

  test('the advice works: another version, or another key first', async () => {
    await pinFirstVersion();
    const refused = await run('pull', 'team/web@1.0.0');
    const advised = /aa-registry (pull team\/web:latest) --root/.exec(refused.output)?.[1] ?? '';
    expect(await run(...advised.split(' '))).toMatchObject({ code: 0 });
    expect(await installed()).toBe(textOf('web', '1.1.0'));

    // This host trusts the revoked key alone.
    const path = join(root, 'etc/aa-registry/trust.toml');
    const text = await readFile(path, 'utf8');
    const only = `[teams.team]\nkeys = ["${publisher.key.publicKey.text}"]\n`;
    await writeFile(path, text.replace(/\[teams\.team\][^[]*\[[^\]]*\][^[]*/, only));
    const lacking = await run('pull', 'team/web@1.0.0');
    const next = /aa-registry (trust update team) --root/.exec(lacking.output)?.[1] ?? '';
    expect(lacking.output).toContain('Once the team has a new key');
    expect(await run(...next.split(' '), '--yes')).toMatchObject({ code: 0 });
    expect(await run('pull', 'team/web')).toMatchObject({ code: 0 });
  });

  test.each(refusingCommands)('is refused by %s', (_, ...args) => expectRefused(args));

  test.each(refusingCommands.filter(([way]) => way !== 'pull'))(
    'is refused by %s without the registry, once the revocation is stored',
    async (_, ...args) => {
      expect((await run('pull', 'team/web@1.0.0')).code).toBe(3);
      await expectRefused([...args, ...away]);
    },
  );

  test.each(refusingCommands)(
    'is refused by %s of a registry that hides it later',
    async (_, ...args) => {
      expect((await run('status')).code).toBe(0);
      hideRevocations();
      await expectRefused(args);
    },
  );

  test('is refused as a first installation with the same code by every command', async () => {
    const fresh = join(root, 'fresh');
    await cp(join(root, 'etc/aa-registry'), join(fresh, 'etc/aa-registry'), { recursive: true });
    const env = { XDG_STATE_HOME: join(fresh, 'state') };
    for (const words of [['pull', 'team/web@1.0.0'], ['sync', '--dry-run'], ['sync']]) {
      const refused = await command([...words, '--root', fresh], env);
      expect(refused.output, words.join(' ')).toContain('[key-revoked]');
      expect(refused.code, words.join(' ')).toBe(3);
    }
  });

  test('is refused by lock and by enforce and complain, and is not repaired', async () => {
    await rm(join(root, 'etc/aa-registry/profiles.lock.toml'));
    const env = { XDG_STATE_HOME: join(root, 'state') };
    const locked = await command(['lock', '--root', root], env);
    expect(locked).toMatchObject({ code: 3, output: expect.stringContaining('[key-revoked]') });
    await pinFirstVersion();
    for (const mode of ['enforce', 'complain']) {
      const refused = await run(mode, 'web');
      expect(refused).toMatchObject({ code: 3, output: expect.stringContaining('[key-revoked]') });
    }
    await writeFile(file(), '# changed\n');
    const planned = await run('sync', '--dry-run');
    expect(planned).toMatchObject({ code: 3, output: expect.stringContaining('Not repaired') });
    const refused = await run('sync');
    expect(refused).toMatchObject({ code: 3, output: expect.stringContaining('Not repaired') });
    expect(await installed()).toBe('# changed\n');
  });

  test('is reported by status and sync while it is installed, with its own exit code', async () => {
    await pinFirstVersion();
    const status = await run('status');
    expect(status.output).toContain('team team has revoked the key that signed it');
    expect(status.code).toBe(8);
    const data = JSON.parse((await run('status', '--offline', '--format', 'json')).stdout);
    expect(data).toMatchObject({
      verdict: 'untrusted',
      installed: [{ name: 'web', version: '1.0.0', untrusted: { id: 'key-revoked' } }],
    });
    const synced = await run('sync');
    expect(synced.output).toContain(
      'Warning: team/web 1.0.0 is installed, and would be refused now',
    );
    expect(synced.code).toBe(8);
    expect((await run('sync', '--dry-run')).code).toBe(8);
    expect((await run('sync', ...away)).code).toBe(8);
    const items = JSON.parse((await run('sync', '--format', 'json')).stdout);
    expect(items.untrusted).toMatchObject([{ team: 'team', name: 'web', id: 'key-revoked' }]);
    // Also for profiles that are not listed in profiles.toml.
    await rm(join(root, 'etc/aa-registry/profiles.lock.toml'));
    await want('profiles = []\n');
    const { origin, ...rest } = JSON.parse(await readFile(record('installed'), 'utf8'));
    await writeFile(record('installed'), JSON.stringify({ ...rest, origin: origin && 'pull' }));
    expect((await run('sync')).code).toBe(8);
    await want('profiles = ["team/web"]\n');
    const updated = await run('sync');
    expect(updated).toMatchObject({ code: 0, lines: ['Updated team/web from 1.0.0 to 1.1.0'] });
    expect((await run('status')).code).toBe(0);
  });

  test('is reported by the next sync, without additional requests before', async () => {
    await pinFirstVersion();
    hideRevocations();
    expect((await run('sync')).code).toBe(0);
    proxy.statuses = [];
    expect((await run('sync')).code).toBe(0);
    expect(proxy.statuses).toHaveLength(1);
    proxy.tamper = (_, body) => body;
    await rm(join(root, 'var/lib/aa-registry/sync.json'));
    expect((await run('sync')).code).toBe(8);
  });

  test.each([
    ['had the file in place', '1.0.0'],
    ['had not', '1.1.0'],
  ])('is rolled back if an interrupted change %s', async (_, version) => {
    const target = JSON.parse(await readFile(record('installed'), 'utf8'));
    const { version: _version, digest: _digest, verifiedAt: _at, ...rest } = target;
    const installation = { ...rest, ...target.earlier[0], earlier: [] };
    await mkdir(join(record('pending'), '..'), { recursive: true });
    await writeFile(record('pending'), JSON.stringify({ kind: 'install', installation }));
    await writeFile(file(), textOf('web', version));
    const { output } = await run('pull', 'team/web@1.1.0');
    expect(output).toContain('installation of team/web@1.0.0 was undone: team team has revoked');
    expect(await installed()).toBe(textOf('web', '1.1.0'));
    expect((await run('status')).code).toBe(0);
  });

  test('is removed after an interrupted first installation', async () => {
    const target = JSON.parse(await readFile(record('installed'), 'utf8'));
    const installation = { ...target, ...target.earlier[0], earlier: [] };
    await mkdir(join(record('pending'), '..'), { recursive: true });
    await writeFile(record('pending'), JSON.stringify({ kind: 'install', installation }));
    await rm(record('installed'));
    await writeFile(file(), textOf('web', '1.0.0'));
    await want('profiles = []\n');
    await rm(join(root, 'etc/aa-registry/profiles.lock.toml'));
    const { output } = await run('sync');
    expect(output).toContain('installation of team/web@1.0.0 was undone');
    await expect(installed()).rejects.toThrow('ENOENT');
  });

  /** Interrupts the update of the host from 1.0.0 to 1.1.0 after the new file was written. */
  async function stopInUpdate(): Promise<void> {
    const target = JSON.parse(await readFile(record('installed'), 'utf8'));
    await pinFirstVersion();
    await mkdir(join(record('pending'), '..'), { recursive: true });
    await writeFile(
      record('pending'),
      JSON.stringify({ kind: 'install', installation: { ...target, earlier: [] } }),
    );
    await writeFile(file(), textOf('web', '1.1.0'));
  }

  const kept = () => join(root, 'var/lib/aa-registry/kept/team.web');

  /** Replaces or removes the proof of a stored version. */
  async function forgeStored(version: string, text: string): Promise<void> {
    const [some = ''] = await readdir(kept());
    const bundle = JSON.parse(await readFile(join(kept(), some), 'utf8'));
    const encoded = Buffer.from(text).toString('base64');
    const forged = JSON.parse(JSON.stringify(bundle), (key, value) =>
      key === 'profile' && typeof value === 'string' ? encoded : value,
    );
    await writeFile(join(kept(), `${version}.bundle`), JSON.stringify(forged));
  }
  const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

  test('is not restored after an interrupted update', async () => {
    await stopInUpdate();
    // Neither version can be verified: the new one is not stored, and the old one's key was revoked.
    const { installation } = JSON.parse(await readFile(record('pending'), 'utf8'));
    await rm(join(kept(), `${installation.version}.bundle`));
    await rm(join(root, 'etc/aa-registry/profiles.lock.toml'));
    await want('profiles = []\n');
    const { output } = await run('sync');
    expect(output).toContain(
      'installation of team/web@1.1.0 was undone: team/web@1.1.0 is not in this host',
    );
    expect(output).toContain('team/web@1.0.0, which was installed before, was removed');
    expect(output).toContain('[key-revoked]');
    await expect(installed()).rejects.toThrow('ENOENT');
    await expect(readFile(record('installed'))).rejects.toThrow('ENOENT');
    await expect(readFile(record('pending'))).rejects.toThrow('ENOENT');
    await want('profiles = ["team/web"]\n');
    expect((await run('sync')).code).toBe(0);
    expect(await installed()).toBe(textOf('web', '1.1.0'));
  });

  test('an interrupted change is not rolled back to forged bytes', async () => {
    const evil = '# EVIL unsigned\n';
    await stopInUpdate();
    const pending = JSON.parse(await readFile(record('pending'), 'utf8'));
    const fake = digestOf('another\n');
    pending.installation.digest = fake;
    await writeFile(record('pending'), JSON.stringify(pending));
    await writeFile(file(), 'another\n');
    const old = JSON.parse(await readFile(record('installed'), 'utf8'));
    await writeFile(record('installed'), JSON.stringify({ ...old, digest: digestOf(evil) }));
    await forgeStored(old.version, evil);
    const trust = join(root, 'operator.toml');
    await cp(join(root, 'etc/aa-registry/trust.toml'), trust);
    await rm(join(root, 'etc/aa-registry/profiles.lock.toml'));
    await want('profiles = []\n');
    await run('sync', '--trust', trust);
    await expect(installed()).rejects.toThrow('ENOENT');
  });

  /** Makes the host require more of the log than the stored proofs have. */
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
        await writeFile(record('installed'), JSON.stringify(next));
        await writeFile(file(), '# EVIL\n');
      },
    ],
  ])('is reported by %s', async (_, id, change) => {
    await pinFirstVersion();
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
    expect(synced.output).toContain(`[${id}]`);
    expect(synced.code).toBe(8);
  });

  test('is repaired by the suggested pull if only its proof is missing', async () => {
    await rm(kept(), { recursive: true });
    const found = await run('status');
    expect(found).toMatchObject({ code: 8, output: expect.stringContaining('[not-kept]') });
    expect(found.output).toContain('aa-registry pull team/web@1.1.0 --root');
    expect((await run('pull', 'team/web@1.1.0')).code).toBe(0);
    expect((await run('status')).code).toBe(0);
  });

  test('a higher witness threshold distrusts earlier proofs, a lower maximum age does not', async () => {
    await askAge();
    const old = await run('status', ...away);
    expect(old).toMatchObject({ code: 0, output: expect.stringContaining('[checkpoint-stale]') });
    expect(old.output).toContain('aa-registry pull team/web@1.1.0');
    await askWitness();
    const alone = await run('status', ...away);
    expect(alone).toMatchObject({
      code: 8,
      output: expect.stringContaining('[checkpoint-witnesses]'),
    });
  });

  test('files of keys that were never revoked do not hide a revocation', async () => {
    await pinFirstVersion();
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

  test('a forged cached response does not hide a revocation from the operator’s sync', async () => {
    await pinFirstVersion();
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

  test('an unproved revocation is not stored', async () => {
    proxy.tamper = (path, body) =>
      path.startsWith('/v1/teams/')
        ? body.toString().replaceAll(/"revokedAt":null,"revocationLogIndex":null/g, () => {
            return '"revokedAt":"2026-01-01T00:00:00.000Z","revocationLogIndex":0';
          })
        : body;
    await run('status');
    expect((await run('pull', 'team/web@1.1.0')).output).toContain('[key-revoked]');
    proxy.tamper = (_, body) => body;
    expect(await run('pull', 'team/web@1.1.0')).toMatchObject({ code: 0 });
    expect((await run('status')).code).toBe(0);
  });
});
