import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Base } from '../../contract/index.ts';
import { migrate } from '../../db/migrate.ts';
import { openFile } from '../../db/node.ts';
import { hostRelease } from '../../sdk/host/release.ts';
import {
  createPublisher,
  expectStatus,
  type Publisher,
  profileText,
  publish,
} from '../publisher.ts';
import { node, type TestRegistry } from '../runtimes.ts';
import { aaRegistry, scratch, startHere } from './cli.ts';

const files = {
  'abi/4.0': '',
  'abstractions/base': '  /base/** r,\n  include if exists <abstractions/base.d>\n',
  'abstractions/base.d/more': '  /more r,\n',
  'tunables/global': '@{HOME}=/root/\n',
};

async function writeBase(folder: string, all: Record<string, string> = files): Promise<void> {
  for (const [path, text] of Object.entries(all)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

const ownRelease = await hostRelease();

describe('admin base import', () => {
  let at: (path: string) => string;
  let clean: () => Promise<void>;
  beforeEach(async () => {
    const folder = await scratch();
    clean = folder.clean;
    at = (path) => join(folder.path, path);
    await mkdir(at('data'));
    const db = await openFile(at('data/registry.db'));
    await migrate(db);
    db.$client.close();
    await writeBase(at('base'));
  });
  afterEach(() => clean());

  const run = (...more: string[]) =>
    aaRegistry([
      ...['admin', 'base', 'import', '--release', '4.1', at('base'), '--data', at('data')],
      ...more,
    ]);

  test('reads the three folders; importing the same files again changes nothing', async () => {
    await writeBase(at('base'), {
      'abstractions/old.dpkg-old': 'not this',
      'local/base': 'nor this',
      'usr.bin.man': 'nor a profile',
    });
    const first = await run();
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(
      /^Imported the base policy of AppArmor 4\.1 from .*: 4 files \(1 abi, 2 abstractions, 1 tunables\), \d+ bytes\.\nDigest sha256:[0-9a-f]{64}\n$/,
    );
    const second = await run('--format', 'json');
    expect(JSON.parse(second.stdout)).toMatchObject({ release: '4.1', files: 4, changed: false });
    await writeBase(at('base'), { 'abi/4.0': 'changed\n' });
    const third = await run('--format', 'json');
    expect(JSON.parse(third.stdout)).toMatchObject({ changed: true });
  });

  test('links within the folder are followed', async () => {
    await symlink('base', at('base/abstractions/alias'));
    const { stdout } = await run('--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ files: 5 });
  });

  test.each<[string, RegExp, (folder: string) => Promise<unknown> | unknown]>([
    [
      'a link to a file outside',
      /leaves the folder.*passwd/,
      (base) => symlink('/etc/passwd', join(base, 'abstractions/x')),
    ],
    [
      'a link to a folder outside',
      /leaves the folder/,
      (base) => symlink('/etc', join(base, 'abstractions/x')),
    ],
    [
      'a folder that is a link to the outside',
      /leaves the folder/,
      async (base) => {
        await rm(join(base, 'tunables'), { recursive: true });
        await symlink('/etc', join(base, 'tunables'));
      },
    ],
    ['a dangling link', /leads nowhere/, (base) => symlink('gone', join(base, 'abstractions/x'))],
    ['a loop of links', /nested deeper/, (base) => symlink('.', join(base, 'abstractions/x'))],
    [
      'a FIFO',
      /neither a regular file/,
      (base) => spawnSync('mkfifo', [join(base, 'abstractions/x')]),
    ],
    [
      'a file that is not UTF-8',
      /UTF-8/,
      (base) => writeFile(join(base, 'abstractions/x'), Buffer.from([0xff])),
    ],
    ['a file with a NUL', /NUL/, (base) => writeFile(join(base, 'abstractions/x'), 'a\0b')],
    [
      'a large file',
      /4 MiB/,
      (base) => writeFile(join(base, 'abstractions/x'), 'x'.repeat(5 << 20)),
    ],
    [
      'no base policy',
      /no base policy/,
      async (base) => {
        await rm(base, { recursive: true });
        await mkdir(base);
      },
    ],
  ])('%s is refused, and nothing changes', async (_, message, prepare) => {
    await prepare(at('base'));
    const refused = await run();
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(message);
    const db = await openFile(at('data/registry.db'));
    expect((await db.$client.execute('SELECT * FROM bases')).rows).toEqual([]);
    db.$client.close();
  });

  test.each([
    ['no release', ['admin', 'base', 'import', '.'], 2],
    ['an unknown release', ['admin', 'base', 'import', '.', '--release', '9.9'], 2],
    [
      'data and a registry',
      [...'admin base import . --release 3.0 --data x --registry http://127.0.0.1:1'.split(' ')],
      2,
    ],
    ['no folder', ['admin', 'base', 'import', '/nonexistent', '--release', '3.0'], 1],
  ])('%s is an error', async (_, args, code) => {
    const outcome = await aaRegistry(args);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).not.toContain('unexpected');
  });

  test('a running registry serves it immediately, and "admin check" detects a changed text', async () => {
    const registry = await startHere(at('data'));
    try {
      expect((await run()).code).toBe(0);
      const response = await fetch(`${registry.url}/v1/bases`);
      const { items } = (await response.json()) as { items: Base[] };
      expect(items).toMatchObject([{ release: '4.1', files: 4 }]);
      const content = await fetch(`${registry.url}/v1/bases/${items[0]?.digest}`);
      expect(await content.json()).toEqual({ files });
    } finally {
      await registry.close();
    }
    const db = await openFile(at('data/registry.db'));
    await db.$client.execute("UPDATE base_contents SET text = text || ' '");
    db.$client.close();
    const checked = await aaRegistry(['admin', 'check', '--data', at('data')]);
    expect(checked.stdout).toContain('content-differs: the text stored as sha256:');
    expect(checked.code).toBe(1);
  });
});

describe('--target with the base policy of a registry', () => {
  let registry: TestRegistry;
  let at: (path: string) => string;
  let clean: () => Promise<void>;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    registry = await node.start();
    const folder = await scratch();
    clean = folder.clean;
    at = (path) => join(folder.path, path);
    await writeBase(at('base'));
    await writeFile(
      at('web'),
      'abi <abi/4.0>,\ninclude <tunables/global>\nprofile web {\n  include <abstractions/base>\n}\n',
    );
    const args = ['admin', 'base', 'import', '--release', '6.0', at('base')];
    const options = { env: { AA_TOKEN: registry.adminToken } };
    const sent = await aaRegistry([...args, '--registry', registry.url], options);
    expect(sent).toMatchObject({ code: 0 });
    const refused = await aaRegistry([...args, '--registry', registry.url]);
    expect(refused.code).toBe(1);
  });
  afterAll(async () => {
    await registry.close();
    await clean();
  });
  beforeEach(async () => {
    await rm(at('cache'), { recursive: true, force: true });
    env = { AA_REGISTRY: registry.url, XDG_CACHE_HOME: at('cache') };
  });

  const can = (path: string, ...more: string[]) =>
    aaRegistry(['can', at('web'), 'read', path, '--target', '6.0', ...more], { env });
  const contents = async () =>
    (await readdir(at('cache/aa-registry/bases'))).filter((name) => name !== 'lists');

  test('can, check and lint read it', async () => {
    const found = await can('/base/x');
    expect(found.stdout).toMatch(/^yes\n {2}base-6\.0:abstractions\/base:1: \/base\/\*\* r/);
    expect(found.stderr).toMatch(/^Base policy of AppArmor 6\.0: sha256:[0-9a-f]{64}, from http/);
    expect((await can('/more')).stdout).toContain('base-6.0:abstractions/base.d/more:1');
    expect((await can('/etc/passwd')).code).toBe(1);
    for (const command of ['check', 'lint']) {
      const args = [command, at('web'), '--target', '6.0', '--format', 'json'];
      const { code, stdout } = await aaRegistry(args, { env });
      expect(code, stdout).toBe(0);
      expect(stdout).not.toContain('unseen-include');
    }
    await writeFile(
      at('missing'),
      'abi <abi/4.0>,\nprofile x {\n  include <abstractions/kde>\n}\n',
    );
    const missing = await aaRegistry(['check', at('missing'), '--target', '6.0'], { env });
    expect(missing.stdout).toContain('The included file <abstractions/kde> was not found');
  });

  test.skipIf(ownRelease === undefined)(
    'for its own release, a machine uses its own files',
    async () => {
      const release = ownRelease ?? '';
      const args = ['admin', 'base', 'import', '--release', release, at('base')];
      const options = { env: { AA_TOKEN: registry.adminToken } };
      expect((await aaRegistry([...args, '--registry', registry.url], options)).code).toBe(0);
      const before = registry.traffic.length;
      const found = await aaRegistry(['can', at('web'), 'read', '/base/x', '--target', release], {
        env,
      });
      expect(found.stdout).not.toMatch(/^yes/);
      expect(found.stderr).not.toContain('Base policy');
      expect(registry.traffic.length).toBe(before);
    },
  );

  test('missing files are found in the folders of -I', async () => {
    await mkdir(at('more/local'), { recursive: true });
    await writeFile(at('more/local/web'), '  /local r,\n');
    await writeFile(
      at('with-local'),
      'profile web { include <local/web> include <abstractions/base> }\n',
    );
    const args = ['can', at('with-local'), 'read', '/local', '--target', '6.0', '-I', at('more')];
    expect((await aaRegistry(args, { env })).stdout).toMatch(/^yes/);
  });

  test('it is cached: without the registry, and with --offline', async () => {
    expect((await can('/base/x', '--offline')).stderr).toContain('is cached from');
    expect((await can('/base/x')).code).toBe(0);
    expect(await contents()).toHaveLength(1);
    const before = registry.traffic.length;
    expect((await can('/base/x', '--offline')).stdout).toMatch(/^yes/);
    expect(registry.traffic.length).toBe(before);
    expect((await can('/base/x')).stdout).toMatch(/^yes/);
    // The list only.
    expect(registry.traffic.length).toBe(before + 1);
  });

  test('a changed cached copy is not used', async () => {
    await can('/base/x');
    const [name = ''] = await contents();
    const path = at(`cache/aa-registry/bases/${name}`);
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('/base/**', '/etc/**'));
    expect((await can('/etc/passwd', '--offline')).stdout).not.toMatch(/^yes/);
    expect((await can('/etc/passwd')).code).toBe(1);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  test.skipIf(process.getuid?.() !== 0)(
    'root does not use another user’s cached list',
    async () => {
      await can('/base/x');
      spawnSync('chown', ['-R', '1000', at('cache')]);
      await chmod(at('cache'), 0o755);
      expect((await can('/base/x', '--offline')).stdout).not.toMatch(/^yes/);
    },
  );

  test('without a base policy, the release’s files are known by name', async () => {
    const args = ['check', at('web'), '--target', '5.0'];
    const { stderr, code } = await aaRegistry(args, { env });
    expect(stderr).toContain('has no base policy of AppArmor 5.0');
    expect(stderr).toContain('aa-registry admin base import --release 5.0 DIR');
    const twice = await aaRegistry(['diff', at('web'), at('web'), '--target', '5.0'], { env });
    expect(twice.stderr.match(/has no base policy/g)).toHaveLength(1);
    const instead = 'Included files are read from this machine’s /etc/apparmor.d';
    expect(twice.stderr).toContain(instead);
    expect(code).toBe(0);
    // The default registry was not configured, so its absence is not reported.
    const unnamed = await aaRegistry(args, { env: { XDG_CACHE_HOME: at('cache') } });
    expect(unnamed.stderr).not.toContain('base policy');
    expect(unnamed.stderr).toContain(instead);
    const away = { ...env, AA_REGISTRY: 'http://127.0.0.1:1' };
    const gone = await aaRegistry(args, { env: away });
    expect(gone.stderr).toContain('is not available');
    expect(gone.code).toBe(0);
  });

  test('a base policy reads no files of this machine', async () => {
    await cp(at('base'), at('hostile'), { recursive: true });
    await writeFile(at('secret'), '  /secret-was-read r,\n');
    await writeBase(at('hostile'), {
      'abstractions/base': `  include "${at('secret')}"\n  include "../secret"\n`,
    });
    const args = ['admin', 'base', 'import', '--release', '4.0', at('hostile')];
    const options = { env: { AA_TOKEN: registry.adminToken } };
    expect((await aaRegistry([...args, '--registry', registry.url], options)).code).toBe(0);
    const canArgs = ['can', at('web'), 'read', '/secret-was-read', '--target', '4.0'];
    const { stdout, code } = await aaRegistry(canArgs, { env });
    expect(code).toBe(2);
    expect(stdout).not.toContain('secret-was-read');
  });
});

describe('can with a reference', { timeout: 60_000 }, () => {
  let registry: TestRegistry;
  let library: Publisher;
  let at: (path: string) => string;
  let clean: () => Promise<void>;
  let trust: string[];
  beforeAll(async () => {
    registry = await node.start();
    library = await createPublisher(registry, 'library');
    const folder = await scratch();
    clean = folder.clean;
    at = (path) => join(folder.path, path);
    for (const [version, path] of [
      ['1.0.0', '/one'],
      ['1.1.0', '/two'],
    ] as const) {
      const text = profileText('web', path);
      await expectStatus(201, publish(registry, library, { name: 'web', version, text }));
    }
    const stranger = await createPublisher(registry, 'stranger');
    await expectStatus(
      201,
      publish(registry, stranger, { name: 'web', version: '1.0.0', text: profileText('web') }),
    );
    const root = at('host');
    await mkdir(root, { recursive: true });
    const init = ['trust', 'init', '--root', root, '--registry', registry.url, '--yes'];
    expect((await aaRegistry(init)).code).toBe(0);
    trust = ['--trust', join(root, 'etc/aa-registry/trust.toml')];
  });
  afterAll(async () => {
    await registry.close();
    await clean();
  });

  const can = (reference: string, path: string, ...more: string[]) =>
    aaRegistry(['can', reference, 'read', path, ...trust, ...more], {
      env: { HOME: at('home'), AA_REGISTRY: registry.url },
    });

  test.each([
    ['web@1.0.0', '/srv/web/one/a', 0],
    ['web@1.0.0', '/srv/web/two/a', 1],
    ['library/web', '/srv/web/two/a', 0],
    ['web@^1.0', '/srv/web/two/a', 0],
    ['web:latest', '/srv/web/two/a', 0],
  ])('%s read %s', async (reference, path, code) => {
    const found = await can(reference, path, '--format', 'json');
    expect(found.code, found.stdout + found.stderr).toBe(code);
    const data = JSON.parse(found.stdout) as { reference: string; digest: string };
    expect(data.reference).toMatch(/^library\/web@1\.[01]\.0$/);
    expect(data.digest).toMatch(/^sha256:/);
  });

  test('the rules are those of the version', async () => {
    expect((await can('web@1.0.0', '/srv/web/one/a')).stdout).toMatch(
      /^yes\n {2}library\/web@1\.0\.0:\d+: /,
    );
  });

  test('is refused like by verify', async () => {
    for (const reference of ['stranger/web', 'web@9.0.0', 'none/none']) {
      const outcome = await can(reference, '/srv/web/one/a');
      const verified = await aaRegistry(['verify', reference, ...trust], {
        env: { HOME: at('home'), AA_REGISTRY: registry.url },
      });
      expect(verified.code).not.toBe(0);
      const start = `No file or folder is named ${reference}, and as a reference it can’t be fetched: `;
      expect(outcome.stderr.replace(start, '')).toBe(verified.stderr);
      expect(outcome.stderr.includes(start)).toBe(!reference.includes('@'));
      expect([outcome.code, outcome.stdout]).toEqual([verified.code, verified.stdout]);
    }
  });

  test('bytes other than the signed ones are refused', async () => {
    const text = profileText('tampered', '/one');
    await expectStatus(
      201,
      publish(registry, library, { name: 'tampered', version: '1.0.0', text }),
    );
    await registry.db.$client.execute(
      "UPDATE contents SET text = replace(text, '/one', '/two') WHERE text LIKE '%profile tampered%'",
    );
    const found = await can('tampered', '/srv/tampered/two/a');
    expect(found).toMatchObject({ code: 3, stdout: '' });
  });

  test('a file of that name takes precedence; a path is not a reference', async () => {
    await mkdir(at('library'), { recursive: true });
    await writeFile(at('library/web'), 'profile mine { /mine r, }\n');
    const own = await aaRegistry(['can', 'library/web', 'read', '/mine'], { cwd: at('.') });
    expect(own).toMatchObject({ code: 0, stderr: '' });
    const missing = await can('./library/none', '/srv/web/one/a');
    expect(missing.stderr).toContain('./library/none does not exist');
    expect(missing.code).toBe(2);
  });

  test('with --offline, nothing is fetched', async () => {
    const before = registry.traffic.length;
    expect(await can('web', '/srv/web/one/a', '--offline')).toMatchObject({ code: 2, stdout: '' });
    expect(registry.traffic.length).toBe(before);
  });
});
