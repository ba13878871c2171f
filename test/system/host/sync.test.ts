import { mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { command } from '../../command.ts';
import { type Fixture, filesOf, startFixture, succeed, textOf } from '../../host/fixture.ts';
import { send } from '../../publisher.ts';
import { startTamperingProxy, type TamperingProxy } from '../../tampering-proxy.ts';

describe('sync', () => {
  let fixture: Fixture;
  let proxy: TamperingProxy;
  let root: string;
  let names = 0;
  /** Two profiles of this test. */
  let web: string;
  let api: string;

  beforeAll(async () => {
    fixture = await startFixture();
    proxy = await startTamperingProxy(fixture.registry.url);
  });
  afterAll(async () => {
    await proxy.close();
    await fixture.close();
  });
  beforeEach(async () => {
    names += 1;
    web = `web-${names}`;
    api = `api-${names}`;
    for (const version of ['1.0.0', '1.1.0']) await fixture.publish(web, version);
    await fixture.publish(api, '1.0.0');
    root = await fixture.host();
    const trust = join(root, 'etc/aa-registry/trust.toml');
    const text = await readFile(trust, 'utf8');
    await writeFile(trust, text.replace(fixture.registry.url, proxy.url));
    proxy.tamper = (_, body) => body;
  });
  afterEach(() => rm(root, { recursive: true }));

  const file = (name: string) => join(root, 'etc/apparmor.d', `aa-registry.library.${name}`);
  const installed = (name: string) => readFile(file(name), 'utf8').catch(() => 'nothing');
  const force = async (name: string) => {
    const folder = join(root, 'etc/apparmor.d/force-complain');
    await mkdir(folder, { recursive: true });
    await symlink(`../aa-registry.library.${name}`, join(folder, `aa-registry.library.${name}`));
  };
  const want = (toml: string) => writeFile(join(root, 'etc/aa-registry/profiles.toml'), toml);
  const run = (...args: string[]) => command([...args, '--root', root]);
  const done = (...args: string[]) => succeed([...args, '--root', root]);

  test('a pulled profile that was listed and delisted stays, and sync and status say so', async () => {
    await done('pull', `${web}@1.0.0`);
    expect((await run('status')).output).not.toContain('profiles.toml');
    await want(`profiles = ["${web}"]`);
    expect((await done('sync')).lines).toEqual([`Updated ${web} from 1.0.0 to 1.1.0`]);
    await want('profiles = []');
    for (const args of [['sync', '--dry-run'], ['sync']]) {
      const dropped = await done(...args);
      expect(dropped.output).toContain(`Not in profiles.toml: ${web} was installed by "pull"`);
      expect(dropped.output).toContain(`To remove: aa-registry remove ${web} --root ${root}`);
    }
    const data = JSON.parse((await done('sync', '--format', 'json')).stdout);
    expect(data.unmanaged).toMatchObject([{ team: 'library', name: web, version: '1.1.0' }]);
    expect(await installed(web)).toBe(textOf(web, '1.1.0'));
    expect((await done('status')).output).toContain(
      `"aa-registry remove ${web} --root ${root}" removes it`,
    );
    const { installed: items } = JSON.parse((await done('status', '--format', 'json')).stdout);
    expect(items).toMatchObject([{ name: web, unmanaged: true }]);
    await done('remove', web);
    expect((await done('sync')).output).not.toContain('Not in profiles.toml');
  });

  test('pull and remove say that the next sync changes a listed profile again', async () => {
    await want(`profiles = ["${web}"]`);
    await done('sync');
    const older = await done('pull', `${web}@1.0.0`);
    expect(older.output).toContain(
      `lists "${web}", so the next "sync" may install another version`,
    );
    expect((await done('sync')).lines).toEqual([`Updated ${web} from 1.0.0 to 1.1.0`]);
    expect((await done('pull', web)).output).not.toContain('the next "sync"');
    expect((await done('remove', web)).output).toContain('so the next "sync" installs it again');
    expect((await done('sync')).lines).toEqual([`Installed ${web} 1.1.0`]);
    await want('profiles = []');
    await done('sync');
  });

  test('installs the listed profiles, and a second run only sends one request', async () => {
    await want(`profiles = ["${web}@^1.0", { reference = "${api}", complain = true }]`);
    const planned = await run('sync', '--dry-run');
    expect(planned.code).toBe(6);
    expect(planned.lines).toContain(`Would install ${web} 1.1.0`);
    expect(await installed(web)).toBe('nothing');
    const first = await done('sync');
    expect(first.lines).toEqual([`Installed ${web} 1.1.0`, `Installed ${api} 1.0.0`]);
    expect(await installed(web)).toBe(textOf(web, '1.1.0'));
    const link = `etc/apparmor.d/force-complain/aa-registry.library.${api}`;
    expect(await filesOf(root)).toHaveProperty([link]);

    const before = await filesOf(root);
    proxy.statuses = [];
    const second = await done('sync');
    expect(second.lines).toEqual(['Nothing to do: 2 profiles, up to date.']);
    expect(proxy.statuses).toEqual([304]);
    const after = await filesOf(root);
    expect({ ...after, 'var/lib/aa-registry/sync.json': '' }).toEqual({
      ...before,
      'var/lib/aa-registry/sync.json': '',
    });
    expect((await run('sync', '-n')).lines).toEqual(['No changes.']);
  });

  test('sends as few requests with a token', async () => {
    await want(`profiles = ["${web}", "${api}"]`);
    const env = { AA_TOKEN: fixture.team.token };
    const first = await command(['sync', '--root', root], env);
    expect(first, first.output).toMatchObject({ code: 0 });
    proxy.statuses = [];
    expect((await command(['sync', '--root', root], env)).output).toContain('Nothing to do');
    expect(proxy.statuses).toEqual([304]);
  });

  test('follows the registry but never to an older version', async () => {
    await want(`profiles = ["${web}@~1.1", "${api}"]`);
    await done('sync');
    await fixture.publish(web, '1.1.1');
    await fixture.publish(web, '1.2.0');
    await fixture.publish(api, '1.1.0');
    const { lines } = await done('sync');
    expect(lines).toEqual([
      `Updated ${web} from 1.1.0 to 1.1.1`,
      `Updated ${api} from 1.0.0 to 1.1.0`,
    ]);
    const { token } = fixture.team;
    const move = { version: '1.0.0', previous: null };
    const path = `/v1/profiles/library/${api}/channels/stable`;
    expect((await send(fixture.registry, 'PUT', path, move, token)).status).toBe(200);
    const older = await done('sync');
    expect(older.output).toContain(
      `${api} stays at 1.1.0: the registry offers 1.0.0, which is older`,
    );
    expect(await installed(api)).toBe(textOf(api, '1.1.0'));
  });

  test('removes profiles that it installed and that are no longer listed, and nothing else', async () => {
    await want(`profiles = ["${web}", "${api}"]`);
    await done('pull', api);
    await done('sync');
    await want('profiles = []');
    expect((await done('sync')).lines).toEqual([`Removed ${web} 1.1.0`]);
    expect(await installed(web)).toBe('nothing');
    expect(await installed(api)).toBe(textOf(api, '1.0.0'));
  });

  test.each([
    ['was changed', () => writeFile(file(web), 'profile x { }\n'), 'its file was changed'],
    ['is missing', () => rm(file(web)), 'its file is missing'],
    ['is in complain mode by a foreign link', () => force(web), 'boot loads it in another mode'],
  ])('repairs a file that %s, also without the registry', async (_, harm, message) => {
    await want(`profiles = ["${web}"]`);
    await done('sync');
    await harm();
    expect((await run('sync', '-n')).output).toContain(`Would repair ${web} 1.1.0: ${message}`);
    const away = ['--registry', 'http://127.0.0.1:9'];
    const repaired = await run('sync', ...away);
    expect(repaired.output).toContain(`Repaired ${web} 1.1.0: ${message}`);
    expect(repaired.output).toMatch(/This host keeps its versions \(last checked just now, \d/);
    expect(repaired.code).toBe(4);
    expect(await installed(web)).toBe(textOf(web, '1.1.0'));
    const idle = await run('sync', ...away);
    expect(idle).toMatchObject({ code: 4, lines: ['Nothing to do: 1 profile.'] });
  });

  test('installs the locked versions; the lock is reproducible', async () => {
    await want(`profiles = ["${web}", "${api}"]`);
    await done('lock');
    const lock = join(root, 'etc/aa-registry/profiles.lock.toml');
    const first = await readFile(lock, 'utf8');
    expect((await done('lock')).lines.join()).toContain('is up to date');
    expect(await readFile(lock, 'utf8')).toBe(first);
    await fixture.publish(web, '2.0.0');
    await done('sync');
    expect(await installed(web)).toBe(textOf(web, '1.1.0'));
    const relocked = await done('lock');
    expect(relocked.lines.join('\n')).toMatch(/^-version = "1.1.0"$[\s\S]*^\+version = "2.0.0"$/m);
    expect((await done('sync')).lines).toEqual([`Updated ${web} from 1.1.0 to 2.0.0`]);
    // Back to the first lock: the versions are stored, so no request is necessary.
    await writeFile(lock, first);
    expect((await run('sync', '--registry', 'http://127.0.0.1:9')).lines).toEqual([
      `Downgraded ${web} from 2.0.0 to 1.1.0, as ${lock} says`,
    ]);
    expect(await installed(web)).toBe(textOf(web, '1.1.0'));

    await writeFile(
      lock,
      first.replace(/digest = "sha256:\w{64}"/g, `digest = "sha256:${'0'.repeat(64)}"`),
    );
    const other = await run('sync');
    expect(other.code).toBe(3);
    expect(other.output).toContain('[lock-mismatch]');
    await writeFile(lock, first);
    await want(`profiles = ["${web}@^1.0", "${api}"]`);
    expect(await run('sync')).toMatchObject({
      code: 1,
      output: expect.stringContaining('lock --root'),
    });
  });

  test('installs the locked version, not another one with the same text', async () => {
    const name = 'same-text';
    await fixture.publish(name, '1.0.0');
    const text = await fixture.publish(name, '1.1.0');
    await fixture.publish(name, '1.1.1', text);
    for (const version of ['1.0.0', '1.1.0']) await done('pull', `${name}@${version}`);
    await done('rollback', name, '--offline');
    await want(`profiles = ["${name}"]`);
    await done('lock');
    expect((await done('sync')).lines).toEqual([`Updated ${name} from 1.0.0 to 1.1.1`]);
    expect((await done('sync', '--dry-run')).lines).toEqual(['No changes.']);
  });

  test('does not reinstall a version that was rolled back until there is a newer one', async () => {
    await want(`profiles = ["${web}"]`);
    await done('pull', `${web}@1.0.0`);
    await done('sync');
    await done('rollback', web, '--offline');
    const held = await done('sync');
    expect(held.output).toContain('stays at 1.0.0, which it was rolled back to from 1.1.0');
    expect(await installed(web)).toBe(textOf(web, '1.0.0'));
    await fixture.publish(web, '1.1.1');
    await done('sync');
    expect(await installed(web)).toBe(textOf(web, '1.1.1'));
  });

  test('lock and sync agree on a rolled back version', async () => {
    await want(`profiles = ["${web}@^1.0", "${api}"]`);
    await done('sync');
    await fixture.publish(web, '1.2.0');
    await done('lock');
    await done('sync');
    await done('rollback', web, '--offline');
    // The lock still has the version that was rolled back, which requires a decision, so it fails.
    const torn = await run('sync');
    expect(torn).toMatchObject({ code: 1, lines: [] });
    expect(torn.output).toContain(`${web} is locked to 1.2.0 and stays at 1.1.0`);
    const failed = JSON.parse((await run('sync', '--format', 'json')).stdout).items;
    expect(failed).toMatchObject([{ ok: false, id: 'rolled-back' }]);

    const relocked = await done('lock');
    expect(relocked.output).toContain('stays at 1.1.0: this host was rolled back from 1.2.0');
    expect(relocked.lines.join('\n')).toMatch(/^-version = "1.2.0"$[\s\S]*^\+version = "1.1.0"$/m);
    expect((await done('sync')).lines).toEqual(['Nothing to do: 2 profiles, up to date.']);
    expect(await installed(web)).toBe(textOf(web, '1.1.0'));
    // A host that was never rolled back locks what the registry has.
    const other = await fixture.host();
    const profiles = ['--profiles', join(root, 'etc/aa-registry/profiles.toml')];
    const elsewhere = await succeed(['lock', '--dry-run', '--root', other, ...profiles]);
    expect(elsewhere.stdout).toContain('+version = "1.2.0"');

    await fixture.publish(web, '1.3.0');
    await done('lock');
    expect((await done('sync')).lines).toEqual([`Updated ${web} from 1.1.0 to 1.3.0`]);
  });

  test('a lock of the version that was rolled back is refused', async () => {
    await want(`profiles = ["${web}@1.1.0"]`);
    await done('pull', `${web}@1.0.0`);
    await done('sync');
    await done('rollback', web, '--offline');
    const refused = await run('lock', '--format', 'json');
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { id: 'rolled-back', exitCode: 1 } });
    expect(await run('sync')).toMatchObject({
      code: 1,
      output: expect.stringContaining('is set to 1.1.0 in profiles.toml'),
    });
    await done('pull', `${web}@1.1.0`);
    expect((await done('lock')).stdout).toContain('+version = "1.1.0"');
    expect((await done('sync')).lines).toEqual(['Nothing to do: 1 profile, up to date.']);
  });

  test('a second rollback is not undone by the version before the first', async () => {
    await want(`profiles = ["${web}"]`);
    await done('sync');
    for (const version of ['1.2.0', '1.3.0']) {
      await fixture.publish(web, version);
      await done('sync');
    }
    await done('rollback', web, '--offline');
    await done('rollback', web, '--offline');
    expect((await done('sync')).lines).toEqual(['Nothing to do: 1 profile.']);
    expect(await installed(web)).toBe(textOf(web, '1.1.0'));
  });

  test('keeps complain mode set on the host through updates until enforce', async () => {
    await want(`profiles = ["${web}@^1.0", { reference = "${api}", complain = true }]`);
    await done('sync');
    const link = join(root, `etc/apparmor.d/force-complain/aa-registry.library.${web}`);
    expect((await done('complain', web)).output).toContain('"sync" keeps this mode until');
    const outcome = await done('sync');
    expect(outcome.output).toContain(`${web} stays in complain mode`);
    expect(outcome.lines).toEqual(['Nothing to do: 2 profiles.']);
    await fixture.publish(web, '1.2.0');
    await done('sync');
    expect(await installed(web)).toBe(textOf(web, '1.2.0'));
    // A repaired profile keeps its mode.
    await writeFile(file(web), 'changed');
    await done('sync');
    expect(await readlink(link)).toContain(`aa-registry.library.${web}`);
    const state = await done('status', '--offline');
    expect(state.stdout).toContain('in complain mode until "enforce"');
    await done('enforce', web);
    await expect(readlink(link)).rejects.toThrow('ENOENT');
    expect((await done('sync')).lines).toEqual(['Nothing to do: 2 profiles, up to date.']);

    // The mode in the file is restored, which is announced.
    expect((await done('enforce', api)).output).toContain('sets complain mode for it');
    expect((await done('sync')).lines[0]).toContain(`Repaired ${api}`);
    await done('pull', web, '--complain');
    await done('sync');
    expect(await readlink(link)).toContain(`aa-registry.library.${web}`);
  });

  test('an image can’t keep a profile in complain mode or at an older version', async () => {
    await want(`profiles = ["${web}"]`);
    await done('pull', `${web}@1.0.0`);
    await done('sync');
    await done('rollback', web, '--offline');
    await done('complain', web);
    expect((await done('sync')).output).toContain('stays in complain mode');
    const trust = join(root, 'etc/aa-registry/trust.toml');
    // With the operator's trust file, the rest of the root is untrusted.
    expect((await done('sync', '--trust', trust)).lines).toEqual([
      `Updated ${web} from 1.0.0 to 1.1.0`,
    ]);
    expect((await done('sync')).lines).toEqual(['Nothing to do: 1 profile, up to date.']);
  });

  test('reports yanked versions and does not install them', async () => {
    await want(`profiles = ["${web}@1.1.0", "${api}"]`);
    await fixture.yank(api, '1.0.0', 'far too lax');
    const outcome = await run('sync');
    expect(outcome.output).toContain(`${api} is not installed`);
    expect(outcome.code).toBe(1);
    await fixture.yank(web, '1.1.0', 'too lax');
    expect((await run('sync')).output).toContain('1.1.0 was yanked: too lax');
    expect(await installed(web)).toBe(textOf(web, '1.1.0'));
  });

  test('a refused profile does not prevent the installation of others', async () => {
    await want(`profiles = ["${web}", "${api}", "no-such-profile"]`);
    proxy.tamper = (path, body) =>
      path.includes(`/${web}/`) && path.endsWith('/profile') ? `${body}# more\n` : body;
    const outcome = await run('sync');
    expect(outcome.code).toBe(3);
    expect(outcome.output).toContain('[digest-mismatch]');
    expect(outcome.output).toContain('no-such-profile is not installed');
    expect(await installed(web)).toBe('nothing');
    expect(await installed(api)).toBe(textOf(api, '1.0.0'));
  });

  test('detects a frozen log although nothing else has changed', async () => {
    const trust = join(root, 'etc/aa-registry/trust.toml');
    const text = await readFile(trust, 'utf8');
    await writeFile(trust, text.replace(/maximum_age_hours = .*/, 'maximum_age_hours = 0.0005'));
    await want(`profiles = ["${api}"]`);
    await done('sync');
    const old = await (await fixture.registry.fetch('/log/checkpoint')).text();
    proxy.tamper = (path, body) => (path === '/log/checkpoint' ? old : body);
    await new Promise((resolve) => setTimeout(resolve, 2800));
    const frozen = await run('sync');
    expect(frozen.output).toContain('[checkpoint-stale]');
    expect(frozen.code).toBe(3);
    expect(await installed(api)).toBe(textOf(api, '1.0.0'));
  });

  test.each([
    ['profiles = "web"', 'profiles'],
    ['profiles = ["Web"]', 'is not a reference'],
    ['profiles = ["web", "web@1.0.0"]', 'is listed twice'],
    ['profiles = [', 'invalid TOML'],
    ['[[profiles]]\nname = "web"', 'profiles.0'],
  ])('refuses %s', async (toml, message) => {
    await want(toml);
    const before = await filesOf(root);
    expect(await run('sync')).toMatchObject({ code: 1, output: expect.stringContaining(message) });
    expect(await filesOf(root)).toEqual(before);
  });
});
