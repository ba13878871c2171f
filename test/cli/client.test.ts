import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmod,
  chown,
  cp,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFile } from '../../db/node.ts';
import { checkKernel } from '../../sdk/host/kernel.ts';
import type { RunningRegistry } from '../../worker/node.ts';
import { aaRegistry, type Outcome, type RunOptions, scratch, startHere } from './cli.ts';

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
const unlessRoot = isRoot ? '' : ' (skipped: only root can try)';
const kernel = await checkKernel();
const profiles = join(import.meta.dirname, '../../profiles');

describe('the client commands', () => {
  let folder: string;
  let clean: () => Promise<void>;
  let registry: RunningRegistry;
  let env: NodeJS.ProcessEnv;
  const at = (...parts: string[]) => join(folder, ...parts);

  /** Runs a command with this test's registry and token in its environment. */
  const run = (args: string[], options: RunOptions = {}): Promise<Outcome> =>
    aaRegistry(args, { ...options, env: { ...env, ...options.env } });

  async function succeed(args: string[], options: RunOptions = {}): Promise<Outcome> {
    const outcome = await run(args, options);
    if (outcome.code !== 0)
      throw new Error(`${args.join(' ')}: ${outcome.code}\n${outcome.stderr}`);
    return outcome;
  }

  /** A copy of a shipped package, for changes. */
  async function packageFolder(name: string, change: (text: string) => string = (text) => text) {
    const path = at(`package-${Math.random().toString(36).slice(2)}`);
    await cp(join(profiles, name), path, { recursive: true });
    await writeFile(join(path, name), change(await readFile(join(path, name), 'utf8')));
    return path;
  }

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    registry = await startHere(at('data'));
    env = {
      AA_REGISTRY: registry.url,
      AA_TOKEN: registry.adminToken,
      XDG_CONFIG_HOME: at('config'),
      XDG_STATE_HOME: at('state'),
    };
    await succeed(['team', 'create', 'library']);
    await succeed(['key', 'generate', '--out', at('key.pem')]);
    await succeed(['key', 'add', 'library', at('key.pem.pub'), '--label', 'release key']);
    for (const name of ['docker-default', 'docker-nginx', 'nginx-hardened']) {
      await succeed([
        'publish',
        join(profiles, name),
        '--version',
        '1.0.0',
        '--key',
        at('key.pem'),
      ]);
    }
    await mkdir(at('host'), { recursive: true });
    await succeed(['trust', 'init', 'library', '--root', at('host'), '--yes']);
  });
  afterAll(async () => {
    await registry.close();
    await clean();
  });

  test('a key is readable by its owner only and never overwritten', async () => {
    expect((await stat(at('key.pem'))).mode & 0o777).toBe(0o600);
    const before = await readFile(at('key.pem'), 'utf8');
    expect(before).toContain('BEGIN PRIVATE KEY');
    const again = await run(['key', 'generate', '--out', at('key.pem')]);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('already exists');
    expect(await readFile(at('key.pem'), 'utf8')).toBe(before);
  });

  test('a key that other users can read is refused', async () => {
    await succeed(['key', 'generate', '--out', at('open.pem')]);
    await chmod(at('open.pem'), 0o644);
    const outcome = await run([
      'publish',
      join(profiles, 'docker-nginx'),
      '--version',
      '3.0.0',
      '--key',
      at('open.pem'),
    ]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('chmod 600');
  });

  test('a key with a passphrase is a standard encrypted PKCS#8 file', async () => {
    const AA_KEY_PASSPHRASE = 'correct horse';
    const path = at('encrypted.pem');
    await succeed(['key', 'generate', '--out', path], { env: { AA_KEY_PASSPHRASE } });
    expect(await readFile(path, 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    const asn1 = execFileSync('openssl', ['asn1parse', '-in', path], { encoding: 'utf8' });
    expect(asn1).toContain('PBES2');
    const opened = ['pkey', '-in', path, '-passin', `pass:${AA_KEY_PASSPHRASE}`, '-pubout'];
    const shown = execFileSync('openssl', opened, { encoding: 'utf8' });
    expect(shown).toBe(await readFile(`${path}.pub`, 'utf8'));

    const rotate = ['key', 'rotate', 'library', `${path}.pub`, '--key', at('key.pem')];
    await succeed(rotate);
    const folder = await packageFolder('docker-nginx', (text) => `${text}# encrypted\n`);
    const publish = ['publish', folder, '--version', '0.8.0', '--key', path];
    const silent = await run(publish);
    expect(silent).toMatchObject({ code: 2, stdout: '' });
    expect(silent.stderr).toContain('AA_KEY_PASSPHRASE');
    const wrong = await run(publish, { env: { AA_KEY_PASSPHRASE: 'wrong' } });
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toContain('passphrase is wrong');
    await succeed(publish, { env: { AA_KEY_PASSPHRASE } });
  });

  test('keys are listed, rotated and revoked', async () => {
    await succeed(['team', 'create', 'rotating']);
    for (const name of ['first', 'second']) await succeed(['key', 'generate', '--out', at(name)]);
    await succeed(['key', 'add', 'rotating', at('first.pub')]);
    const unsigned = await run(['key', 'add', 'rotating', at('second.pub')]);
    expect(unsigned.code).toBe(1);
    expect(unsigned.stderr).toContain('key rotate');
    const rotate = ['key', 'rotate', 'rotating', at('second.pub'), '--key', at('first')];
    expect((await succeed(rotate)).stderr).toContain(`--key ${at('second')}\n`);
    const listed = (await succeed(['key', 'list', 'rotating'])).stdout.trim().split('\n');
    // A heading and two keys.
    expect(listed).toHaveLength(3);
    const [keyId = ''] = listed[1]?.split(' ') ?? [];
    expect((await run(['key', 'revoke', 'rotating', keyId])).code).toBe(2);
    const none = await run(['key', 'revoke', 'rotating', 'sha256:00000000', '--reason', 'retired']);
    expect(none.stderr).toContain(`Registered are: `);
    expect(none.stderr).toContain(keyId);
    const short = ['key', 'revoke', 'rotating', keyId.slice(0, 19), '--reason', 'retired'];
    expect((await succeed(short)).stdout).toContain(`Revoked ${keyId}`);
    expect((await succeed(['key', 'list', 'rotating'])).stdout).toContain('REVOKED');
    // "publish" names the refused key and the key to sign with.
    const folder = await packageFolder('docker-nginx', (text) => `${text}# another key\n`);
    const publish = ['publish', folder, '--version', '0.8.1', '--key', at('second')];
    const stranger = await run(publish);
    expect(stranger.code).toBe(1);
    expect(stranger.stderr).toContain('is not registered for team library. Sign with another key');
    const path = join(folder, 'aa-profile.toml');
    const manifest = await readFile(path, 'utf8');
    await writeFile(
      path,
      manifest.replace(/^team = .*\n/m, '').replace(/^/, 'team = "rotating"\n'),
    );
    const revoked = await run([...publish.slice(0, -1), at('first')]);
    expect(revoked.code).toBe(1);
    expect(revoked.stderr).toContain(`The key ${keyId} of team rotating was revoked. Sign with`);
  });

  test('a revocation names the versions that hosts refuse, before and after', async () => {
    await succeed(['team', 'create', 'losing']);
    for (const name of ['lost', 'left']) await succeed(['key', 'generate', '--out', at(name)]);
    await succeed(['key', 'add', 'losing', at('lost.pub')]);
    await succeed(['key', 'rotate', 'losing', at('left.pub'), '--key', at('lost')]);
    const folder = await packageFolder('docker-nginx');
    const path = join(folder, 'aa-profile.toml');
    const manifest = (await readFile(path, 'utf8')).replace(/^team = .*\n/m, '');
    await writeFile(path, `team = "losing"\n${manifest}`);
    const publish = (version: string, ...keys: string[]) =>
      succeed([
        'publish',
        folder,
        '--version',
        version,
        ...keys.flatMap((key) => ['--key', at(key)]),
      ]);
    await publish('1.0.0', 'lost');
    await publish('1.1.0', 'lost', 'left');
    await publish('1.2.0', 'lost');
    await succeed(['channel', 'set', 'losing/docker-nginx@1.0.0', 'old']);
    await succeed(['channel', 'set', 'losing/docker-nginx@1.1.0', 'new']);
    const listed = (await succeed(['key', 'list', 'losing'])).stdout.trim().split('\n');
    const [keyId = ''] = listed[1]?.split(' ') ?? [];
    const revoke = ['key', 'revoke', 'losing', keyId];
    const named =
      'losing/docker-nginx: 1.2.0, 1.0.0; affects references without a version (1.2.0), channel old (1.0.0)\n';
    expect((await succeed([...revoke, '--dry-run'])).stderr).toContain(named);
    expect((await succeed(['key', 'list', 'losing'])).stdout).not.toContain('REVOKED');
    expect((await succeed([...revoke, '--reason', 'lost'])).stderr).toContain(named);
    const shown = await succeed(['show', 'losing/docker-nginx@1.2.0']);
    expect(shown.stdout).toMatch(new RegExp(`Signed by +${keyId} \\(revoked `));
    const moved = await succeed(['channel', 'set', 'losing/docker-nginx@1.2.0', 'old']);
    expect(moved.stderr).toContain('1.2.0 is signed only with revoked keys');
    await succeed(['channel', 'set', 'losing/docker-nginx@1.0.0', 'old']);
    const json = [...revoke, '--reason', 'lost', '--format', 'json'];
    expect(JSON.parse((await succeed(json)).stdout).refused).toEqual([
      {
        ...{ team: 'losing', name: 'docker-nginx', versions: ['1.2.0', '1.0.0'] },
        ...{ channels: { old: '1.0.0' }, default: '1.2.0' },
      },
    ]);
    const [, , last = ''] = listed;
    const { stderr } = await succeed(['key', 'revoke', 'losing', last.split(' ')[0] ?? '', '-n']);
    expect(stderr).toContain('no valid key left');
  });

  test('channels move, and yanked versions are not selected', async () => {
    const path = await packageFolder('docker-default');
    const manifest = await readFile(join(path, 'aa-profile.toml'), 'utf8');
    await writeFile(
      join(path, 'aa-profile.toml'),
      manifest.replace('"docker-default"', '"moving"').replace(/\n\[variants\][\s\S]*/, ''),
    );
    const text = await readFile(join(path, 'docker-default'), 'utf8');
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) {
      const own = text.replace('profile docker-default', 'profile moving');
      await writeFile(join(path, 'moving'), `${own}# ${version}\n`);
      await succeed(['publish', path, '--version', version, '--key', at('key.pem')]);
    }
    const meant = async (reference: string) => {
      const { stdout } = await succeed(['show', reference]);
      return /Version +(\S+),/.exec(stdout)?.[1];
    };
    expect(await meant('moving')).toBe('1.2.0');
    await succeed(['channel', 'set', 'moving@1.0.0', 'stable']);
    expect(await meant('moving')).toBe('1.0.0');
    expect(await meant('moving:latest')).toBe('1.2.0');
    expect((await run(['show', 'moving:nothing'])).stderr).toContain('stable, latest');
    await succeed(['yank', 'moving@1.2.0', '--reason', 'a mistake']);
    expect(await meant('moving:latest')).toBe('1.1.0');
    expect((await succeed(['show', 'moving@1.2.0'])).stdout).toContain('a mistake');
    expect((await run(['channel', 'set', 'moving', 'stable'])).code).toBe(2);
    expect((await run(['yank', 'moving@1.0.0'])).code).toBe(2);
    const yanked = await succeed(['yank', 'moving@1.0.0', '--reason', 'too strict']);
    expect(yanked.stderr).toContain('Warning: channel stable points at it');
    expect((await succeed(['channel', 'set', 'moving@1.0.0', 'other'])).stderr).toContain(
      'Warning: 1.0.0 was yanked (too strict), so hosts can’t install library/moving:other.',
    );
    await mkdir(at('yanked'));
    const elsewhere = ['--root', at('yanked'), '--trust', at('host/etc/aa-registry/trust.toml')];
    for (const reference of ['moving', 'moving:stable']) {
      const refused = await run(['pull', reference, ...elsewhere]);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('too strict');
      expect(refused.stderr).toContain('[version-yanked]');
    }
    await succeed(['yank', 'moving@1.1.0', '--reason', 'too lax']);
    expect((await run(['pull', 'moving:latest', ...elsewhere])).code).toBe(1);
    expect(await meant('moving')).toBe('1.0.0');
    const exact = await succeed(['pull', 'moving@1.0.0', ...elsewhere]);
    expect(exact.stderr).toContain('Warning: moving@1.0.0 was yanked: too strict');
  });

  test('a bundle installs only the requested profiles, without a network', async () => {
    const trust = at('host/etc/aa-registry/trust.toml');
    const bundle = at('profiles.bundle');
    const references = ['docker-nginx@1.0.0', 'docker-default@1.0.0'];
    await succeed(['bundle', ...references, '-o', bundle, '--trust', trust]);
    const offline = { AA_REGISTRY: 'http://127.0.0.1:9', AA_TOKEN: undefined };
    const root = at('offline');
    await mkdir(at('offline/etc/aa-registry'), { recursive: true });
    await cp(trust, at('offline/etc/aa-registry/trust.toml'));
    await succeed(['pull', '--bundle', bundle, '--root', root], { env: offline });
    expect((await readdir(at('offline/etc/apparmor.d'))).sort()).toEqual([
      'aa-registry.library.docker-default',
      'aa-registry.library.docker-nginx',
    ]);
    await succeed(['pull', '--bundle', bundle, '--root', root, 'docker-nginx'], { env: offline });
    const other = await run(['pull', '--bundle', bundle, '--root', root, 'docker-nginx@0.9.0']);
    expect(other.code).toBe(1);

    // The same host later: the log has grown since its latest checkpoint.
    const shown = await succeed(['trust', 'show', '--root', root]);
    const seen = /Seen +(\d+) entries/.exec(shown.stdout)?.[1] ?? '';
    await succeed(['team', 'create', 'grown']);
    await succeed(['key', 'generate', '--out', at('grown.pem')]);
    await succeed(['key', 'add', 'grown', at('grown.pem.pub')]);
    const later = at('later.bundle');
    // Created by a user who has not seen a log of that size.
    const elsewhere = { env: { XDG_STATE_HOME: at('state of another') } };
    await succeed(['bundle', ...references, '-o', later, '--trust', trust], elsewhere);
    const unproved = await run(['pull', '--bundle', later, '--root', root], { env: offline });
    expect(unproved.stderr).toContain('[log-inconsistent]');
    expect(unproved.stderr).toContain(`--since ${seen}`);
    const since = ['--since', seen];
    await succeed(['bundle', ...references, '-o', later, '--trust', trust, ...since], elsewhere);
    await succeed(['pull', '--bundle', later, '--root', root], { env: offline });

    const text = await readFile(later, 'utf8');
    const parsed = JSON.parse(text);
    parsed.offers[0].profile = Buffer.from('profile docker-nginx {}\n').toString('base64');
    await writeFile(later, JSON.stringify(parsed));
    const changed = await run(['pull', '--bundle', later, '--root', root], { env: offline });
    expect(changed).toMatchObject({ code: 3, stdout: '' });
    expect(changed.stderr).toContain('[digest-mismatch]');
    await writeFile(later, '{}');
    expect((await run(['pull', '--bundle', later, '--root', root])).code).toBe(1);
  });

  test.skipIf(!isRoot).each([
    ['root', undefined],
    ['a user', nobody],
  ])(`what %s has seen of the log counts for every command${unlessRoot}`, async (who, uid) => {
    const home = at(`home of ${who}`);
    const root = at(`system of ${who}`);
    await mkdir(join(root, 'etc/aa-registry'), { recursive: true });
    await cp(at('host/etc/aa-registry/trust.toml'), join(root, 'etc/aa-registry/trust.toml'));
    await mkdir(home);
    if (uid !== undefined) await chown(home, uid, uid);
    await chmod(folder, 0o755);
    const options = { ...(uid === undefined ? {} : { uid }), env: { XDG_STATE_HOME: home } };
    const here = ['--root', root];
    const addKey = async () => {
      const team = `grown-${randomUUID().slice(0, 8)}`;
      await succeed(['team', 'create', team]);
      await succeed(['key', 'generate', '--out', at(`${team}.pem`)]);
      await succeed(['key', 'add', team, at(`${team}.pem.pub`)]);
    };
    const sizeShown = async () =>
      Number(
        /Seen +(\d+) entries/.exec(
          (await succeed(['trust', 'show', ...here], options)).stdout,
        )?.[1],
      );

    const verified = await succeed(['verify', 'docker-nginx@1.0.0', ...here], options);
    const size = Number(/, (\d+) entries/.exec(verified.stdout)?.[1]);
    expect(await sizeShown()).toBe(size);
    const isOnHost = (await readdir(root)).includes('var');
    expect(isOnHost).toBe(uid === undefined);
    expect(await readdir(home)).toHaveLength(uid === undefined ? 0 : 1);

    await addKey();
    const bundle = join(home, 'profiles.bundle');
    await succeed(['bundle', 'docker-nginx@1.0.0', '-o', bundle, ...here], options);
    await succeed(['verify', '--bundle', bundle, '--offline', ...here], options);
    const later = await sizeShown();
    expect(later).toBeGreaterThan(size);

    // The bundle is older than the log's state that this user has seen.
    await addKey();
    await succeed(['verify', 'docker-nginx@1.0.0', ...here], options);
    const old = await run(['verify', '--bundle', bundle, '--offline', ...here], options);
    expect(old).toMatchObject({ code: 3, stdout: '' });
    expect(old.stderr).toContain('[log-rolled-back]');
    expect(old.stderr).toContain('create the bundle again with "aa-registry bundle"');
  });

  test('login stores the token for its registry, readable by its owner only', async () => {
    const config = { AA_REGISTRY: undefined, AA_TOKEN: undefined, XDG_CONFIG_HOME: at('login') };
    const input = `${registry.adminToken}\n`;
    const outcome = await run(['login', '--token-stdin', registry.url], { env: config, input });
    expect(outcome).toMatchObject({ code: 0 });
    expect(outcome.stdout).toBe(`Logged in to ${registry.url} as an administrator.\n`);
    expect((await stat(at('login/aa-registry/config.toml'))).mode & 0o777).toBe(0o600);
    await succeed(['team', 'create', 'logged-in'], { env: config });

    const wrong = await run(['login', '--token-stdin', registry.url], {
      env: config,
      input: 'aar_no',
    });
    expect(wrong.code).toBe(1);
    await succeed(['team', 'create', 'still-logged-in'], { env: config });
    const elsewhere = { ...config, AA_REGISTRY: 'http://127.0.0.1:9' };
    expect((await run(['team', 'create', 'x'], { env: elsewhere })).code).toBe(4);
  });

  test('search and show display profiles', async () => {
    const all = (await succeed(['search'])).stdout;
    for (const name of ['docker-default', 'docker-nginx']) expect(all).toContain(`${name} `);
    const found = await succeed(['search', 'NGINX']);
    expect(found.stdout).toMatch(/^PROFILE +LATEST +DESCRIPTION\ndocker-nginx +1\.0\.0 /);
    expect(await succeed(['search', 'nothing-like-this'])).toMatchObject({ stdout: '' });
    const shown = await succeed(['show', 'docker-nginx']);
    expect(shown.stdout).toContain('library/docker-nginx');
    const source = await succeed(['show', 'docker-nginx', '--source']);
    expect(source.stdout).toBe(await readFile(join(profiles, 'docker-nginx/docker-nginx'), 'utf8'));
    expect((await run(['show', 'no-such-profile'])).code).toBe(1);
  });

  test('publishing the same bytes again changes nothing; other bytes are refused', async () => {
    const args = (path: string) => ['publish', path, '--version', '1.0.0', '--key', at('key.pem')];
    await succeed(args(join(profiles, 'docker-nginx')));
    const changed = await packageFolder('docker-nginx', (text) => `${text}# more\n`);
    const outcome = await run(args(changed));
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('Versions are immutable');
  });

  test('publish signs with AA_SIGNING_KEY', async () => {
    const AA_SIGNING_KEY = await readFile(at('key.pem'), 'utf8');
    const path = await packageFolder('docker-nginx', (text) => `${text}# from CI\n`);
    await succeed(['publish', path, '--version', '0.9.0'], { env: { AA_SIGNING_KEY } });
  });

  test('publish stops at errors and shows them with a caret', async () => {
    const path = await packageFolder('docker-nginx', (text) =>
      text.replace('capability chown,', 'capability chwon,'),
    );
    const outcome = await run(['publish', path, '--version', '5.0.0', '--key', at('key.pem')]);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/docker-nginx:\d+:\d+/);
    expect(outcome.stderr).toContain('^');
    expect(outcome.stderr).toContain('nothing was published');
  });

  test('lint checks files and package folders', async () => {
    await succeed([
      'lint',
      join(profiles, 'docker-default'),
      join(profiles, 'docker-nginx/docker-nginx'),
    ]);
    const path = await packageFolder('docker-nginx', (text) =>
      text.replace('profile docker-nginx', 'profile sshd'),
    );
    const outcome = await run(['lint', path]);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain('sshd');
  });

  test('pull verifies, installs below another root and shows how to use the profile', async () => {
    const outcome = await succeed(['pull', 'docker-nginx', '--root', at('host')]);
    const file = at('host/etc/apparmor.d/aa-registry.library.docker-nginx');
    expect(await readFile(file)).toEqual(
      await readFile(join(profiles, 'docker-nginx/docker-nginx')),
    );
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    expect(await readdir(at('host/etc/apparmor.d'))).toEqual(['aa-registry.library.docker-nginx']);
    expect(outcome.stdout).toContain(
      'docker run --security-opt apparmor=docker-nginx --publish 80:80 nginx\n',
    );
    expect(outcome.stdout).toContain('localhostProfile: docker-nginx');
    expect(outcome.stderr).toContain('Not loaded');
    await succeed(['pull', 'docker-nginx', '--root', at('host')]);
  });

  test('pull of a profile that needs another entry point shows that', async () => {
    const { stdout } = await succeed(['pull', 'nginx-hardened', '--root', at('host')]);
    expect(stdout).toMatch(
      /^docker run --security-opt apparmor=nginx-hardened --entrypoint nginx .* nginx -g 'daemon off;'$/m,
    );
    expect(stdout).toContain('localhostProfile: nginx-hardened');
    expect(stdout).toContain('command: ["nginx","-g","daemon off;"]');
  });

  test('lint and publish warn of invisible characters in the description and the README', async () => {
    const path = await packageFolder('docker-nginx');
    const manifest = join(path, 'aa-profile.toml');
    const text = await readFile(manifest, 'utf8');
    const readme = join(path, 'README.md');
    await writeFile(readme, '# nginx\n\nFine: \u26a0\ufe0f, \u{1f468}\u200d\u{1f4bb}.\r\n');
    const before = await succeed(['lint', path, '--format', 'json']);
    expect(before.stdout).not.toContain('hidden-text');

    await writeFile(readme, '# nginx\n\nRun rm\u200b -rf or \u202eabc.\n');
    await writeFile(manifest, text.replace('description = "', 'description = "a\u061cb \\u202e '));
    const file = join(path, 'docker-nginx');
    const linted = await succeed(['lint', path]);
    expect(linted.stdout).toMatch(/aa-profile\.toml:3:17: warning: .*\\u\{61c\}.*\[hidden-text\]/);
    expect(linted.stdout).toMatch(/README\.md:3:7: warning: .*\\u\{200b\}.*\[hidden-text\]/);
    expect(linted.stdout).toContain('\\u{202e}');
    expect(linted.stdout).not.toMatch(/[\u061c\u200b\u202e]/);
    const data = JSON.parse((await succeed(['lint', path, '--format', 'json'])).stdout);
    expect(data.file).toBe(file);
    const publish = ['publish', path, '--version', '5.0.0', '--key', at('key.pem')];
    for (const more of [['--dry-run'], []]) {
      expect((await succeed([...publish, ...more])).stderr).toContain('[hidden-text]');
    }
    expect((await succeed(['explain', 'hidden-text'])).stdout).toContain('Invisible character');
    const api = new URL('/v1/profiles/library/docker-nginx/versions/5.0.0', registry.url);
    const { diagnostics } = (await (await fetch(api)).json()) as { diagnostics: unknown };
    expect(JSON.stringify(diagnostics)).toContain('hidden-text');
    await succeed(['yank', 'docker-nginx@5.0.0', '--reason', 'a test']);

    await writeFile(readme, 'fine');
    await writeFile(manifest, text.replace('description = "', 'description = "\\u202e '));
    expect((await succeed(['lint', path])).stdout).toContain('aa-profile.toml:1:1: warning');
  });

  test('a package of a host program is not used by docker run', async () => {
    const pulled = async (name: string, head: string, manifest = '') => {
      const path = at(`package-${name}`);
      await mkdir(path);
      await writeFile(join(path, name), `abi <abi/3.0>,\n${head} {\n  /etc/hosts r,\n}\n`);
      await writeFile(
        join(path, 'aa-profile.toml'),
        `name = "${name}"\ndescription = "a host program"\nabi = "3.0"\nlicense = "MIT"\n${manifest}`,
      );
      await succeed(['publish', path, '--version', '1.0.0', '--key', at('key.pem')]);
      return (await succeed(['pull', name, '--root', at('host')])).stdout;
    };
    const attached = await pulled('backupd', 'profile backupd /usr/sbin/backupd');
    expect(attached).toContain('backupd confines /usr/sbin/backupd from its next start');
    expect(attached).not.toContain('docker');
    const bare = await pulled('mailer', 'profile mailer');
    expect(bare).toContain('[Service]\nAppArmorProfile=mailer\n');
    expect(bare).not.toContain('docker');

    const unit = ['run-args', 'backupd', '--runtime', 'systemd', '--root', at('host')];
    expect((await succeed(unit)).stdout).toBe('[Service]\nAppArmorProfile=backupd\n');
    const outcome = await succeed(['run-args', 'backupd', '--root', at('host')]);
    expect(outcome.stderr).toContain(
      'attaches to programs of the host: /usr/sbin/backupd (backupd)',
    );
    const wrong = 'entrypoint = ["--privileged"]\n';
    await expect(pulled('sneaky', 'profile sneaky', wrong)).rejects.toThrow(/entrypoint/);
  });

  test.each([
    ['docker', /^--security-opt apparmor=nginx-hardened --entrypoint nginx --publish 80:80 /],
    [
      'compose',
      /^security_opt:\n {2}- apparmor=nginx-hardened\nentrypoint: \["nginx","-g","daemon off;"\]\n/,
    ],
    ['kubernetes', /\ncommand: \["nginx","-g","daemon off;"\]\n/],
  ])('run-args for %s has the entry point of the package', async (runtime, expected) => {
    const args = ['run-args', 'nginx-hardened', '--runtime', runtime, '--root', at('host')];
    const outcome = await succeed(args);
    expect(outcome.stdout).toMatch(expected);
    if (runtime === 'docker') {
      expect(outcome.stderr).toContain("after the image, add: -g 'daemon off;'");
    }
  });

  test('pull --download-only verifies and writes the file', async () => {
    const trust = at('host/etc/aa-registry/trust.toml');
    await succeed([
      'pull',
      'docker-nginx@1.0.0',
      '--download-only',
      '-o',
      at('out'),
      '--trust',
      trust,
    ]);
    expect(await readFile(at('out'))).toEqual(
      await readFile(join(profiles, 'docker-nginx/docker-nginx')),
    );
    const verified = await succeed(['verify', 'docker-nginx@1.0.0', '--trust', trust]);
    expect(verified.stdout).toContain('Verified   library/docker-nginx@1.0.0');
    const alone = await run(['pull', 'docker-nginx', '--download-only']);
    expect(alone.code).toBe(2);
  });

  test('a host without trust installs nothing', async () => {
    await mkdir(at('bare'));
    const outcome = await run(['pull', 'docker-nginx', '--root', at('bare')]);
    expect(outcome).toMatchObject({ code: 3, stdout: '' });
    expect(outcome.stderr).toContain('trust init');
    expect(await readdir(at('bare'))).toEqual([]);
  });

  test('a host that trusts another key refuses', async () => {
    await succeed(['key', 'generate', '--out', at('other.pem')]);
    const key = (await readFile(at('other.pem.pub'), 'utf8')).split('\n')[1];
    await mkdir(at('strict/etc/aa-registry'), { recursive: true });
    const trusting = await readFile(at('host/etc/aa-registry/trust.toml'), 'utf8');
    await writeFile(
      at('strict/etc/aa-registry/trust.toml'),
      trusting.replace(/keys = .*/, `keys = ["${key}"]`),
    );
    const outcome = await run(['pull', 'docker-nginx', '--root', at('strict')]);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toContain('[envelope-untrusted-key]');
    expect(await readdir(at('strict/etc'))).toEqual(['aa-registry']);
  });

  test('a host refuses bytes that were changed in the database', async () => {
    const path = await packageFolder('docker-nginx', (text) => `${text}# 2.0.0\n`);
    await succeed(['publish', path, '--version', '2.0.0', '--key', at('key.pem')]);
    await succeed(['pull', 'docker-nginx@1.0.0', '--root', at('host')]);
    const file = at('host/etc/apparmor.d/aa-registry.library.docker-nginx');
    const before = await readFile(file);

    const db = await openFile(at('data/registry.db'));
    await db.$client.execute(
      `UPDATE contents SET text = replace(text, 'deny mount,', 'mount,')
       WHERE digest = (SELECT digest FROM versions WHERE version = '2.0.0')`,
    );
    const tampered = await run(['pull', 'docker-nginx@2.0.0', '--root', at('host')]);
    expect(tampered.code).toBe(3);
    expect(tampered.stderr).toContain('[digest-mismatch]');

    // The old version, served as the new one, is signed by its publisher, but as another version.
    await db.$client.execute(
      `UPDATE versions SET (digest, envelope) = (
         SELECT digest, envelope FROM versions AS older
         WHERE version = '1.0.0' AND older.profile_id = versions.profile_id)
       WHERE version = '2.0.0'`,
    );
    db.$client.close();
    const swapped = await run(['pull', 'docker-nginx@2.0.0', '--root', at('host')]);
    expect(swapped.code).toBe(3);
    expect(swapped.stderr).toContain('[statement-other-version]');
    expect(await readFile(file)).toEqual(before);
  });

  test('an older version is installed only if requested explicitly', async () => {
    const publish = async (version: string) => {
      const path = await packageFolder('docker-default', (text) => `${text}# ${version}\n`);
      await succeed(['publish', path, '--version', version, '--key', at('key.pem')]);
    };
    await publish('1.1.0');
    await succeed(['pull', 'docker-default', '--root', at('host')]);
    const db = await openFile(at('data/registry.db'));
    await db.$client.execute("UPDATE profiles SET latest = '1.0.0' WHERE name = 'docker-default'");
    db.$client.close();

    const refused = await run(['pull', 'docker-default', '--root', at('host')]);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('[version-older]');
    await succeed(['pull', 'docker-default@1.0.0', '--root', at('host')]);
  });

  test('a profile that another file defines is not installed', async () => {
    await mkdir(at('taken'), { recursive: true });
    await succeed(['trust', 'init', '--root', at('taken'), '--yes']);
    await mkdir(at('taken/etc/apparmor.d/containers'), { recursive: true });
    await writeFile(at('taken/etc/apparmor.d/containers/mine'), 'profile docker-nginx {\n}\n');
    // Boot loads a file in a folder only if another file includes it.
    await writeFile(at('taken/etc/apparmor.d/all'), 'include <containers>\n');
    const outcome = await run(['pull', 'docker-nginx@1.0.0', '--root', at('taken')]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('containers/mine');
    expect(await readdir(at('taken/etc/apparmor.d'))).toEqual(['all', 'containers']);
  });

  test('a root whose folders link out of it is refused', async () => {
    await mkdir(at('elsewhere'));
    const trust = at('host/etc/aa-registry/trust.toml');
    for (const place of [
      'etc/apparmor.d',
      'etc/aa-registry',
      'var/lib/aa-registry',
      'etc',
      'var',
    ]) {
      const root = at('escaping', place.replaceAll('/', '-'));
      await mkdir(dirname(join(root, place)), { recursive: true });
      await symlink(at('elsewhere'), join(root, place));
      const commands = [
        ['pull', 'docker-nginx@1.0.0', '--root', root, '--trust', trust],
        ['trust', 'init', '--root', root, '--yes'],
      ];
      for (const args of commands) {
        const outcome = await run(args);
        expect(outcome).toMatchObject({ code: 5, stdout: '' });
        expect(outcome.stderr).toContain('leads out of');
      }
    }
    expect(await readdir(at('elsewhere'))).toEqual([]);
    // A link within the root is not followed either.
    await mkdir(at('inside/usr/etc'), { recursive: true });
    await symlink('usr/etc', at('inside/etc'));
    const inside = await run(['trust', 'init', '--root', at('inside'), '--yes']);
    expect(inside).toMatchObject({ code: 5, stdout: '' });
    expect(inside.stderr).toContain(`${at('inside/etc')} is a link, which leads to usr/etc`);
  });

  test('trust init asks for confirmation and writes nothing without a terminal', async () => {
    await mkdir(at('asked'), { recursive: true });
    const outcome = await run(['trust', 'init', '--root', at('asked')]);
    expect(outcome.code).toBe(2);
    expect(outcome.stdout).toContain('sha256:');
    expect(await readdir(at('asked'))).toEqual([]);
    const again = await succeed(['trust', 'init', 'library', '--root', at('host'), '--yes']);
    expect(again.stderr).toContain('already trusted');
  });

  const wrong: [string[], number, string][] = [
    [[], 2, ''],
    [['frobnicate'], 2, 'is not a command'],
    [['serch'], 2, 'Did you mean "search"?'],
    [['key'], 2, '"key generate"'],
    [['pull'], 2, 'requires REF'],
    [['pull', 'Not A Reference'], 2, 'is not a reference'],
    [['show', 'a', 'b'], 2, 'Unexpected argument'],
    [['show', 'docker-nginx@stable'], 2, 'write docker-nginx:stable'],
    [['show', 'acme/web', '1.0.0'], 2, 'Did you mean "aa-registry show acme/web@1.0.0"?'],
    [
      ['channel', 'set', 'redis', 'stable', '1.0.0'],
      2,
      'Did you mean "aa-registry channel set redis@1.0.0 stable"?',
    ],
    [['yank', 'web@1.0.0', '--undo'], 2, 'A yank can’t be undone'],
    [['search', '--registry', '127.0.0.1:9'], 2, 'write http://127.0.0.1:9.'],
    [['search', '--registry', 'example.org'], 2, 'write https://HOST.'],
    [['pull', '--wrong', 'a'], 2, '--wrong'],
    [['publish', profiles], 2, '--version'],
    [['publish', profiles, '--version', 'one'], 2, 'not a semantic version'],
    [['publish', profiles, '--version', '1.0.0'], 1, 'aa-profile.toml'],
    [['lint', '/no/such/file'], 1, '/no/such/file'],
    [['search', '--registry', 'ftp://x'], 2, 'is not a registry address'],
    [['search', '--registry', 'http://127.0.0.1:9'], 4, "can't be reached"],
    [['key', 'add', 'library', '/no/such/file'], 1, '/no/such/file'],
    [['login', 'http://127.0.0.1:9'], 2, '--token-stdin'],
  ];
  test.each(wrong)('%j exits with %i and a clear message', async (args, code, message) => {
    const outcome = await run(args);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toContain('    at ');
    if (args.length > 0) expect(outcome.stdout).toBe('');
  });

  test('every command has help with an example', async () => {
    const overview = await succeed(['--help']);
    const names = [...overview.stdout.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}/gm)].map(
      ([, name]) => name ?? '',
    );
    expect(names).toContain('key generate');
    for (const name of names) {
      const help = await succeed([...name.split(' '), '--help']);
      expect(help.stdout, name).toContain(`Usage: aa-registry ${name}`);
      expect(help.stdout, name).toMatch(/Examples?:\n {2}\S/);
    }
    expect((await succeed(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('files that are not profiles are refused before anything is sent', async () => {
    const bad = async (bytes: Uint8Array | string) => {
      const path = await packageFolder('docker-nginx');
      await writeFile(join(path, 'docker-nginx'), bytes);
      return run(['publish', path, '--version', '7.0.0', '--key', at('key.pem')]);
    };
    const notUtf8 = await bad(Uint8Array.of(0x70, 0xc3, 0x28));
    expect(notUtf8).toMatchObject({ code: 1 });
    expect(notUtf8.stderr).toContain('not valid UTF-8');
    const nul = await bad('profile docker-nginx {\0}\n');
    expect(nul.stderr).toContain('NUL');
  });

  test.skipIf(!isRoot)(
    `without root, pull fails with a clear message and changes nothing${unlessRoot}`,
    async () => {
      const outcome = await run(['pull', 'docker-nginx'], { uid: nobody });
      expect(outcome).toMatchObject({ code: 5, stdout: '' });
      expect(outcome.stderr).toContain('Nothing was changed: loading a profile requires root.');
    },
  );

  // With AppArmor in the kernel this would install on the test machine; test/system/kernel covers that.
  test.skipIf(!isRoot || kernel.ok)(
    `without AppArmor, pull fails with a clear message and changes nothing${kernel.ok ? ' (skipped: the kernel has it)' : unlessRoot}`,
    async () => {
      const before = await readdir('/etc/apparmor.d').catch(() => []);
      const outcome = await run(['pull', 'docker-nginx']);
      expect(outcome).toMatchObject({ code: 5, stdout: '' });
      expect(outcome.stderr).toContain('Nothing was changed: this kernel has no AppArmor.');
      expect(await readdir('/etc/apparmor.d').catch(() => [])).toEqual(before);
    },
  );
});
