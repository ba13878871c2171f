// The first steps of a new user, and common mistakes.
import { chmod, cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { topics } from '../../cli/commands.ts';
import { startRegistry } from '../../worker/node.ts';
import { command } from '../command.ts';
import { scratch } from './cli.ts';

const nginx = join(import.meta.dirname, '../../profiles/docker-nginx');

describe('first use', () => {
  let folder: string;
  let clean: () => Promise<void>;
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let env: NodeJS.ProcessEnv;
  const at = (...parts: string[]) => join(folder, ...parts);
  const run = (...args: string[]) => command(args, env);
  const done = async (...args: string[]) => {
    const outcome = await run(...args);
    expect(outcome.code, `${args.join(' ')}: ${outcome.output}`).toBe(0);
    return outcome;
  };
  const failure = async (...args: string[]) => {
    const { code, stdout } = await run(...args, '--format', 'json');
    const { error } = JSON.parse(stdout);
    expect(error.exitCode).toBe(code);
    return error as { id: string; message: string; next: string | null; exitCode: number };
  };
  /** A copy of the shipped package with a manifest and policy changed by `change`. */
  async function made(name: string, manifest = (text: string) => text, rule = ''): Promise<string> {
    await cp(nginx, at(name), { recursive: true });
    const file = at(name, 'aa-profile.toml');
    await writeFile(file, manifest(await readFile(file, 'utf8')));
    const policy = at(name, 'docker-nginx');
    await writeFile(policy, (await readFile(policy, 'utf8')).replace(/\}\n$/, `${rule}}\n`));
    return at(name);
  }

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    registry = await startRegistry({ data: at('data'), host: '127.0.0.1', port: 0 });
    env = {
      AA_REGISTRY: registry.url,
      AA_TOKEN: registry.adminToken,
      AA_CONFIG: at('none'),
      AA_KEY_PASSPHRASE: '',
      XDG_CONFIG_HOME: at('config'),
      XDG_STATE_HOME: at('state'),
    };
    await done('team', 'create', 'library');
    await done('key', 'generate');
    await done('key', 'add', 'library', at('config/aa-registry/signing-key.pem.pub'));
    await done('publish', await made('one'), '--version', '1.0.0');
    await done('publish', await made('two', undefined, '  /srv/two r,\n'), '--version', '1.1.0');
    await mkdir(at('host'), { recursive: true });
    await done('trust', 'init', '--root', at('host'), '--yes');
  });
  afterAll(async () => {
    await registry.close();
    await clean();
  });

  test('publishing the same version again is reported; another manifest is refused, also by a dry run', async () => {
    const again = await done('publish', at('one'), '--version', '1.0.0');
    expect(again.lines[0]).toBe('library/docker-nginx@1.0.0 is already published, unchanged');
    expect(again.output).not.toContain('Published library');
    const dry = await done('publish', at('one'), '--version', '1.0.0', '--dry-run');
    expect(dry.lines[0]).toBe(again.lines[0]);
    const other = await made('other', (text) =>
      text.replace(/description = .*/, 'description = "x"'),
    );
    for (const more of [[], ['--dry-run']]) {
      const args = ['publish', other, '--version', '1.0.0', ...more];
      expect(await failure(...args)).toMatchObject({ id: 'version-exists', exitCode: 1 });
    }
    const fresh = await done('publish', other, '--version', '7.0.0', '-n');
    expect(fresh.lines[0]).toBe('Would publish library/docker-nginx@7.0.0');
    expect((await run('show', 'docker-nginx@7.0.0')).code).toBe(1);
    await done('key', 'generate', '--out', at('strange.pem'));
    const strange = ['publish', other, '--version', '7.0.0', '-n', '--key', at('strange.pem')];
    expect(await failure(...strange)).toMatchObject({ id: 'key-unregistered' });
  });

  test('a token has the documented default scope', async () => {
    const made = JSON.parse((await done('token', 'create', 'ci', '--format', 'json')).stdout);
    expect(made).toMatchObject({ scope: 'publish', team: null });
    expect((await done('token', 'create', 'ci')).output).toContain('valid in every team');
    const team = await done('token', 'create', 'ci', '--team', 'library');
    expect(team.output).not.toContain('every team');
    const admin = await done('token', 'create', 'ops', '--scope', 'admin');
    expect(admin.output).toContain('It has administrator rights');
  });

  test('serve refuses a folder with the state of a host', async () => {
    await done('pull', 'docker-nginx@1.0.0', '--root', at('host'));
    const state = at('host/var/lib/aa-registry');
    const { mode } = await stat(state);
    for (const args of [
      ['serve', '--data', state, '--port', '0'],
      ['serve', '--port', '0'],
    ]) {
      const outcome = await command(args, { ...env, AA_SERVE_DATA: state });
      expect(outcome).toMatchObject({
        code: 1,
        output: expect.stringContaining('installed state'),
      });
    }
    const restored = await run('admin', 'restore', at('none.db'), '--data', state);
    expect(restored).toMatchObject({ code: 1 });
    expect((await stat(state)).mode).toBe(mode);
    await expect(stat(join(state, 'registry.db'))).rejects.toThrow('ENOENT');
    const none = await run('serve', '--data', '/var/lib/aa-registry', '--port', '0');
    expect(none.output).toContain('the installed state of a host');
    expect(none.output).not.toContain('registry.db');
  });

  test('-o - is standard output, and missing folders are not created', async () => {
    const root = ['--root', at('host')];
    const text = await readFile(at('two/docker-nginx'), 'utf8');
    const piped = await done('pull', 'docker-nginx', '--download-only', '-o', '-', ...root);
    expect(piped.stdout).toBe(text);
    const bundle = await done('bundle', 'docker-nginx', '-o', '-', ...root);
    expect(JSON.parse(bundle.stdout)).toHaveProperty('offers');
    for (const args of [
      ['pull', 'docker-nginx', '--download-only'],
      ['bundle', 'docker-nginx'],
    ]) {
      const error = await failure(...args, '-o', at('no/such/file'), ...root);
      expect(error).toMatchObject({
        id: 'file-missing',
        message: `${at('no/such')} does not exist.`,
      });
      expect(await failure(...args, '-o', '-', ...root)).toMatchObject({ id: 'usage' });
    }
    await expect(stat(at('no'))).rejects.toThrow('ENOENT');
    await expect(stat('-')).rejects.toThrow('ENOENT');
  });

  test('pull shows the old and the new version, and the usage of new profiles', async () => {
    await mkdir(at('pulls'), { recursive: true });
    const root = ['--root', at('pulls')];
    await done('trust', 'init', ...root, '--yes');
    const first = await done('pull', 'docker-nginx@1.0.0', ...root);
    expect(first.lines[0]).toBe('Installed docker-nginx 1.0.0');
    expect(first.stdout).toContain('docker run --security-opt apparmor=docker-nginx');
    expect((await done('pull', 'docker-nginx', ...root)).lines).toEqual([
      'Updated docker-nginx from 1.0.0 to 1.1.0',
    ]);
    expect((await done('pull', 'docker-nginx', ...root)).lines).toEqual([
      'docker-nginx 1.1.0 is already installed',
    ]);
    expect((await done('pull', 'docker-nginx@1.0.0', ...root)).lines).toEqual([
      'Downgraded docker-nginx from 1.1.0 to 1.0.0',
    ]);
    expect((await done('run-args', 'docker-nginx', ...root)).lines).toHaveLength(1);
  });

  test('a host without a network syncs from a bundle, which can be verified first', async () => {
    await mkdir(at('alone'), { recursive: true });
    const root = ['--root', at('alone')];
    await done('trust', 'init', ...root, '--yes');
    const away = ['--registry', 'http://127.0.0.1:9', '--offline', ...root];
    await writeFile(
      at('alone/etc/aa-registry/profiles.toml'),
      'profiles = ["docker-nginx@^1.0"]\n',
    );
    const bundle = (name: string, ...references: string[]) =>
      done('bundle', ...references, '-o', at(name), ...root);
    await bundle('old.bundle', 'docker-nginx@1.0.0');
    await bundle('new.bundle', 'docker-nginx@1.1.0');
    const verified = await done('verify', '--bundle', at('new.bundle'), ...away);
    expect(verified.lines[0]).toContain('library/docker-nginx@1.1.0');
    expect((await run('verify', 'web', '--bundle', at('new.bundle'), ...away)).code).toBe(1);
    const dry = await run('sync', '--bundle', at('old.bundle'), '-n', ...away);
    expect(dry).toMatchObject({ code: 6 });
    const first = await done('sync', '--bundle', at('old.bundle'), ...away);
    expect(first.lines).toEqual(['Installed docker-nginx 1.0.0']);
    const next = await done('sync', '--bundle', at('new.bundle'), ...away);
    expect(next.lines).toEqual(['Updated docker-nginx from 1.0.0 to 1.1.0']);
    expect((await done('sync', '--bundle', at('old.bundle'), ...away)).output).toContain('older');
    await writeFile(
      at('alone/etc/aa-registry/profiles.toml'),
      'profiles = ["docker-nginx", "web", "api:stable"]\n',
    );
    const lacking = await run('sync', '--bundle', at('new.bundle'), ...away);
    expect(lacking).toMatchObject({
      code: 1,
      output: expect.stringContaining('not in the bundle'),
    });
    expect(await failure('sync', '--offline', ...root)).toMatchObject({ id: 'usage' });
    const forged = (await readFile(at('new.bundle'), 'utf8')).replace(
      /"profile":"..../,
      '"profile":"AAAA',
    );
    await writeFile(at('forged.bundle'), forged);
    const refused = await failure('verify', '--bundle', at('forged.bundle'), ...away);
    expect(refused).toMatchObject({ id: 'digest-mismatch', exitCode: 3 });
  });

  test('a missing root is an error for every command', async () => {
    const commands = [
      ['status'],
      ['doctor', '--offline'],
      ['remove', 'web'],
      ['pull', 'web'],
      ['pull', 'web', '--dry-run'],
      ['verify', 'web'],
      ['sync'],
      ['lock'],
      ['rollback', 'web'],
      ['enforce', 'web'],
      ['trust', 'show'],
      ['trust', 'init', '--yes'],
      ['trust', 'add', 'team'],
    ];
    for (const args of commands) {
      const error = await failure(...args, '--root', at('nowhere'));
      expect(error, args.join(' ')).toMatchObject({ id: 'no-root', exitCode: 2 });
    }
    expect(await run('run-args', 'web', '--root', at('nowhere'))).toMatchObject({ code: 2 });
  });

  test('doctor and pull use the same apparmor_parser for another root', async () => {
    const root = ['--root', at('host')];
    const findings = async () => {
      const { stdout } = await run('doctor', '--offline', ...root, '--format', 'json');
      const found: { id: string; result: string }[] = JSON.parse(stdout).findings;
      return Object.fromEntries(found.map(({ id, result }) => [id, result]));
    };
    expect(await findings()).toMatchObject({ parser: 'fail', 'kernel-apparmor': 'ok' });
    const none = 'It has no apparmor_parser';
    expect((await done('pull', 'docker-nginx', ...root)).output).toContain(none);
    await mkdir(at('host/usr/sbin'), { recursive: true });
    await writeFile(at('host/usr/sbin/apparmor_parser'), '');
    expect(await findings()).toMatchObject({ parser: 'ok' });
    expect((await done('pull', 'docker-nginx', ...root)).output).not.toContain(none);
  });

  test('lists have headings, and yanked versions are marked', async () => {
    await done('user', 'create', 'ada');
    await done('member', 'add', 'library', 'ada', '--role', 'reader');
    for (const [args, headings] of [
      ['token list', /^ID +OWNER +SCOPE +CREATED +USED +LABEL$/],
      ['user list', /^USER +ROLE +CREATED$/],
      ['member list library', /^USER +ROLE +ADDED$/],
      ['key list library', /^KEY ID +ADDED +LABEL$/],
      ['search', /^PROFILE +LATEST +DESCRIPTION$/],
      ['explain', /^ID +SEVERITY +MEANING$/],
    ] as const) {
      expect((await done(...args.split(' '))).lines[0], args).toMatch(headings);
    }
    expect((await done('search', 'nothing-like-it')).stdout).toBe('');
    await done('yank', 'docker-nginx@1.0.0', '--reason', 'old');
    const again = await done('yank', 'docker-nginx@1.0.0', '--reason', 'bad again');
    expect(again.stdout).toContain('is already yanked: old. The reason was not changed.');
    expect((await done('show', 'docker-nginx')).stdout).toMatch(
      /^Versions +1\.1\.0, 1\.0\.0 \(yanked\)$/m,
    );
  });

  test('login checks the registry before it asks for a token', async () => {
    expect(await run('login', '--token-stdin', 'http://127.0.0.1:9')).toMatchObject({ code: 4 });
    const terminal = await run('login', registry.url);
    expect(terminal).toMatchObject({ code: 2, output: expect.stringContaining('--token-stdin') });
  });

  test.each<[change: (text: string) => string, ...output: string[]]>([
    [(text) => text.replace('license', 'licence'), 'licence: unknown field', 'mean "license"?'],
    [(text) => text.replace('name', 'nmae'), 'mean "name"?'],
    [(text) => text.replace(/^abi.*\n/m, ''), 'abi: is missing', 'such as abi = "3.0"'],
    [(text) => text.replace('["nginx"]', '"nginx"'), 'images: must be an array'],
    [
      (text) => text.replace(/description = .*/, 'description = 5'),
      'description: must be a quoted string',
    ],
    [(text) => text.replace('Apache-2.0', 'Apache 2.0'), 'SPDX', 'mean "Apache-2.0"?'],
    [(text) => text.replace('Apache-2.0', 'mit or gplv2'), 'mean "MIT OR GPL-2.0-only"?'],
    [(text) => text.replace('Apache-2.0', 'Ours alone'), 'LicenseRef-NAME'],
    [(text) => `${text}links = { hompage = "https://x.org" }\n`, 'links.hompage', '"homepage"?'],
    [(text) => `${text}links = { source = "http://x.org" }\n`, 'links.source: must be an https'],
    [(text) => `${text}tags = ["Web"]\n`, 'tags.0: must be lower-case letters'],
  ])(
    'an invalid manifest is reported with the field and a suggestion: %#',
    async (change, ...texts) => {
      const error = await failure(
        'publish',
        await made(`bad-${Math.random()}`, change),
        '--version',
        '9.0.0',
      );
      expect(error.id).toBe('package-invalid');
      for (const text of texts) expect(error.message).toContain(text);
      expect(error.message).not.toMatch(/Invalid input|Unrecognized|expected/);
      // The suggested key is not also reported as missing.
      if (texts[1] === 'mean "license"?') expect(error.message).not.toContain('is missing');
    },
  );

  test('LicenseRef and SPDX expressions are valid licences', async () => {
    for (const license of ['LicenseRef-ours', 'MIT OR (Apache-2.0 AND GPL-2.0-or-later)']) {
      const package_ = await made(`ok-${license.length}`, (text) =>
        text.replace('Apache-2.0', license),
      );
      expect((await done('publish', package_, '--version', '9.0.0', '-n')).code).toBe(0);
    }
  });

  test.each<[args: string, code: number, ...output: string[]]>([
    ['publish AT/nodir --version 1.0.0', 1, 'folder AT/nodir not found.'],
    ['publish AT/data --version 1.0.0', 1, 'has no aa-profile.toml; a package is a folder'],
    ['publish AT/data --version 1.0.0', 1, 'To start one: aa-registry init AT/data'],
    ['lint AT/one/aa-profile.toml', 1, 'Name the folder of the package instead: AT/one'],
    ['pull web --root AT/none', 2, 'To create it: mkdir AT/none'],
    ['show docker-nginx@77.0.0', 1, 'To see its versions: aa-registry show library/docker-nginx'],
    ['show nosuch', 1, 'To find a profile: aa-registry search nosuch'],
    ['publish AT/one/docker-nginx --version 1.0.0', 1, 'is a file; a package is a folder'],
    ['publish AT/one --version 2.0.0 --key AT/public.pub', 1, 'is a public key'],
    ['team quota library --profiles -1', 2, '--profiles takes a whole number', 'not "-1"'],
    ['team quota library --profiles', 2, '--profiles requires a value: --profiles N'],
    ['status --all=yes', 2, '--all takes no value.', 'Usage: aa-registry status [NAME…] [OPTIONS]'],
    ['status --of-line', 2, 'Unknown option "--of-line"', '"aa-registry status --help"'],
    ['log verify --root AT/none', 3, '--log-key VKEY', 'trust init'],
    ['log watch nosuch --once --root AT/host', 0, 'has no team nosuch', 'Nothing new of nosuch'],
  ])('%s exits with %i', async (args, code, ...output) => {
    await cp(at('config/aa-registry/signing-key.pem.pub'), at('public.pub'));
    await chmod(at('public.pub'), 0o644);
    const outcome = await run(...args.replaceAll('AT', folder).split(' '));
    for (const text of output) expect(outcome.output).toContain(text.replaceAll('AT', folder));
    expect(outcome.output).not.toContain('chmod');
    expect(outcome.code, outcome.output).toBe(code);
  });

  test('messages about the log use singular and plural', async () => {
    const { stdout } = await done('log', 'verify', '--root', at('host'));
    expect(stdout).toMatch(/: 1 key, 2 versions/);
  });

  test('an unencrypted key, without a terminal for a passphrase, causes a warning', async () => {
    const silent = { ...env, AA_KEY_PASSPHRASE: undefined };
    const plain = await command(['key', 'generate', '--out', at('plain.pem')], silent);
    expect(plain.output).toContain('Warning: the private key is not encrypted');
    expect(plain.output).toContain('An owner of the team or an administrator registers it');
    const meant = ['key', 'generate', '--no-passphrase', '--out', at('meant.pem')];
    expect((await command(meant, silent)).output).not.toContain('Warning');
  });

  test('the usage of every command mentions its options', async () => {
    for (const { commands } of topics) {
      for (const name of Object.keys(commands)) {
        expect((await run(...name.split(' '), '--help')).stdout).toMatch(
          /^Usage: [^\n]*(\n {7}[^\n]*)*\[OPTIONS\]$/m,
        );
      }
    }
  });

  test('publish says what a version permits beyond the latest one, and signs the reason', async () => {
    const wider = await made('wider', undefined, '  capability sys_time,\n  deny /srv/two r,\n');
    const reason = 'sets the clock';
    const dry = await done('publish', wider, '--version', '3.0.0', '-n', '--widens', reason);
    expect(dry.output).toContain('What it permits, compared with 1.1.0:');
    expect(dry.output).toMatch(
      /capability\n.*\+ sys_time\n.*docker-nginx@3\.0\.0:\d+: capability sys_time,/,
    );
    expect(dry.output).toMatch(/- r: \/srv\/two/);
    const as = ['--version', '1.1.0-rc.1', '--widens', reason, '--format', 'json'];
    const published = JSON.parse((await done('publish', wider, ...as)).stdout);
    expect(published).toMatchObject({ latest: '1.1.0', policy: { same: false } });
    expect((await done('show', 'docker-nginx@1.1.0-rc.1')).output).toMatch(
      /Permits more +sets the clock/,
    );

    const same = await done('publish', at('two'), '--version', '3.0.0', '-n');
    expect(same.output).toContain('It permits the same as 1.1.0.');
    const long = ['publish', wider, '--version', '3.0.0', '-n', '--widens', 'x'.repeat(301)];
    expect(await failure(...long)).toMatchObject({ exitCode: 2 });
  });
});
