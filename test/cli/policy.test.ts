import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aaRegistry, scratch } from './cli.ts';

describe('check, fmt, lint and explain', () => {
  let folder: string;
  let clean: () => Promise<void>;
  const at = (...parts: string[]) => join(folder, ...parts);

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    await mkdir(at('base/abstractions'), { recursive: true });
    await mkdir(at('base/abi'), { recursive: true });
    await mkdir(at('more/extra'), { recursive: true });
    await writeFile(at('base/abi/3.0'), '');
    await writeFile(at('base/abstractions/files'), '/etc/hosts r,\n');
    await writeFile(at('more/extra/rules'), '/etc/passwd r,\n');
    await writeFile(
      at('good'),
      'abi <abi/3.0>,\nprofile good /usr/bin/good {\n  include <abstractions/files>\n}\n',
    );
    await writeFile(
      at('bad'),
      'profile bad {\n  /etc/passwd rz,\n  capability net_bind_servce,\n}\n',
    );
    await writeFile(
      at('loose'),
      'profile   loose {\n/etc/hosts   r , # why\n\n\n\n  capability,\n}\n',
    );
  });
  afterAll(() => clean());

  test('check prints one line of JSON per file, with the path as given', async () => {
    const args = ['check', '--base', at('base'), '--format', 'json'];
    const outcome = await aaRegistry([...args, 'good', './bad', 'missing'], { cwd: folder });
    expect(outcome).toMatchObject({ code: 1, stderr: '' });
    const reports = outcome.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(reports.map(({ file, ok }) => [file, ok])).toEqual([
      ['good', true],
      ['./bad', false],
      ['missing', false],
    ]);
    expect(reports[0].diagnostics).toEqual([]);
    const [permission, capability] = reports[1].diagnostics;
    expect(permission).toMatchObject({ severity: 'error', line: 2 });
    expect(capability).toMatchObject({
      id: 'capability-name',
      severity: 'error',
      line: 3,
      column: 14,
      endLine: 3,
      endColumn: 29,
    });
    expect(capability.suggestion).toContain('net_bind_service');
    expect(reports[2].diagnostics).toMatchObject([{ id: 'file-unreadable', line: 1, column: 1 }]);
  });

  test('check shows the line with a caret and the required release', async () => {
    const outcome = await aaRegistry(['check', '--base', at('base'), at('bad')]);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain('bad:3:14');
    expect(outcome.stdout).toMatch(/\n.*capability net_bind_servce,\n *\| +\^+\n/);
    expect(outcome.stdout).toMatch(/: 2 errors, 0 warnings$/m);
    expect(outcome.stdout).not.toContain('\u001b');
  });

  test('a package’s lint reads no file that a published profile can’t include', async () => {
    await mkdir(at('package'), { recursive: true });
    await writeFile(at('secret'), 'password_of_this_machine\n');
    await writeFile(
      at('package/aa-profile.toml'),
      'name = "spy"\ndescription = "Reads"\nlicense = "MIT"\nabi = "3.0"\n',
    );
    for (const path of [`"${at('secret')}"`, '<../secret>', `</../..${at('secret')}>`]) {
      await writeFile(
        at('package/spy'),
        `abi <abi/3.0>,\nprofile spy {\n  include ${path}\n  include <abstractions/files>\n}\n`,
      );
      const outcome = await aaRegistry(['lint', '--base', at('base'), at('package')]);
      expect(outcome.stdout).toContain('[include-path]');
      expect(outcome.stdout).not.toContain('password_of_this_machine');
    }
  });

  test('the includes of a hostile profile are limited, and unreadable ones are reported as missing', async () => {
    await mkdir(at('large'), { recursive: true });
    for (const name of ['a', 'b', 'c']) {
      await writeFile(at('large', name), '# nothing here\n'.repeat(500_000));
      await writeFile(at('large', `${name}.binary`), Buffer.alloc(1000));
    }
    await mkdir(at('programs'), { recursive: true });
    for (let n = 0; n < 40; n++) await writeFile(at('programs', `${n}`), Buffer.alloc(1 << 20));
    await symlink(at('loop'), at('loop'));
    const include = async (path: string) => {
      await writeFile(at('hostile'), `abi <abi/3.0>,\nprofile h {\n  include "${path}"\n}\n`);
      return aaRegistry(['check', '--base', at('base'), at('hostile')]);
    };
    for (const folder of ['large', 'programs']) {
      expect(await include(at(folder))).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('The included files exceed 20000 files and 16 MiB'),
      });
    }
    for (const path of [at('loop'), `/${'a'.repeat(300)}`, at('large/a.binary')]) {
      const missing = await include(path);
      expect(missing).toMatchObject({ code: 1, stderr: '' });
      expect(missing.stdout).toContain('[missing-include]');
    }
  });

  test('includes are found below --base and -I', async () => {
    await writeFile(
      at('further'),
      'abi <abi/3.0>,\nprofile further {\n  include <extra/rules>\n}\n',
    );
    const args = ['check', '--base', at('base'), at('further')];
    const without = await aaRegistry(args);
    expect(without.code).toBe(1);
    expect(without.stdout).toContain('extra/rules');
    expect((await aaRegistry([...args, '-I', at('more')])).code).toBe(0);
  });

  test('check --target reports what a release would refuse', async () => {
    await writeFile(at('newer'), 'abi <abi/3.0>,\nprofile newer {\n  userns,\n}\n');
    const args = ['check', '--base', at('base'), at('newer'), '--target'];
    expect((await aaRegistry([...args, '3.0'])).code).toBe(1);
    expect((await aaRegistry([...args, '4.0'])).code).toBe(0);
    const unknown = await aaRegistry([...args, '1.0']);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain('2.13, 3.0');
  });

  test('lint and publish refuse a package whose manifest has another abi than its policy', async () => {
    await mkdir(at('two-abis'));
    await writeFile(
      at('two-abis/aa-profile.toml'),
      'name = "two-abis"\ndescription = "d"\nabi = "4.0"\nlicense = "MIT"\n',
    );
    await writeFile(at('two-abis/two-abis'), 'abi <abi/3.0>,\nprofile two-abis {\n}\n');
    const linted = await aaRegistry(['lint', '--base', at('base'), at('two-abis')]);
    expect(linted.code).toBe(1);
    expect(linted.stdout).toContain('The manifest says abi 4.0, and the file abi 3.0.');
    const published = await aaRegistry(['publish', at('two-abis'), '--version', '1.0.0']);
    expect(published.code).toBe(1);
    expect(published.stderr).toContain('[abi-mismatch]');
    expect(published.stderr).toContain('nothing was published');
  });

  test('thousands of files in one run', async () => {
    const paths = Array.from({ length: 2000 }, () => at('good'));
    const outcome = await aaRegistry(['check', '--base', at('base'), '--format', 'json', ...paths]);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout.trim().split('\n')).toHaveLength(2000);
  });

  test('fmt --check lists unformatted files; fmt formats them in place, once', async () => {
    await chmod(at('loose'), 0o640);
    const before = await readFile(at('loose'), 'utf8');
    const checked = await aaRegistry(['fmt', '--check', at('loose')]);
    expect(checked).toMatchObject({ code: 1, stdout: `${at('loose')}\n` });
    expect(await readFile(at('loose'), 'utf8')).toBe(before);

    expect((await aaRegistry(['fmt', at('loose')])).code).toBe(0);
    const formatted = await readFile(at('loose'), 'utf8');
    expect(formatted).toContain('  /etc/hosts r, # why\n');
    expect((await stat(at('loose'))).mode & 0o777).toBe(0o640);
    expect(await aaRegistry(['fmt', '--check', at('loose')])).toMatchObject({
      code: 0,
      stdout: '',
    });
  });

  test('fmt does not change a file with errors', async () => {
    await writeFile(at('broken'), 'profile broken {\n');
    const outcome = await aaRegistry(['fmt', at('broken')]);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toContain('not formatted');
    expect(await readFile(at('broken'), 'utf8')).toBe('profile broken {\n');
  });

  test('lint fails on errors and on too many warnings', async () => {
    await writeFile(at('advice'), 'profile advice /usr/bin/advice {\n  /** rw,\n}\n');
    const args = ['lint', '--base', at('base'), at('advice')];
    const advised = await aaRegistry(args);
    expect(advised.code).toBe(0);
    expect(advised.stdout).toMatch(/warning: .*\[[a-z-]+\]/);
    expect((await aaRegistry([...args, '--max-warnings', '100'])).code).toBe(0);
    const failed = await aaRegistry([...args, '--max-warnings', '0']);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('--max-warnings is 0');
    expect((await aaRegistry([...args, '--max-warnings', 'x'])).code).toBe(2);
  });

  test('lint --format sarif prints one SARIF log for all files', async () => {
    const args = ['lint', '--base', at('base'), '--format', 'sarif', 'bad', 'good'];
    const outcome = await aaRegistry(args, { cwd: folder });
    expect(outcome.code).toBe(1);
    const { version, runs } = JSON.parse(outcome.stdout);
    expect(version).toBe('2.1.0');
    const [{ tool, results }] = runs;
    expect(results.length).toBeGreaterThan(1);
    for (const { ruleId, ruleIndex, locations } of results) {
      expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
      expect(locations[0].physicalLocation.artifactLocation.uri).toBe('bad');
      expect(locations[0].physicalLocation.region.startLine).toBeGreaterThan(0);
    }
  });

  test('explain describes an id and lists all ids', async () => {
    const explained = await aaRegistry(['explain', 'capability-name']);
    expect(explained.code).toBe(0);
    expect(explained.stdout).toContain('Found in:');
    const all = await aaRegistry(['explain']);
    expect(all.stdout).toMatch(/^capability-name +error +/m);
    const slip = await aaRegistry(['explain', 'capability-nam']);
    expect(slip).toMatchObject({ code: 1, stdout: '' });
    expect(slip.stderr).toContain('Did you mean "capability-name"?');
  });

  test.each([
    [['check']],
    [['check', '--format', 'xml', 'good']],
    [['fmt']],
    [['lint', '--format', 'yaml', 'good']],
    [['check', '--nonsense', 'good']],
  ])('%j is a usage error', async (args) => {
    const outcome = await aaRegistry(args);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toMatch(/^aa-registry: /);
  });
});
