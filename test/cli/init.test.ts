import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPackageFolder } from '../../sdk/package-folder.ts';
import { command } from '../command.ts';
import { scratch } from './cli.ts';

describe('init', () => {
  let folder: string;
  let clean: () => Promise<void>;
  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
  });
  afterAll(() => clean());
  const at = (...parts: string[]) => join(folder, ...parts);
  const files = async (name: string) => (await readdir(at(name)).catch(() => [])).sort();

  test('starts a package; lint and publish warn until each part is completed', async () => {
    expect(await command(['init', at('web')])).toMatchObject({ code: 0 });
    expect(await files('web')).toEqual(['README.md', 'aa-profile.toml', 'web']);
    expect((await command(['fmt', '--check', at('web')])).code).toBe(0);
    const warnings = async () => {
      const { code, stdout } = await command(['lint', at('web'), '--format', 'json']);
      expect(code).toBe(0);
      const { diagnostics } = JSON.parse(stdout);
      return diagnostics.map(({ id, file }: { id: string; file: string }) => [id, basename(file)]);
    };
    const edit = async (name: string, from: string, to: string) => {
      const text = await readFile(at('web', name), 'utf8');
      await writeFile(at('web', name), text.replace(from, to));
    };
    const left = ['web', 'aa-profile.toml', 'README.md'].map((name) => [
      'unchanged-template',
      name,
    ]);
    expect(await warnings()).toEqual(left);
    const key = at('template.pem');
    await command(['key', 'generate', '--no-passphrase', '--out', key]);
    const publish = ['publish', at('web'), '--version', '1.0.0', '-n', '--key', key];
    const unreachable = ['--registry', 'http://127.0.0.1:9'];
    const { stderr } = await command([...publish, ...unreachable]);
    expect(stderr).toContain('[unchanged-template]');
    // A comment is not a rule.
    await edit('web', '  include <abstractions', '  # to do\n  include <abstractions');
    expect(await warnings()).toEqual(left);
    await edit('web', '  # to do', '  /usr/bin/web ix,');
    await edit('aa-profile.toml', '"Confines web"', '"The web server of the shop"');
    await edit('README.md', 'What this profile', 'This profile');
    const linted = await command(['lint', '--max-warnings', '0', at('web')]);
    expect(linted.code, linted.output).toBe(0);
  });

  test.each(['aa-profile.toml', 'README.md', 'app'])(
    'refuses to overwrite %s and writes nothing',
    async (name) => {
      const own = `own-${name}`;
      await mkdir(at(own));
      await writeFile(at(own, name), 'mine');
      const args = ['init', at(own), '--name', 'app', '--format', 'json'];
      const { code, stdout } = await command(args);
      expect(code).toBe(1);
      expect(JSON.parse(stdout).error).toMatchObject({ id: 'file-exists' });
      expect(await files(own)).toEqual([name]);
      expect(await readFile(at(own, name), 'utf8')).toBe('mine');
    },
  );

  test('--from copies a profile as it is, and takes its name and abi', async () => {
    const text = 'abi <abi/4.0>,\n\nprofile mine { # odd   style\n}';
    await writeFile(at('some.file'), text);
    const args = ['init', at('copied'), '--from', at('some.file'), '--team', 'acme'];
    expect(await command(args)).toMatchObject({ code: 0 });
    expect(await readFile(at('copied/mine'), 'utf8')).toBe(text);
    const manifest = await readFile(at('copied/aa-profile.toml'), 'utf8');
    expect(manifest).toMatch(/^name = "mine"$/m);
    expect(manifest).toMatch(/^team = "acme"/m);
    expect(manifest).toMatch(/^abi = "4.0"$/m);
    expect(await readFile(at('copied/README.md'), 'utf8')).toContain('pull acme/mine');
  });

  test.each<[text: string, profiles: string[], kind: string | undefined]>([
    ['/usr/sbin/ntpd flags=(complain) {\n}\n', ['/usr/sbin/ntpd'], 'host'],
    ['profile man /usr/bin/man {\n}\nprofile man_groff {\n}\n', ['man', 'man_groff'], 'host'],
    ['profile Web {\n}\n', ['Web'], undefined],
  ])(
    '--from lists the profiles of a file that a package’s name does not say: %j',
    async (text, profiles, kind) => {
      const folder = at(`listed-${profiles.length}-${kind}-${profiles[0]?.length}`);
      await writeFile(at('many.file'), `abi <abi/3.0>,\n\n${text}`);
      const outcome = await command(['init', folder, '--name', 'app', '--from', at('many.file')]);
      expect(outcome, outcome.output).toMatchObject({ code: 0 });
      const { manifest, name } = await readPackageFolder(folder);
      expect({ name, profiles: manifest.profiles, kind: manifest.kind }).toEqual({
        name: 'app',
        profiles,
        kind,
      });
      const linted = await command(['lint', folder]);
      expect(linted.output).not.toMatch(/package-name|container-attachment/);
    },
  );

  test('--from may name the profile in the package itself', async () => {
    await mkdir(at('there'));
    await writeFile(at('there/there'), 'profile there {\n}\n');
    const { code } = await command(['init', at('there'), '--from', at('there/there')]);
    expect(code).toBe(0);
    expect(await files('there')).toEqual(['README.md', 'aa-profile.toml', 'there']);
  });

  test.each<[args: string, code: number, output: string, profile?: string]>([
    ['init AT/Big', 2, '--name NAME'],
    ['init AT/x --name ../x', 2, 'can’t be the name of a package'],
    ['init AT/x --team A', 2, 'not a valid team name'],
    ['init AT/docker-default --team acme', 1, '[reserved-name]'],
    ['init AT/x --from AT/none', 1, 'does not exist'],
    [
      'init AT/x --from AT/p',
      1,
      'because of its name',
      'profile x @{bin}/x {\n}\nprofile a//b {\n}\n',
    ],
    ['init AT/x --from AT/p', 1, 'because of its name', 'profile @{exec_path} {\n}\n'],
    ['init AT/x --from AT/p', 1, 'defines no profile', '# nothing\n'],
    ['init AT/x --from AT/p', 1, 'has errors', 'profile a {\n'],
    ['init AT/x --from AT/p --name b', 2, 'is named a, not b', 'profile a {\n}\n'],
  ])('%s exits with %i: %s', async (args, code, message, profile) => {
    if (profile !== undefined) await writeFile(at('p'), profile);
    const outcome = await command(args.replaceAll('AT', folder).split(' '));
    expect(outcome.output).toContain(message);
    expect(outcome.code).toBe(code);
    expect(await files('x')).toEqual([]);
    expect(await files('docker-default')).toEqual([]);
  });
});
