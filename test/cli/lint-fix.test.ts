import {
  chmod,
  chown,
  link,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { check, explanations, fix } from '../../policy/index.ts';
import { aaRegistry, scratch } from './cli.ts';

const broken = 'abi <abi/3.0>,\nprofile a {\n  capability net_bind_servce,\n  /a r\n}\n# end';
const repaired = 'abi <abi/3.0>,\nprofile a {\n  capability net_bind_service,\n  /a r,\n}\n# end\n';

describe('lint --fix', () => {
  let folder: string;
  let clean: () => Promise<void>;
  const at = (...parts: string[]) => join(folder, ...parts);
  const lint = (...args: string[]) => aaRegistry(['lint', '--base', at('base'), ...args]);

  beforeEach(async () => {
    ({ path: folder, clean } = await scratch());
    await mkdir(at('base/abi'), { recursive: true });
    await writeFile(at('base/abi/3.0'), '');
  });
  afterEach(() => clean());

  test('writes the fixes, and reports them and the remaining diagnostics', async () => {
    await writeFile(at('a'), broken.replace('{\n', '{\n  /b rz,\n'));
    const { code, stdout } = await lint('--fix', at('a'));
    expect(code).toBe(1);
    expect(await readFile(at('a'), 'utf8')).toBe(repaired.replace('{\n', '{\n  /b rz,\n'));
    expect(stdout).toMatch(/a:4:14: fixed: .*net_bind_servce.* \[capability-name\]\n/);
    expect(stdout).toMatch(/a:5:7: fixed: .* \[missing-comma\]\n/);
    expect(stdout).toContain('[final-newline]');
    expect(stdout).toMatch(/a:3:\d+.*file-permissions/);
    expect(stdout).toMatch(/1 error, /);
    const again = await lint('--fix', at('a'));
    expect(again.stdout).not.toContain('fixed:');
  });

  test('does not write a file without fixes', async () => {
    await writeFile(at('a'), repaired);
    await writeFile(at('b'), broken);
    const before = await stat(at('a'));
    expect((await lint('--fix', at('a'), at('b'))).code).toBe(0);
    expect(await stat(at('a'))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    expect(await readFile(at('b'), 'utf8')).toBe(repaired);
    expect((await readdir(folder)).sort()).toEqual(['a', 'b', 'base']);
  });

  test.each([0o600, 0o640, 0o755])('keeps mode %o and the owner', async (mode) => {
    await writeFile(at('a'), broken);
    if (process.getuid?.() === 0) await chown(at('a'), 1234, 1235);
    await chmod(at('a'), mode);
    const before = await stat(at('a'));
    await lint('--fix', at('a'));
    const { uid, gid, mode: after } = await stat(at('a'));
    expect([uid, gid, after]).toEqual([before.uid, before.gid, before.mode]);
    expect(await readFile(at('a'), 'utf8')).toBe(repaired);
  });

  test.skipIf(process.getuid?.() !== 0).each(['lint --fix', 'fmt'])(
    '%s works on a file whose group the user is not in, and keeps it as root (only root can set this up)',
    async (words) => {
      const nobody = 65_534;
      const text = words === 'fmt' ? 'profile a { }\n' : broken;
      await chown(folder, nobody, nobody);
      await chmod(folder, 0o755);
      for (const uid of [nobody, 0]) {
        const file = at(`a${uid}`);
        await writeFile(file, text);
        await chown(file, nobody, 54_321);
        await chmod(file, 0o2644);
        const base = words === 'fmt' ? [] : ['--base', at('base')];
        const { stderr } = await aaRegistry([...words.split(' '), ...base, file], { uid });
        expect(stderr).toBe('');
        expect(await readFile(file, 'utf8')).not.toBe(text);
        const { uid: owner, gid, mode } = await stat(file);
        const isRoot = uid === 0;
        expect({ owner, gid }).toEqual({ owner: nobody, gid: isRoot ? 54_321 : nobody });
        // The set-group-ID bit applied to the previous group.
        if (!isRoot) expect(mode & 0o7777).toBe(0o644);
      }
    },
  );

  test('refuses links before it writes anything', async () => {
    await writeFile(at('a'), broken);
    await writeFile(at('first'), broken);
    await symlink('a', at('symbolic'));
    await link(at('a'), at('hard'));
    for (const other of ['symbolic', 'hard']) {
      const { code, stderr } = await lint('--fix', at('first'), at(other));
      expect([code, stderr]).toEqual([1, expect.stringContaining(other)]);
    }
    expect(await readFile(at('a'), 'utf8')).toBe(broken);
    expect(await readFile(at('first'), 'utf8')).toBe(broken);
  });

  test('fixes the profile of a package', async () => {
    await mkdir(at('a'));
    await writeFile(at('a/a'), broken);
    await writeFile(
      at('a/aa-profile.toml'),
      'team = "acme"\nname = "a"\ndescription = "A test"\nabi = "3.0"\nlicense = "MIT"\n',
    );
    await lint('--fix', at('a'));
    expect(await readFile(at('a/a'), 'utf8')).toBe(repaired);
  });

  test('preserves bytes that are not UTF-8', async () => {
    const name = Buffer.from('# \xff \xe4\xb8\n', 'latin1');
    await writeFile(at('a'), Buffer.concat([name, Buffer.from(broken)]));
    await lint('--fix', at('a'));
    expect(await readFile(at('a'))).toEqual(Buffer.concat([name, Buffer.from(repaired)]));
  });

  test('--format json names what was fixed', async () => {
    await writeFile(at('a'), broken);
    const { stdout } = await lint('--fix', '--format', 'json', at('a'));
    const { ok, fixed, diagnostics } = JSON.parse(stdout);
    expect(ok).toBe(true);
    expect(fixed.map(({ id }: { id: string }) => id)).toEqual([
      ...['capability-name', 'missing-comma', 'final-newline'],
    ]);
    expect(diagnostics.map(({ id }: { id: string }) => id)).not.toContain('missing-comma');
    const without = JSON.parse((await lint('--format', 'json', at('a'))).stdout);
    expect(without).not.toHaveProperty('fixed');
  });

  test('- is a filter from standard input to standard output', async () => {
    const args = ['lint', '--base', at('base')];
    const fixed = await aaRegistry([...args, '--fix', '-'], { input: broken });
    expect(fixed).toMatchObject({ code: 0, stdout: repaired });
    expect(fixed.stderr).toContain('-:3:14: fixed: ');
    const unchanged = await aaRegistry([...args, '--fix', '-'], { input: repaired });
    expect(unchanged).toMatchObject({ code: 0, stdout: repaired });
    const looked = await aaRegistry([...args, '-'], { input: broken });
    expect(looked.code).toBe(1);
    expect(looked.stdout).toContain('-:3:14');
    for (const wrong of [
      ['-', 'a'],
      ['-', '--format', 'json'],
      ['-', '-'],
    ]) {
      expect((await aaRegistry([...args, '--fix', ...wrong], { input: broken })).code).toBe(2);
    }
  });
});

describe('fix', () => {
  const examples = Object.entries(explanations).flatMap(([id, { example }]) =>
    example === undefined ? [] : [[id, example] as const],
  );

  test.each(examples)('of the example of %s ends and introduces no errors', (_, example) => {
    const { text, applied, report } = fix(example);
    const errors = ({ diagnostics }: ReturnType<typeof check>) =>
      diagnostics.filter(({ severity }) => severity === 'error').length;
    expect(errors(check(text))).toBeLessThanOrEqual(errors(check(example)));
    expect(text === example).toBe(applied.length === 0);
    expect(fix(text)).toMatchObject({ text, applied: [] });
    expect(report.diagnostics.filter((one) => one.fix)).toEqual([]);
  });

  test('inserts once if two diagnostics insert at the same position', () => {
    const { text } = fix('abi <abi/3.0>,\nprofile a {\n  /a r\n  /b r\n}\n');
    expect(text).toBe('abi <abi/3.0>,\nprofile a {\n  /a r,\n  /b r,\n}\n');
  });

  test('adds the abi of the manifest before the first statement', () => {
    const source = '# A comment.\n\ninclude <tunables/global>\nprofile a {\n}\n';
    expect(fix(source).text).toBe(source.replace('include', 'abi <abi/3.0>,\ninclude'));
    expect(fix(source, { manifestAbi: '4.0' }).text).toContain('abi <abi/4.0>,\ninclude');
  });
});
