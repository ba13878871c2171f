import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { definitionFinder, findDefinition } from '../../sdk/host/definitions.ts';
import { policyPlace } from '../../sdk/host/state.ts';

const profile = 'profile app {\n}\n';

describe('the file that defines a profile', () => {
  let folder: string;
  let count = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Creates a root with these policy files and links; returns the files that define `app`. */
  async function definition(
    files: Record<string, string>,
    links: Record<string, string> = {},
  ): Promise<string | undefined> {
    const root = join(folder, `${count++}`);
    const policy = join(root, 'etc/apparmor.d');
    for (const path of [...Object.keys(files), ...Object.keys(links)]) {
      await mkdir(dirname(join(policy, path)), { recursive: true });
    }
    for (const [path, text] of Object.entries(files)) await writeFile(join(policy, path), text);
    for (const [path, target] of Object.entries(links)) await symlink(target, join(policy, path));
    return findDefinition(policyPlace(root), ['app'], undefined)?.path.slice(policy.length + 1);
  }

  test('is found for many names with one read of each file', async () => {
    const root = join(folder, 'many');
    const policy = join(root, 'etc/apparmor.d');
    await mkdir(join(policy, 'sub'), { recursive: true });
    await writeFile(join(policy, 'a'), 'profile one {\n}\nprofile two {\n}\n');
    await writeFile(join(policy, 'b'), 'include <sub>\nprofile two {\n}\n');
    await writeFile(join(policy, 'sub/c'), 'profile three {\n}\n');
    const find = definitionFinder(policyPlace(root));
    const names = ['three', 'two', 'none', 'one', 'app'];
    const expected = names.map((name) => findDefinition(policyPlace(root), [name], undefined));
    expect(expected.map((one) => one?.path.slice(policy.length + 1))).toEqual([
      'sub/c',
      'a',
      undefined,
      'a',
      undefined,
    ]);
    const paths = () => names.map((name) => find(name)?.path);
    expect(paths()).toEqual(expected.map((one) => one?.path));
    // Nothing is read again.
    await rm(policy, { recursive: true });
    expect(paths()).toEqual(expected.map((one) => one?.path));
  });

  const endings = ['.dpkg-new', '.dpkg-old', '.dpkg-dist', '.dpkg-bak', '.dpkg-remove', '~'];
  endings.push('.pacsave', '.pacnew', '.rpmnew', '.rpmsave', '.orig', '.rej');

  test.each(endings)('does not end in %s, which boot skips', async (ending) => {
    expect(await definition({ [`a${ending}`]: profile })).toBeUndefined();
    expect(await definition({ [`a${ending}`]: profile, z: profile })).toBe('z');
  });

  test.each(['.bak', '.save', '.swp', '.orig.d'])('may end in %s', async (ending) => {
    expect(await definition({ [`a${ending}`]: profile })).toBe(`a${ending}`);
  });

  test('is not disabled', async () => {
    const disabled = { 'disable/brave': '../brave' };
    expect(await definition({ brave: profile }, disabled)).toBeUndefined();
    expect(await definition({ brave: profile, 'brave.apparmor.d': profile }, disabled)).toBe(
      'brave.apparmor.d',
    );
  });

  test('is in a subfolder only if a file that boot loads includes it', async () => {
    const below = { 'Asub/a': profile };
    expect(await definition(below)).toBeUndefined();
    expect(await definition({ ...below, z: profile })).toBe('z');
    for (const include of [
      'include <Asub>',
      '#include <Asub/a>',
      'include if exists "/etc/apparmor.d/Asub"',
    ]) {
      expect(await definition({ ...below, containers: `${include}\n` })).toBe('Asub/a');
      expect(await definition({ ...below, 'containers.orig': `${include}\n` })).toBeUndefined();
    }
    const deeper = { 'Asub/more/a': profile, 'Asub/a~': profile, containers: 'include <Asub>\n' };
    expect(await definition(deeper)).toBe('Asub/more/a');
  });
});
