import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { topics } from '../../cli/commands.ts';
import manifest from '../../package.json' with { type: 'json' };
import { scratch } from '../cli/cli.ts';

const root = join(import.meta.dirname, '../..');
const has = (tool: string) =>
  spawnSync(tool, ['--version'], { stdio: 'ignore' }).error === undefined;
const lacking = (tool: string) => (has(tool) ? '' : ` (skipped: ${tool} is not installed)`);
const build = () =>
  execFileSync(
    process.execPath,
    ['--import', './scripts/bundler-imports.ts', 'scripts/build-deb.ts'],
    {
      cwd: root,
      env: { ...process.env, SOURCE_DATE_EPOCH: '1700000000' },
    },
  );
const reason = lacking('dpkg-shlibdeps');

describe.skipIf(reason !== '')(`the Debian package${reason}`, () => {
  const deb = join(root, `dist/aa-registry_${manifest.version}_amd64.deb`);
  let folder: string;
  let clean: () => Promise<void>;
  const at = (...parts: string[]) => join(folder, 'root', ...parts);

  /** The paths of the manual's pages, uncompressed. */
  function unpackedManual(): string[] {
    const pages = globSync(at('usr/share/man/man*/*.gz'));
    expect(pages).not.toEqual([]);
    return pages.map((page) => {
      const unpacked = join(folder, basename(page, '.gz'));
      writeFileSync(unpacked, gunzipSync(readFileSync(page)));
      return unpacked;
    });
  }

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    build();
    execFileSync('dpkg-deb', ['--extract', deb, at()]);
  }, 300_000);
  afterAll(() => clean());

  test('contains the program, which runs without Node.js', () => {
    const run = spawnSync(at('usr/bin/aa-registry'), ['--version'], { encoding: 'utf8', env: {} });
    expect(run.stdout).toBe(`${manifest.version}\n`);
  });

  test('has a manual page for every command', () => {
    const pages = readdirSync(at('usr/share/man/man1'));
    const names = topics.flatMap(({ commands }) => Object.keys(commands));
    const expected = names.map((name) => `aa-registry-${name.replaceAll(' ', '-')}.1.gz`);
    expect(pages.sort()).toEqual(['aa-registry.1.gz', ...expected].sort());
  });

  test.skipIf(!has('groff'))(
    `has a manual that is valid for groff and man${lacking('groff')}`,
    () => {
      const groff = spawnSync(
        'groff',
        ['-ww', '-man', '-Kutf8', '-Tutf8', '-z', ...unpackedManual()],
        {
          encoding: 'utf8',
        },
      );
      expect(groff.stderr).toBe('');
      expect(groff.status).toBe(0);
    },
  );

  test.skipIf(!has('mandoc'))(`has a manual that is valid for mandoc${lacking('mandoc')}`, () => {
    const found = spawnSync('mandoc', ['-Tlint', '-Wwarning', ...unpackedManual()], {
      encoding: 'utf8',
    });
    expect(found.stdout).toBe('');
    expect(found.stderr).toBe('');
    expect(found.status).toBe(0);
  });

  test('has the text of help in its manual', () => {
    const page = execFileSync('zcat', [at('usr/share/man/man1/aa-registry-pull.1.gz')], {
      encoding: 'utf8',
    });
    expect(page).toContain('\\fB\\-n\\fR, \\fB\\-\\-dry\\-run\\fR');
    expect(page).toContain('sudo aa\\-registry pull docker\\-nginx\n');
  });

  test('installs completions for each shell', () => {
    for (const file of [
      'usr/share/bash-completion/completions/aa-registry',
      'usr/share/zsh/vendor-completions/_aa-registry',
      'usr/share/fish/vendor_completions.d/aa-registry.fish',
      'usr/lib/systemd/system/aa-registry-sync.timer',
    ]) {
      expect(existsSync(at(file)), file).toBe(true);
    }
  });

  test('enables no units and has valid scripts', () => {
    const scripts = join(folder, 'control');
    execFileSync('dpkg-deb', ['--control', deb, scripts]);
    for (const script of ['postinst', 'prerm', 'postrm']) {
      execFileSync('sh', ['-n', join(scripts, script)]);
    }
    const all = execFileSync('sh', ['-c', `cat ${scripts}/p*`], { encoding: 'utf8' });
    expect(all).not.toMatch(/enable|start /);
    expect(readdirSync(at('etc'), { recursive: true }).join()).not.toContain('.wants');
  });

  test('is installed on a minimal system and removed again', async () => {
    const system = join(folder, 'system');
    const { stderr, status } = spawnSync(
      'sh',
      [
        '-ec',
        'mkdir -p "$1/var/lib/dpkg/info" "$1/var/lib/dpkg/updates"; touch "$1/var/lib/dpkg/status"\n' +
          'dpkg --root="$1" --force-depends --force-script-chrootless --force-not-root --log=/dev/null --install "$2"\n' +
          '"$1/usr/bin/aa-registry" --version\n' +
          'dpkg --root="$1" --force-script-chrootless --force-not-root --log=/dev/null --purge aa-registry\n' +
          'test ! -e "$1/usr/bin/aa-registry"',
        '-',
        system,
        deb,
      ],
      { encoding: 'utf8' },
    );
    expect(status, stderr).toBe(0);
  });

  test('is reproducible', async () => {
    const first = join(folder, 'first.deb');
    await copyFile(deb, first);
    build();
    expect((await readFile(deb)).equals(await readFile(first))).toBe(true);
    await rm(first);
  }, 300_000);

  /** The package with a few pages of its manual, since lintian runs man(1) for each, which takes half of its time. */
  function withShortManual(): string {
    const tree = join(folder, 'short');
    execFileSync('dpkg-deb', ['--raw-extract', deb, tree]);
    const omitted = readdirSync(join(tree, 'usr/share/man/man1')).filter(
      (page) => page !== 'aa-registry.1.gz' && page !== 'aa-registry-pull.1.gz',
    );
    expect(omitted).not.toEqual([]);
    for (const page of omitted) rmSync(join(tree, 'usr/share/man/man1', page));
    const sums = join(tree, 'DEBIAN/md5sums');
    const kept = readFileSync(sums, 'utf8')
      .split('\n')
      .filter((line) => !omitted.includes(basename(line)));
    writeFileSync(sums, kept.join('\n'));
    const short = join(folder, basename(deb));
    execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', tree, short], {
      stdio: 'ignore',
    });
    return short;
  }

  test.skipIf(!has('lintian'))(
    `passes lintian${lacking('lintian')}`,
    () => {
      const { stdout, status } = spawnSync('lintian', ['--fail-on', 'warning', withShortManual()], {
        encoding: 'utf8',
      });
      expect(stdout).toBe('');
      expect(status).toBe(0);
    },
    600_000,
  );
});
