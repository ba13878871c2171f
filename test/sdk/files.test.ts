// Files that users name may be in folders that another user controls.
import {
  chmod,
  chown,
  lchown,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { replaceFile, writeOutput } from '../../sdk/files.ts';
import { scratch } from '../cli/cli.ts';
import { command } from '../command.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65534;
const bytes = (text: string) => new TextEncoder().encode(text);

let folder: string;
let clean: () => Promise<void>;
const at = (...parts: string[]) => join(folder, ...parts);
beforeEach(async () => {
  ({ path: folder, clean } = await scratch());
});
afterEach(() => clean());

describe('replacing a file', () => {
  test('refuses a folder that was exchanged for a link since the file was read', async () => {
    await mkdir(at('theirs'));
    await mkdir(at('etc'));
    await writeFile(at('theirs/passwd'), 'profile');
    await writeFile(at('etc/passwd'), 'root');
    const before = bytes(await readFile(at('theirs/passwd'), 'utf8'));
    await rename(at('theirs'), at('away'));
    await symlink(at('etc'), at('theirs'));
    const replaced = replaceFile(at('theirs/passwd'), before, bytes('changed'));
    await expect(replaced).rejects.toMatchObject({ code: 'file-unusable' });
    expect(await readFile(at('etc/passwd'), 'utf8')).toBe('root');
    expect(await readdir(at('etc'))).toEqual(['passwd']);
  });

  test('stays in the opened folder while the path is exchanged repeatedly', async () => {
    await mkdir(at('theirs'));
    await mkdir(at('etc'));
    await writeFile(at('etc/passwd'), 'root');
    await symlink(at('etc'), at('link'));
    let running = true;
    const exchange = (async () => {
      while (running) {
        await rename(at('theirs'), at('away'));
        await rename(at('link'), at('theirs'));
        await rename(at('theirs'), at('link'));
        await rename(at('away'), at('theirs'));
      }
    })();
    let replaced = 0;
    for (let round = 0; round < 300; round++) {
      for (const place of ['theirs', 'away']) {
        await writeFile(at(place, 'passwd'), 'profile').catch(() => {});
      }
      await writeFile(at('etc/passwd'), 'root');
      await replaceFile(at('theirs/passwd'), bytes('profile'), bytes('changed')).then(
        () => replaced++,
        () => {},
      );
      expect(await readFile(at('etc/passwd'), 'utf8')).toBe('root');
    }
    running = false;
    await exchange;
    expect(replaced).toBeGreaterThan(0);
  });

  test.skipIf(!isRoot)('keeps owner and permissions, but not the set-user-ID bit', async () => {
    await writeFile(at('own'), 'a');
    await chown(at('own'), nobody, nobody);
    await chmod(at('own'), 0o4640);
    await replaceFile(at('own'), bytes('a'), bytes('b'));
    const { uid, gid, mode } = await stat(at('own'));
    expect({ uid, gid, mode: mode & 0o7777 }).toEqual({ uid: nobody, gid: nobody, mode: 0o640 });
  });

  test('refuses other contents, links and hard links', async () => {
    await writeFile(at('file'), 'a');
    await symlink('file', at('symbolic'));
    await expect(replaceFile(at('file'), bytes('x'), bytes('b'))).rejects.toThrow('was changed');
    await expect(replaceFile(at('symbolic'), bytes('a'), bytes('b'))).rejects.toThrow(
      'symbolic link',
    );
    await link(at('file'), at('hard'));
    await expect(replaceFile(at('file'), bytes('a'), bytes('b'))).rejects.toThrow('hard link');
    expect(await readFile(at('file'), 'utf8')).toBe('a');
  });
});

describe('writing output', () => {
  test.skipIf(!isRoot)('refuses another user’s link in a sticky folder', async () => {
    await mkdir(at('tmp'));
    await chmod(at('tmp'), 0o1777);
    await writeFile(at('secret'), 'root');
    await symlink(at('secret'), at('tmp/out'));
    await lchown(at('tmp/out'), nobody, nobody);
    await chown(at('tmp'), nobody - 1, nobody - 1);
    await expect(writeOutput(at('tmp/out'), 'theirs')).rejects.toThrow('another user');
    expect(await readFile(at('secret'), 'utf8')).toBe('root');
  });

  test.skipIf(!isRoot)(
    'refuses another user’s link to a device, and links to such links',
    async () => {
      await mkdir(at('tmp'));
      await chmod(at('tmp'), 0o1777);
      await symlink('/dev/null', at('tmp/out'));
      await lchown(at('tmp/out'), nobody, nobody);
      await symlink(at('tmp/out'), at('own'));
      for (const path of ['tmp/out', 'own']) {
        await expect(writeOutput(at(path), 'x')).rejects.toThrow('tmp/out is another user');
      }
    },
  );

  test('keeps the permissions of a file, and leaves those of a new one to the umask', async () => {
    await writeFile(at('private'), 'old', { mode: 0o600 });
    const umask = process.umask(0o027);
    try {
      await writeOutput(at('private'), 'new');
      await writeOutput(at('new'), 'new');
      if (isRoot) await writeFile(at('theirs'), 'old').then(() => chmod(at('theirs'), 0o666));
      if (isRoot) await chown(at('theirs'), nobody, nobody);
      if (isRoot) await writeOutput(at('theirs'), 'new');
    } finally {
      process.umask(umask);
    }
    expect((await stat(at('private'))).mode & 0o777).toBe(0o600);
    expect((await stat(at('new'))).mode & 0o777).toBe(0o640);
    if (isRoot) expect((await stat(at('theirs'))).mode & 0o777).toBe(0o640);
  });

  test('follows a link of the same user', async () => {
    await writeFile(at('target'), 'a');
    await symlink('target', at('own'));
    await writeOutput(at('own'), 'b');
    expect(await readFile(at('target'), 'utf8')).toBe('b');
  });
});

test.skipIf(!isRoot)('fmt keeps the owner of a file, also through a link', async () => {
  const messy = 'abi <abi/3.0>,\nprofile web   {\n/srv r,\n}\n';
  await writeFile(at('web'), messy);
  await chown(at('web'), nobody, nobody);
  await chmod(at('web'), 0o600);
  await symlink('web', at('symbolic'));
  expect((await command(['fmt', at('symbolic')])).code).toBe(0);
  expect((await lstat(at('symbolic'))).isSymbolicLink()).toBe(true);
  expect(await readFile(at('web'), 'utf8')).not.toBe(messy);
  const { uid, mode } = await stat(at('web'));
  expect({ uid, mode: mode & 0o777 }).toEqual({ uid: nobody, mode: 0o600 });
});
