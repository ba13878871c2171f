import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

// What action.yml, the GitLab job and the pre-commit hooks run, in a Git repository with packages.
describe('review of changed packages', () => {
  let folder: string;
  let repository: string;
  let tries = 0;
  const at = (...path: string[]) => join(repository, ...path);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  beforeEach(async () => {
    repository = join(folder, `repository-${++tries}`);
    await mkdir(repository);
    await git('init', '--quiet', '--initial-branch', 'main');
    await writeProfile('profiles/web', 'web', '/srv/web/** r,');
    await writeProfile('profiles/old', 'old', '/srv/old/** r,');
    await writeProfile('profiles/other', 'other', '/srv/other/** r,');
    await commit('first');
    await git('checkout', '--quiet', '-b', 'change');
  });

  const environment = {
    ...process.env,
    PATH: `${join(root, 'bin')}:${process.env.PATH}`,
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
  const git = (...args: string[]) => run('git', args, { cwd: repository, env: environment });
  const commit = async (message: string) => {
    await git('add', '--all');
    const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.org'];
    await git(...author, 'commit', '--quiet', '-m', message);
  };

  async function writeProfile(path: string, name: string, rule: string): Promise<void> {
    await mkdir(at(path), { recursive: true });
    await writeFile(
      at(path, 'aa-profile.toml'),
      `team = "acme"\nname = "${name}"\ndescription = "Serves files"\nlicense = "MIT"\nabi = "3.0"\n`,
    );
    const text = `abi <abi/3.0>,\ninclude <tunables/global>\nprofile ${name} {\n  include <abstractions/base>\n  ${rule}\n}\n`;
    await writeFile(at(path, name), text);
  }

  async function script(name: string, args: string[], env: NodeJS.ProcessEnv = {}) {
    const options = { cwd: repository, env: { ...environment, ...env } };
    return run(join(root, 'packaging/ci', name), args, options).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
    );
  }

  async function review(...options: string[]) {
    const out = join(folder, `out-${tries}`);
    const { code, stderr } = await script('review.sh', ['main', out, ...options]);
    const text = (name: string) => readFile(join(out, name), 'utf8').catch(() => undefined);
    return { code, stderr, markdown: await text('review.md'), sarif: await text('lint.sarif') };
  }

  test('says what each changed package permits more, what is new and what was removed', async () => {
    await writeProfile('profiles/web', 'web', '/srv/web/** rw,');
    await writeProfile('profiles/new', 'new', '/etc/shadow r,');
    await git('rm', '--quiet', '-r', 'profiles/old');
    await writeFile(at('README'), 'in no package\n');
    await commit('second');
    // What is added to main meanwhile is not a part of the change.
    await git('checkout', '--quiet', 'main');
    await writeProfile('profiles/other', 'other', '/srv/other/** rw,');
    await commit('third');
    await git('checkout', '--quiet', 'change');

    const { code, markdown, sarif, stderr } = await review();
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(markdown).toMatch(
      /### `profiles\/web`\n\n\*\*Permits more \(1\)\*\*\n\n```diff\n\+ file: /,
    );
    expect(markdown).toMatch(/### `profiles\/new`\n\nNew\. It permits:\n\n {4}new \(enforce\)\n/);
    expect(markdown).toMatch(/ {6}high +Reads secrets: \/etc\/shadow/);
    expect(markdown).toMatch(/### `profiles\/old`\n\nRemoved\.\n/);
    expect(markdown).not.toContain('profiles/other');
    const [{ results }] = JSON.parse(sarif ?? '').runs;
    const files = results.map(
      (one: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }) =>
        one.locations[0]?.physicalLocation.artifactLocation.uri,
    );
    expect(files).toContain('profiles/new/new');
  });

  test('another text that permits the same says so', async () => {
    await writeProfile('profiles/web', 'web', '# all below\n  "/srv/web/**" r,');
    await commit('second');
    expect(await review()).toMatchObject({
      code: 0,
      markdown: '## AppArmor profiles\n\n### `profiles/web`\n\nBoth permit the same.\n',
    });
  });

  test('fails for errors, and without changed packages passes', async () => {
    await writeFile(at('README'), 'in no package\n');
    await commit('second');
    expect(await review()).toEqual({
      code: 0,
      stderr: '',
      markdown: '## AppArmor profiles\n\nNo package is changed.\n',
      sarif: undefined,
    });
    await writeProfile('profiles/web', 'web', '/srv/web/** rwz,');
    await commit('third');
    const failed = await review();
    expect(failed.code).toBe(1);
    expect(failed.markdown).toMatch(
      /profiles\/web`\n\nIt can’t be compared: see the errors of lint\.\n/,
    );
    expect(JSON.parse(failed.sarif ?? '').runs[0].results.length).toBeGreaterThan(0);
  });

  test('names and rules of a hostile change stay within their code', async () => {
    const hostile = 'pro`files\n# <b>x</b>';
    await writeProfile(hostile, 'web', '/srv/```/** r,\n  "/x\n```\n<b>x</b>" r,');
    await writeProfile('-n', 'dash', '/srv/dash/** r,');
    await writeProfile(
      'profiles/web',
      'web',
      '"/srv/```\u202e` </details>/x" r,\n  /srv/web/** r,',
    );
    await commit('second');
    const { markdown = '' } = await review();
    expect(markdown).toContain('### `profiles# <b>x</b>`\n');
    expect(markdown).toContain('### `-n`\n\nNew. It permits:\n\n    dash (enforce)\n');
    expect(markdown).toContain('\n````diff\n');
    expect(markdown).not.toContain('\u202e');
    const outside = markdown.replace(/^(`{3,})diff\n[\s\S]*?^\1$/gm, '').replace(/^ {4}.*$/gm, '');
    expect(outside.replaceAll(/`[^`\n]*`/g, '')).not.toContain('<b>');
  });

  test('the step of GitHub Actions shows the review, and refuses a push without a commit before', async () => {
    await writeProfile('profiles/web', 'web', '/srv/web/** rw,');
    await commit('second');
    const file = (name: string) => join(folder, `${name}-${tries}`);
    const env = {
      RUNNER_TEMP: folder,
      GITHUB_STEP_SUMMARY: file('summary'),
      GITHUB_OUTPUT: file('output'),
      OPTIONS: '--base=/etc/apparmor.d\n',
    };
    expect(await script('github-review.sh', [], { ...env, BASE: '0'.repeat(40) })).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('::error::There is no commit to compare with'),
    });
    expect(await script('github-review.sh', [], { ...env, BASE: 'main' })).toMatchObject({
      code: 0,
    });
    expect(await readFile(file('summary'), 'utf8')).toContain('**Permits more (1)**');
    const output = await readFile(file('output'), 'utf8');
    const named = Object.fromEntries(
      output
        .trim()
        .split('\n')
        .map((line) => line.split('=')),
    );
    expect(await readFile(named.review, 'utf8')).toContain('### `profiles/web`');
    expect(JSON.parse(await readFile(named.sarif, 'utf8')).version).toBe('2.1.0');
  });

  test('the pre-commit hook lints the packages of the changed files, each once', async () => {
    await writeProfile('profiles/web', 'web', '/srv/web/** rwz,');
    await cp(at('profiles/web'), at('elsewhere'), { recursive: true });
    const names = [
      'profiles/web/web',
      'profiles/web/aa-profile.toml',
      'README',
      'profiles/old/old',
    ];
    const { code, stdout } = await script('lint.sh', ['--max-warnings=100', '--', ...names]);
    expect(code).toBe(1);
    expect(stdout.match(/^profiles\/web\/web: .*error/gm)).toHaveLength(1);
    expect(stdout).toMatch(/^profiles\/old\/old: /m);
    expect(stdout).not.toContain('elsewhere');
    expect(await script('lint.sh', ['--', 'README'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});
