import { execFileSync } from 'node:child_process';
import {
  appendFile,
  cp,
  link,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { profileText, readPackageFolder } from '../../sdk/package-folder.ts';
import { scratch } from '../cli/cli.ts';

const shipped = join(import.meta.dirname, '../../profiles/docker-nginx');
const key = `-----BEGIN ${'PRIVATE KEY'}-----\nMC4CAQ…\n`;

describe('a package’s folder', () => {
  let folder: string;
  let clean: () => Promise<void>;
  let made = 0;
  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
  });
  afterAll(() => clean());

  async function packageFolder(): Promise<string> {
    const path = join(folder, `package-${made++}`);
    await cp(shipped, path, { recursive: true });
    await writeFile(join(path, 'README.md'), '# nginx\n');
    return path;
  }

  const parts = ['aa-profile.toml', 'docker-nginx', 'README.md'];

  test.each(['docker-nginx', 'README.md', 'aa-profile.toml'])(
    'a key store in place of %s is refused',
    async (part) => {
      const path = await packageFolder();
      // The start of a .p12 file: its length, version 3, and data of PKCS#7.
      const start = Buffer.from('308209cf0201033082098506092a864886f70d010701a08209', 'hex');
      await writeFile(join(path, part), Buffer.concat([start, Buffer.alloc(100, 0x5a)]));
      await expect(readPackageFolder(path).then(profileText)).rejects.toThrow(
        /PKCS#12.*\[secret\]/,
      );
    },
  );

  test('has three files', async () => {
    const { name, file, bytes, readme } = await readPackageFolder(await packageFolder());
    expect({ name, readme }).toEqual({ name: 'docker-nginx', readme: '# nginx\n' });
    expect(file.endsWith('/docker-nginx')).toBe(true);
    expect(bytes.length).toBeGreaterThan(1000);
  });

  describe.each(parts)('%s', (part) => {
    const attacks: [string, (path: string) => Promise<unknown>, RegExp][] = [
      [
        'a link to a file outside',
        (path) => symlink(join(shipped, 'docker-nginx'), path),
        /is a symbolic link/,
      ],
      [
        'a link to a file beside',
        (path) => symlink('aa-profile.toml.moved', path),
        /is a symbolic link/,
      ],
      ['a dangling link', (path) => symlink('/nonexistent', path), /is a symbolic link/],
      ['a link to a device', (path) => symlink('/dev/zero', path), /is a symbolic link/],
      ['a FIFO', async (path) => execFileSync('mkfifo', [path]), /is not a regular file/],
      ['a folder', (path) => mkdir(path), /is not a regular file/],
      ['a hard link', (path) => link(`${path}.moved`, path), /has more than one hard link/],
      [
        'a file without end',
        async (path) => execFileSync('truncate', ['-s', '9G', path]),
        /has more than \d+ bytes/,
      ],
    ];
    test.each(attacks)('that is %s is refused', async (_, attack, reason) => {
      const path = await packageFolder();
      await rename(join(path, part), join(path, `${part}.moved`));
      await attack(join(path, part));
      await expect(readPackageFolder(path)).rejects.toThrow(reason);
      await rm(path, { recursive: true });
    });
  });

  test('a token is found behind escapes of TOML and Markdown', async () => {
    const token = `${['aar', '_'].join('')}${'aB3'.repeat(20).slice(0, 43)}`;
    const escaped: [string, (text: string) => string][] = [
      [
        'aa-profile.toml',
        (text) => text.replace(/^description = .*$/m, `description = "\\u0061${token.slice(1)}"`),
      ],
      ['README.md', () => `# nginx\n\n${token.replace('_', '\\_')}\n`],
    ];
    for (const [part, change] of escaped) {
      const path = await packageFolder();
      const file = join(path, part);
      await writeFile(file, change(await readFile(file, 'utf8')));
      await expect(readPackageFolder(path)).rejects.toThrow('holds what looks like');
      await rm(path, { recursive: true });
    }
  });

  test.each(['aa-profile.toml', 'README.md'])(
    'a private key in %s is reported with its line',
    async (part) => {
      const path = await packageFolder();
      const before = part === 'README.md' ? '# nginx\n\n' : '# first\n# second\n';
      await writeFile(
        join(path, part),
        `${before}${part === 'README.md' ? key : `# ${key.replace(/\n(.)/, '\n# $1')}`}`,
      );
      await expect(readPackageFolder(path)).rejects.toThrow(
        `${part}:3 holds what looks like a private key`,
      );
    },
  );

  test('all faults of a manifest are reported at once, each with one example', async () => {
    const path = await packageFolder();
    await writeFile(
      join(path, 'aa-profile.toml'),
      'name = "web"\nabi = "3"\nlicense = "MTI"\nlinks = { source = "https://ann@example.org" }\n',
    );
    const refused = await readPackageFolder(path).catch((error: Error) => error);
    const message = refused instanceof Error ? refused.message : '';
    const [first, ...faults] = message.split('\n');
    expect(first).toBe(`${join(path, 'aa-profile.toml')}:`);
    expect(faults.map((line) => line.split(':')[0])).toEqual([
      'description',
      'abi',
      'license',
      'links',
    ]);
    for (const line of faults) expect(line.split('such as').length, line).toBeLessThan(3);
  });

  test.each(['ann:hunter2@', 'ann@', ':hunter2@'])(
    'a link that contains %s is refused and not shown',
    async (credentials) => {
      const path = await packageFolder();
      await appendFile(
        join(path, 'aa-profile.toml'),
        `\n[links]\nsource = "https://${credentials}git.example.org/x"\n`,
      );
      const refused = await readPackageFolder(path).catch((error: Error) => error.message);
      expect(refused).toMatch(
        /links: the address of source holds a user's name or a password \[secret\]/,
      );
      expect(refused).not.toContain(credentials);
    },
  );

  test.each(['../docker-nginx', '/etc/hostname', 'a/b', '..', '.', 'docker-nginx/../x', ''])(
    'a manifest with the name %j is refused',
    async (name) => {
      const path = await packageFolder();
      await writeFile(join(path, 'aa-profile.toml'), `name = ${JSON.stringify(name)}\n`);
      await expect(readPackageFolder(path)).rejects.toThrow(
        'name: must be 1 to 64 lower-case letters',
      );
    },
  );
});
