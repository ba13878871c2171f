import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withLock } from '../../../sdk/host/lock.ts';
import { command } from '../../command.ts';
import { type Fixture, filesOf, startFixture, succeed, textOf } from '../../host/fixture.ts';
import { createPublisher, expectStatus, publish, send } from '../../publisher.ts';

describe('changes of a host', () => {
  let fixture: Fixture;
  let root: string;

  beforeAll(async () => {
    fixture = await startFixture();
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await fixture.publish('web', version);
    for (const name of ['api', 'db']) await fixture.publish(name, '1.0.0');
  });
  afterAll(() => fixture.close());

  const file = (name: string) => join(root, 'etc/apparmor.d', `aa-registry.library.${name}`);
  const link = (name: string) =>
    join('etc/apparmor.d/force-complain', `aa-registry.library.${name}`);
  const installed = (name: string) => readFile(file(name), 'utf8');
  const run = (...args: string[]) => command([...args, '--root', root]);
  const done = (...args: string[]) => succeed([...args, '--root', root]);

  test('several profiles are all verified before the first is installed', async () => {
    root = await fixture.host();
    const before = await filesOf(root);
    const refused = await run('pull', 'web', 'api', 'nothing-like-it');
    expect(refused.code).toBe(1);
    expect(await filesOf(root)).toEqual(before);
    expect((await run('pull', 'web', 'web@1.0.0')).code).toBe(2);

    const pulled = await done('pull', 'web@1.0.0', 'api', 'db');
    expect(await installed('web')).toBe(textOf('web', '1.0.0'));
    expect(await installed('db')).toBe(textOf('db', '1.0.0'));
    for (const name of ['web', 'api', 'db']) {
      expect(pulled.lines.join('\n')).toContain(`apparmor=${name} `);
    }
    const again = await done('pull', 'web@1.0.0', 'api', 'db');
    expect(again.output.match(/is already installed/g)).toHaveLength(3);
  });

  test('progress does not overwrite output on a terminal', async () => {
    root = await fixture.host();
    for (const more of [[], ['--dry-run'], ['--download-only', '-o', join(root, 'web')]]) {
      const args = ['pull', 'web', ...more, '--format', 'json', '--root', root];
      const { code, stdout, output } = await command(args, {}, { columns: 80 });
      expect(code, output).toBe(0);
      expect(output.endsWith(stdout)).toBe(true);
      expect(JSON.parse(stdout).items).toHaveLength(1);
    }
  });

  test('a dry run shows a diff and changes nothing', async () => {
    root = await fixture.host();
    const before = await filesOf(root);
    const first = await done('pull', 'web@1.0.0', '--dry-run');
    expect(first.lines.join('\n')).toContain('--- /dev/null');
    expect(await filesOf(root)).toEqual(before);
    await done('pull', 'web@1.0.0');
    const pulled = await filesOf(root);
    const { lines } = await done('pull', 'web', '--dry-run');
    expect(lines.join('\n')).toContain('-  /srv/web/1.0.0/** r,\n+  /srv/web/1.2.0/** r,');
    expect(await filesOf(root)).toEqual(pulled);
    expect((await done('pull', 'web@1.0.0', '-n')).output).toContain('is already installed');
  });

  test('complain mode is a link beside the file, which stays as signed', async () => {
    root = await fixture.host();
    await done('pull', 'web@1.0.0', '--complain');
    expect(await filesOf(root)).toMatchObject({ [link('web')]: '-> ../aa-registry.library.web' });
    await done('pull', 'web@1.1.0');
    expect(await installed('web')).toBe(textOf('web', '1.1.0'));
    expect(await filesOf(root)).toHaveProperty([link('web')]);
    await done('enforce', 'web');
    expect(await filesOf(root)).not.toHaveProperty([link('web')]);
    await done('complain', 'library/web');
    expect(await filesOf(root)).toHaveProperty([link('web')]);
    expect(await installed('web')).toBe(textOf('web', '1.1.0'));
    expect(await run('enforce', 'api')).toMatchObject({
      code: 1,
      output: expect.stringContaining('Installed: web'),
    });
  });

  test('repeated rollbacks restore older versions without a registry', async () => {
    root = await fixture.host();
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await done('pull', `web@${version}`);
    const offline = ['--registry', 'http://127.0.0.1:9'];
    const first = await done('rollback', 'web', ...offline);
    expect(first.output).toContain('Could not check whether 1.1.0 was yanked');
    expect(await installed('web')).toBe(textOf('web', '1.1.0'));
    await done('rollback', 'web', '--offline');
    expect(await installed('web')).toBe(textOf('web', '1.0.0'));
    // Without an older version there is no rollback, unless a version is given.
    const last = await run('rollback', 'web', '--offline', '--format', 'json');
    expect(last).toMatchObject({ code: 1, output: expect.stringContaining('1.1.0, 1.2.0') });
    expect(JSON.parse(last.stdout)).toMatchObject({ error: { id: 'nothing-older' } });
    expect(await installed('web')).toBe(textOf('web', '1.0.0'));
    await done('rollback', 'web', '--to', '1.2.0', '--offline');
    expect(await installed('web')).toBe(textOf('web', '1.2.0'));
    expect(await run('rollback', 'web', '--to', '1.2.0')).toMatchObject({ code: 1 });
    expect((await run('rollback', 'web', '--to', '3.0.0')).output).toContain(
      'the stored versions are',
    );
  });

  test('rollbacks follow the order of installation, also with older records', async () => {
    root = await fixture.host();
    for (const version of ['1.2.0', '1.0.0', '1.1.0']) await done('pull', `web@${version}`);
    await done('rollback', 'web', '--offline');
    expect(await installed('web')).toBe(textOf('web', '1.0.0'));
    const record = join(root, 'var/lib/aa-registry/installed/library.web.json');
    const older = JSON.parse(await readFile(record, 'utf8'));
    const none = await run('rollback', 'web', '--offline');
    expect(none.code).toBe(1);
    expect(none.output).toContain('No version of web older than 1.0.0 is stored');
    expect(none.output).toContain(`aa-registry rollback web --to 1.2.0 --root ${root}`);
    expect(await installed('web')).toBe(textOf('web', '1.0.0'));

    root = await fixture.host();
    for (const version of ['1.0.0', '1.1.0']) await done('pull', `web@${version}`);
    expect((await run('rollback', 'web', '--to', '9.0.0')).output).toContain(
      'the stored version is 1.0.0.',
    );
    await done('rollback', 'web', '--offline');
    const place = join(root, 'var/lib/aa-registry/installed/library.web.json');
    const text = await readFile(place, 'utf8');
    await writeFile(place, text.replace(/,\s*"left": true/, ''));
    expect(await readFile(place, 'utf8')).not.toBe(text);
    expect(await run('rollback', 'web', '--offline')).toMatchObject({ code: 1 });
    expect(await installed('web')).toBe(textOf('web', '1.0.0'));
    expect(older.earlier.map((one: { left?: boolean }) => one.left ?? false)).toEqual([
      false,
      true,
    ]);
  });

  test('a rollback restores an older version, regardless of the order of installation', async () => {
    root = await fixture.host();
    for (const version of ['1.0.0', '1.1.0', '1.0.0']) await done('pull', `web@${version}`);
    expect(await run('rollback', 'web', '--offline')).toMatchObject({ code: 1 });
    const { output } = await done('rollback', 'web', '--to', '1.1.0', '--offline');
    expect(output).toContain('Moved web forward again from 1.0.0 to 1.1.0');
    await done('rollback', 'web', '--offline');
    expect(await installed('web')).toBe(textOf('web', '1.0.0'));
  });

  test('versions with the same text are stored separately', async () => {
    const text = await fixture.publish('same', '1.0.0');
    await fixture.publish('same', '1.1.0', text);
    root = await fixture.host();
    await done('pull', 'same@1.0.0');
    // The file name that earlier releases used.
    const store = join(root, 'var/lib/aa-registry/kept/library.same');
    const digest = createHash('sha256').update(text).digest('hex');
    await rename(join(store, '1.0.0.bundle'), join(store, `${digest}.bundle`));
    await done('pull', 'same');
    expect((await readdir(store)).sort()).toEqual(['1.1.0.bundle', `${digest}.bundle`]);
    const { output } = await done('rollback', 'same', '--offline');
    expect(output).toContain('Rolled back same from 1.1.0 to 1.0.0');
    await done('rollback', 'same', '--to', '1.1.0', '--offline');
    expect((await run('status', 'same')).lines.join('\n')).toContain('1.1.0');
  });

  test('after a rollback and an update, a rollback restores the last good version', async () => {
    root = await fixture.host();
    for (const version of ['1.0.0', '1.1.0']) await done('pull', `web@${version}`);
    await done('rollback', 'web', '--offline');
    await done('pull', 'web@1.2.0');
    await done('rollback', 'web', '--offline');
    expect(await installed('web')).toBe(textOf('web', '1.0.0'));
    expect(await run('rollback', 'web', '--offline')).toMatchObject({ code: 1 });
  });

  test('a rollback makes the file newer than the compiled cache', async () => {
    root = await fixture.host();
    await done('pull', 'web@1.0.0');
    await done('pull', 'web@1.1.0');
    const compiled = join(root, 'var/cache/apparmor/6b0d76a2.0/aa-registry.library.web');
    await mkdir(join(compiled, '..'), { recursive: true });
    await writeFile(compiled, 'compiled from 1.1.0');
    const before = (await stat(file('web'))).mtimeMs;
    await done('rollback', 'web', '--offline');
    expect((await stat(file('web'))).mtimeMs).toBeGreaterThan(before);
    await expect(stat(compiled)).rejects.toThrow('ENOENT');
  });

  test('a rollback to a yanked version warns', async () => {
    await fixture.publish('yanked', '1.0.0');
    await fixture.publish('yanked', '1.1.0');
    root = await fixture.host();
    await done('pull', 'yanked@1.0.0');
    await done('pull', 'yanked');
    await fixture.yank('yanked', '1.0.0', 'it was too lax');
    const { output } = await done('rollback', 'yanked');
    expect(output).toContain('Warning: 1.0.0 was yanked: it was too lax');
    expect(await installed('yanked')).toBe(textOf('yanked', '1.0.0'));
  });

  test('a rollback refuses stored versions that were changed or are no longer trusted', async () => {
    root = await fixture.host();
    await done('pull', 'web@1.0.0');
    await done('pull', 'web@1.1.0');
    const before = await filesOf(root);
    const record = JSON.parse(before['var/lib/aa-registry/installed/library.web.json'] ?? '');
    const [{ version }] = record.earlier;
    const kept = join('var/lib/aa-registry/kept/library.web', `${version}.bundle`);
    const bundle = JSON.parse(before[kept] ?? '');
    bundle.offers[0].profile = Buffer.from('profile web { /** rwx, }\n').toString('base64');
    await writeFile(join(root, kept), JSON.stringify(bundle));
    expect(await run('rollback', 'web', '--offline')).toMatchObject({
      code: 3,
      output: expect.stringContaining('[digest-mismatch]'),
    });
    expect(await installed('web')).toBe(textOf('web', '1.1.0'));

    const trust = join(root, 'etc/aa-registry/trust.toml');
    const other = 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=';
    const text = await readFile(trust, 'utf8');
    await writeFile(trust, text.replace(/keys = .*/, `keys = ["${other}"]`));
    await writeFile(join(root, kept), before[kept] ?? '');
    expect((await run('rollback', 'web', '--offline')).output).toContain(
      '[envelope-untrusted-key]',
    );
  });

  test('a rollback to a version signed by a revoked key is refused', async () => {
    const other = await createPublisher(fixture.registry, 'other');
    for (const version of ['1.0.0', '1.1.0']) {
      const text = textOf('theirs', version);
      const published = publish(fixture.registry, other, { name: 'theirs', version, text });
      await expectStatus(201, published);
    }
    root = await fixture.host();
    await done('trust', 'init', 'other', '--yes');
    for (const version of ['1.0.0', '1.1.0']) await done('pull', `other/theirs@${version}`);
    const path = `/v1/teams/other/keys/${other.key.publicKey.keyId}/revocation`;
    const revoked = send(fixture.registry, 'POST', path, { reason: 'stolen' }, other.token);
    await expectStatus(200, revoked);
    const refused = await run('rollback', 'theirs');
    expect(refused.output).toContain('[key-revoked]');
    expect(refused.code).toBe(3);
    // A stored yank is known without the registry.
    expect(await run('rollback', 'theirs', '--offline')).toMatchObject({ code: 3 });
  });

  test('removal deletes everything installed and keeps the operator’s files', async () => {
    root = await fixture.host();
    await mkdir(join(root, 'etc/apparmor.d/local'), { recursive: true });
    await writeFile(join(root, 'etc/apparmor.d/local/web'), '/mine r,\n');
    const before = await filesOf(root);
    await done('pull', 'web@1.0.0', 'api', '--complain');
    await done('pull', 'web');
    expect(await filesOf(root)).toMatchObject({ 'etc/apparmor.d/local/web': '/mine r,\n' });
    await done('remove', 'web', 'api');
    expect(await filesOf(root)).toEqual(before);
    expect((await run('remove', 'web')).code).toBe(1);
    expect((await run('remove', '../web')).code).toBe(2);
  });

  test('a changed file is removed only with --force, and set aside when it is replaced', async () => {
    root = await fixture.host();
    await done('pull', 'web@1.0.0');
    await writeFile(file('web'), 'profile web { }\n');
    const refused = await run('remove', 'web');
    expect(refused.output).toContain('[file-changed]');
    expect(await installed('web')).toBe('profile web { }\n');
    const { output } = await done('pull', 'web@1.0.0');
    const [, kept = ''] = /it was moved to (\S+)\./.exec(output) ?? [];
    expect(await readFile(kept, 'utf8')).toBe('profile web { }\n');
    expect(await installed('web')).toBe(textOf('web', '1.0.0'));
    await writeFile(file('web'), 'profile web { }\n');
    await done('remove', 'web', '--force');
    await expect(stat(file('web'))).rejects.toThrow('ENOENT');
  });

  test('staged files of a killed run are deleted, and nothing else', async () => {
    root = await fixture.host();
    await done('pull', 'web');
    const before = await filesOf(root);
    const stray = '.aa-registry.library.web.2f9f7e1c-5a1b-4c3d-8e9f-0a1b2c3d4e5f.tmp';
    const others = ['.aa-registry.library.web.swp', '.mine.tmp', `x${stray}`];
    for (const name of [stray, ...others]) {
      await writeFile(join(root, 'etc/apparmor.d', name), 'x');
    }
    await done('pull', 'web');
    const left = Object.fromEntries(others.map((name) => [`etc/apparmor.d/${name}`, 'x']));
    expect(await filesOf(root)).toEqual({ ...before, ...left });
  });

  test('concurrent runs wait for each other, and a lock ends with its process', async () => {
    root = await fixture.host();
    const order: string[] = [];
    let release = () => {};
    const held = withLock(root, async () => {
      order.push('first');
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      order.push('first ends');
    });
    while (order.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await writeFile(join(root, 'etc/aa-registry/profiles.toml'), 'profiles = ["web"]\n');
    await createPublisher(fixture.registry, 'edge');
    const waiting = [['pull', 'web'], ['lock'], ['trust', 'init', 'edge', '--yes']].map((args) =>
      done(...args).then(({ output }) => order.push('next') && output),
    );
    // Each opens the file and then requests the lock.
    const lock = join(root, 'var/lib/aa-registry/lock');
    const opened = () =>
      readdirSync('/proc/self/fd').filter((fd) => linkOf(`/proc/self/fd/${fd}`) === lock);
    while (opened().length < 4) await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 2500));
    release();
    await held;
    for (const one of waiting) expect(await one).toContain('Waiting for another aa-registry');
    expect(order).toEqual(['first', 'first ends', 'next', 'next', 'next']);
    await expect(
      withLock(root, () => withLock(root, async () => {}, { timeout: 300 })),
    ).rejects.toThrow('another aa-registry');

    const holder = await hold(join(root, 'var/lib/aa-registry/lock'));
    let waitingFor: string | undefined;
    const onWait = (who: string | undefined) => {
      waitingFor = who;
    };
    const refused = await withLock(root, async () => {}, { timeout: 0, onWait }).catch(String);
    process.kill(-(holder.pid ?? 0), 'SIGKILL');
    expect(refused).toContain('try again');
    expect(waitingFor).toMatch(/^process \d+, .*sleep 60/);
    await once(holder, 'close');
    await withLock(root, async () => {});
  });

  test('a waiting run names the process that it waits for', async () => {
    root = await fixture.host();
    let waitingFor: string | undefined;
    const entered = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const held = withLock(root, () => {
      entered.resolve();
      return released;
    });
    await entered.promise;
    const onWait = (who: string | undefined) => {
      waitingFor = who;
      release();
    };
    await withLock(root, async () => {}, { onWait });
    await held;
    // Both are this process.
    expect(waitingFor).toContain(`process ${process.pid}, `);
  });

  test('users without write access can’t block changes', async () => {
    root = await fixture.host();
    const state = join(root, 'var/lib/aa-registry');
    // An older release locked the folder itself, which everyone can open.
    const holder = await hold(state);
    try {
      await withLock(root, async () => {}, { timeout: 0 });
    } finally {
      process.kill(-(holder.pid ?? 0), 'SIGKILL');
    }

    const lock = join(state, 'lock');
    expect((await stat(lock)).mode & 0o777).toBe(0o600);
    await chmod(lock, 0o644);
    const refused = await run('pull', 'web');
    expect(refused.output).toContain(`${lock} can be opened by others`);
    expect(refused.output).toContain(`chmod 600 ${lock}`);
    expect(refused.code).toBe(1);
    await chmod(lock, 0o600);
    await done('pull', 'web');
  });

  function linkOf(path: string): string | undefined {
    try {
      return readlinkSync(path);
    } catch {
      // The error of the read itself.
      return undefined;
    }
  }

  /** Locks a file or folder with flock(1) until its process group is killed. */
  async function hold(path: string) {
    const holder = spawn('flock', [path, 'sh', '-c', 'echo locked; exec sleep 60'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    return holder;
  }
});
