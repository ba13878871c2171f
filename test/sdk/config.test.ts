// Root may run with the HOME of another user, as after `sudo` on some systems.
import {
  chown,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfiguration, writeConfig } from '../../sdk/config.ts';
import { scratch } from '../cli/cli.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65534;

describe.skipIf(!isRoot)('root with the home of another user', () => {
  let home: string;
  let clean: () => Promise<void>;
  let env: Record<string, string>;
  beforeEach(async () => {
    ({ path: home, clean } = await scratch());
    env = { HOME: home, AA_CONFIG: join(home, 'none') };
    await chown(home, nobody, nobody);
  });
  afterEach(() => clean());

  test('does not use that user’s registry, proxy and CAs', async () => {
    const file = join(home, '.config/aa-registry/config.toml');
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, 'registry = "https://evil.example.org"\n');
    expect((await readConfiguration(env)).registry).toBe('https://evil.example.org');
    await chown(file, nobody, nobody);
    await expect(readConfiguration(env)).rejects.toThrow(`belongs to user ${nobody}, not to root`);
  });

  test('writes its own settings there, but through no link of that user', async () => {
    await writeConfig(env, { registry: 'https://example.org' });
    expect((await readConfiguration(env)).registry).toBe('https://example.org');
    const file = join(home, '.config/aa-registry/config.toml');
    expect((await lstat(file)).mode & 0o777).toBe(0o600);
    await mkdir(join(home, 'etc'));
    await mkdir(join(home, 'other'));
    await symlink(join(home, 'etc'), join(home, 'other/aa-registry'));
    await lchown(join(home, 'other/aa-registry'), nobody, nobody);
    const linked = { ...env, XDG_CONFIG_HOME: join(home, 'other') };
    await expect(writeConfig(linked, {})).rejects.toThrow('is a link');
    expect(await readdir(join(home, 'etc'))).toEqual([]);
    expect(await readFile(file, 'utf8')).toContain('https://example.org');
  });
});
