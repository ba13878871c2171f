import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import {
  chmod,
  cp,
  lchown,
  mkdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findParser } from '../../../sdk/host/parser.ts';
import { command } from '../../command.ts';
import { type Fixture, startFixture, succeed } from '../../host/fixture.ts';
import { profileText } from '../../publisher.ts';

const isRoot = process.getuid?.() === 0;
const unlessRoot = isRoot ? '' : ' (skipped: only root can try)';
const parser = await findParser();

const state = 'var/lib/aa-registry';
const record = `${state}/installed/library.web.json`;
const policy = 'etc/apparmor.d';
const file = `${policy}/aa-registry.library.web`;
const trustFile = 'etc/aa-registry/trust.toml';
const audit = 'var/log/audit/audit.log';

/** The text of a version, with includes, which an image can replace. */
const textOf = (name: string, version: string) => profileText(name, `/${version}`);

/** A snapshot of a folder: names, owners, modes, times and contents. */
function everything(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    const { mode, uid, size, mtimeMs } = lstatSync(path);
    const isFile = (mode & 0o170000) === 0o100000;
    const content = isFile ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
    found[name] = `${mode.toString(8)} ${uid} ${size} ${mtimeMs} ${content}`;
  }
  return found;
}

describe('a hostile image', { timeout: 300_000 }, () => {
  let fixture: Fixture;
  /** A valid host, which each test copies. */
  let sound: string;
  let root: string;
  let outside: string;
  let canaries: Record<string, string>;
  let trust: string;
  let copies = 0;

  const at = (path: string) => join(root, path);
  const run = (...args: string[]) => command([...args, '--root', root]);

  async function put(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(sound, path)), { recursive: true });
    await writeFile(join(sound, path), text);
  }

  /** Creates a copy of the valid host, next to an outside folder that must not change. */
  async function prepare(): Promise<void> {
    root = `${sound}-${++copies}`;
    await cp(sound, root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    canaries = everything(outside);
  }

  const untouched = () => expect(everything(outside)).toEqual(canaries);

  beforeAll(async () => {
    fixture = await startFixture();
    for (const version of ['1.0.0', '1.1.0']) {
      await fixture.publish('web', version, textOf('web', version));
    }
    sound = await fixture.host();
    await succeed(['pull', 'web@1.0.0', '--root', sound]);
    await succeed(['pull', 'web@1.1.0', '--complain', '--root', sound]);
    await put('etc/aa-registry/profiles.toml', 'profiles = ["web"]\n');
    await succeed(['lock', '--root', sound]);
    await put(`${policy}/abstractions/base`, '  /etc/ld.so.cache r,\n');
    await put(`${policy}/tunables/global`, '@{PROC}=/proc/\n');
    const abi = await readFile(`/${policy}/abi/3.0`, 'utf8').catch(() => '');
    await put(`${policy}/abi/3.0`, abi);
    await put(`${policy}/local/web`, '');
    await put(`${policy}/mine`, 'profile mine { }\n');
    await put('var/cache/apparmor/kernel.0/aa-registry.library.web', 'compiled');
    await put(`${policy}/cache/aa-registry.library.web`, 'compiled');
    await put(`${state}/set-aside/old`, 'old');
    await put(
      audit,
      'audit: type=1400 audit(1700000000.1:1): apparmor="DENIED" operation="open" profile="web" name="/x" comm="a" requested_mask="r" denied_mask="r" fsuid=1000 ouid=0\n',
    );
    await put('sys/module/apparmor/parameters/enabled', 'Y\n');
    await put('sys/kernel/security/lsm', 'apparmor');
    await put('sys/kernel/security/apparmor/features/file', '');
    await put('usr/sbin/apparmor_parser', '');
    await put('run/docker.sock', '');
    // The outside folder has the same structure, so that following a link would succeed.
    outside = join(dirname(sound), 'outside');
    await cp(sound, outside, { recursive: true, verbatimSymlinks: true });
    await writeFile(join(outside, 'precious'), 'unchanged');
    await writeFile(join(outside, 'etc/apparmor.d/precious'), 'profile web { /precious r, }\n');
    trust = join(outside, trustFile);
  });
  afterAll(() => fixture.close());
  beforeEach(prepare);

  describe('regressions', () => {
    test('a linked folder of stored versions: nothing is deleted in its target', async () => {
      await rm(at(`${state}/kept/library.web`), { recursive: true });
      await symlink(outside, at(`${state}/kept/library.web`));
      const pulled = await run('pull', 'web@1.0.0');
      expect(pulled.output).toContain(
        `${at(`${state}/kept/library.web`)} is a link, which leads out`,
      );
      expect(pulled.code).toBe(1);
      untouched();
    });

    test('a linked copy of a damaged record: its target is not written', async () => {
      await writeFile(at(record), '{');
      await symlink(join(outside, 'precious'), at(`${record}.damaged`));
      await symlink(join(outside, 'new'), at(`${state}/pending/library.web.json.damaged`)).catch(
        () => {},
      );
      expect((await run('pull', 'web')).code).toBe(0);
      untouched();
      expect(lstatSync(at(`${record}.damaged`)).isFile()).toBe(true);
    });

    test('a linked copy of a file that is set aside: its target is not written', async () => {
      const text = 'profile web { }\n';
      await writeFile(at(file), text);
      const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
      const copy = at(`${state}/set-aside/aa-registry.library.web.${digest}`);
      await symlink(join(outside, 'precious'), copy);
      const pulled = await run('pull', 'web');
      expect(pulled.code, pulled.output).toBe(0);
      expect(await readFile(copy, 'utf8')).toBe(text);
      expect(lstatSync(copy).isFile()).toBe(true);
      untouched();
    });

    test('a linked folder for files that are set aside: no file is written outside', async () => {
      await writeFile(at(file), 'profile evil { }\n');
      await rm(at(`${state}/set-aside`), { recursive: true });
      await symlink(join(outside, policy), at(`${state}/set-aside`));
      expect((await run('pull', 'web')).code).toBe(5);
      untouched();
    });

    test('a linked folder of the log: no file is written outside', async () => {
      const log = readdirSync(at(`${state}/log`))[0] ?? '';
      await rm(at(`${state}/log/${log}`), { recursive: true });
      await mkdir(join(outside, 'log'));
      await symlink(join(outside, 'log'), at(`${state}/log/${log}`));
      canaries = everything(outside);
      const commands = [['pull', 'web'], ['sync'], ['trust', 'show']];
      for (const args of commands) expect((await run(...args)).output).toContain('is a link');
      untouched();
      await rm(join(outside, 'log'), { recursive: true });
    });

    test('a record that names a file outside: the file is not read', async () => {
      const text = await readFile(at(record), 'utf8');
      const other = `../../../..${join(outside, policy, 'precious')}`;
      await writeFile(at(record), text.replace(/"file": ".*"/, `"file": "${other}"`));
      await run('denials', '--profile', 'web', '--patch', at('patched'), '--copy');
      const patched = await readFile(at('patched'), 'utf8');
      expect(patched).toContain('/srv/web/1.1.0/** r,');
      expect(patched).not.toContain('/precious');
    });

    test('includes can’t leave the policy folder', async () => {
      for (const included of [
        `"${join(outside, 'secret')}"`,
        `<../../../../../..${join(outside, 'secret')}>`,
        '<linked>',
        '<abstractions/linked>',
        '<linked-folder>',
      ]) {
        await writeFile(join(outside, 'secret'), '  /secret r,\n');
        await writeFile(at(file), `profile web {\n  include ${included}\n}\n`);
        const own = `${policy}/abstractions/linked`;
        await symlink(join(outside, 'secret'), at(own)).catch(() => {});
        await symlink(join(outside, 'secret'), at(`${policy}/linked`)).catch(() => {});
        await symlink(outside, at(`${policy}/linked-folder`)).catch(() => {});
        await writeFile(
          at(audit),
          'audit: type=1400 audit(1700000000.1:1): apparmor="DENIED" operation="open" profile="web" name="/secret" comm="a" requested_mask="r" denied_mask="r" fsuid=1000 ouid=0\n',
        );
        const { output, code } = await run('denials');
        expect(code, output).toBe(0);
        expect(output).toContain('/secret r,');
        expect(output).not.toContain('secret:1');
      }
      await rm(join(outside, 'secret'));
    });

    test.skipIf(!parser)('apparmor_parser gets no links and FIFOs from it', async () => {
      const version = `1.0.${copies}`;
      await fixture.publish('based', version, textOf('based', version));
      execFileSync('mkfifo', [at(`${policy}/tunables/waiting`)]);
      await rm(at(`${policy}/abstractions/base`));
      execFileSync('mkfifo', [at(`${policy}/abstractions/base`)]);
      const pulled = await run('pull', 'based');
      expect(pulled.output).toMatch(/abstractions\/base.*\[parser-refused\]/);
      untouched();
    });

    describe.skipIf(!parser)('apparmor_parser opens nothing outside a policy folder', () => {
      const secret = () => join(outside, 'secret');
      const up = () => `${'../'.repeat(20)}${secret().slice(1)}`;
      const escaped = () => secret().replaceAll('/', '\\057');
      beforeAll(() => fixture.publish('confined', '1.0.0', textOf('confined', '1.0.0')));

      test.each<[name: string, text: () => string]>([
        ['a path from the root', () => `include "${secret()}"`],
        ['with #', () => `#include "${secret()}"`],
        ['with # and no space', () => `#include"${secret()}"`],
        ['with # and no quotes', () => `#include${secret()}`],
        ['on another line', () => `#include\n\n"${secret()}"`],
        ['without quotes', () => `include\t${secret()}`],
        ['after a form feed', () => `include \f${secret()}`],
        ['if it exists', () => `include if  exists "${secret()}"`],
        ['after a rule', () => `/a r,include "${secret()}"`],
        ['after what looks like a comment', () => `"/a\n# " r, include "${secret()}"`],
        ['up', () => `include <${up()}>`],
        ['up, if it exists', () => `include if exists <${up()}>`],
        ['up, in quotes', () => `include "${up()}"`],
        ['up, in both', () => `include <"${up()}">`],
        ['up, from a folder', () => `include <abstractions/${up()}>`],
        ['escaped', () => `include "${escaped()}"`],
        ['out of the folder and in again', () => `include "/etc/apparmor.d/../..${secret()}"`],
        ['a folder', () => `include "${secret()}.d"`],
        ['in a file that is included', () => 'include <local/more>'],
      ])('%s', async (_, text) => {
        await writeFile(secret(), '  /secret r,\n');
        await mkdir(`${secret()}.d`, { recursive: true });
        const [base, more] = [`${policy}/abstractions/base`, `${policy}/local/more`].map(at);
        await writeFile(base ?? '', `${text()}\n`);
        await writeFile(more ?? '', `include "${secret()}"\n`);
        const { output, code } = await run('pull', 'confined');
        await rm(secret());
        await rm(`${secret()}.d`, { recursive: true });
        expect(output).toContain(`${text().includes('local/more') ? more : base}:`);
        expect(output).toMatch(
          /: #?include.* leads out of the policy folder\)? \[parser-refused\]/,
        );
        expect(code).toBe(1);
        untouched();
      });

      test.each([
        'include "/etc/apparmor.d/local/more"',
        'include if exists /etc/apparmor.d//local/more',
        'include "local/more"',
        'include <local/more>',
        'include if exists <local/none>',
        '# include "/etc/shadow", or abi </etc/shadow>',
        '/usr/include/abi/** r,',
      ])('links within it are followed: %s', async (text) => {
        await writeFile(at(`${policy}/abstractions/base`), `${text}\n`);
        await writeFile(at(`${policy}/local/more`), '  /more r,\n');
        const { output, code } = await run('pull', 'confined');
        expect(code, output).toBe(0);
      });

      test('links out of it that are not followed do no harm', async () => {
        await writeFile(at(`${policy}/local/more`), 'include "/etc/shadow"\n');
        await writeFile(at(`${policy}/other`), 'abi "/etc/shadow",\nprofile other { }\n');
        const { output, code } = await run('pull', 'confined');
        expect(code, output).toBe(0);
      });
    });

    test('an oversized policy folder is refused without reading all of it', async () => {
      const many = at(`${policy}/many`);
      await mkdir(many);
      for (let n = 0; n < 40; n++) {
        await writeFile(join(many, `sparse-${n}`), '');
        await truncate(join(many, `sparse-${n}`), 8 * 1024 * 1024);
      }
      // The limit is exceeded before the last file.
      await writeFile(join(many, 'zzz'), 'profile web { }\n');
      const { output, code } = await run('pull', 'web');
      expect(output).toContain(`${at(policy)} is too large for a policy folder: the limit is`);
      expect(code).toBe(1);
    });

    test('names over the maximum length match no file', async () => {
      const long = 'a'.repeat(300);
      await symlink(`/etc/apparmor.d/${long}`, at(`${policy}/linked`));
      await writeFile(at(file), `profile web {\n  include <${long}>\n}\n`);
      expect((await run('status')).output).not.toContain('ENAMETOOLONG');
      expect((await run('denials')).output).not.toContain('ENAMETOOLONG');
      expect((await run('pull', 'web')).output).toContain(
        `may also be defined by ${at(`${policy}/linked`)}`,
      );
    });

    test('more profiles than the maximum are refused immediately', async () => {
      const many = Array.from({ length: 1001 }, (_, index) => `"library/p${index}"`);
      await writeFile(at('etc/aa-registry/profiles.toml'), `profiles = [${many}]\n`);
      const { output, code } = await run('sync');
      expect(output).toContain('profiles: has more than 1000 elements');
      expect(code).toBe(1);
    });

    test('subfolders of a policy folder count, even if they have few files', async () => {
      await mkdir(at(`${policy}/many`));
      execFileSync('sh', ['-c', 'seq 20001 | xargs mkdir'], { cwd: at(`${policy}/many`) });
      const { output, code } = await run('pull', 'web');
      expect(output).toContain(`${at(policy)} is too large for a policy folder: the limit is`);
      expect(code).toBe(1);
    });
  });

  /** The replacements of a file or folder. */
  const mutations: Record<string, (path: string, original: string) => Promise<void>> = {
    'a link out': async (path, original) => {
      await rm(path, { recursive: true, force: true });
      await symlink(join(outside, original), path);
    },
    'a relative link out': async (path, original) => {
      await rm(path, { recursive: true, force: true });
      const up = '../'.repeat(original.split('/').length);
      await symlink(`${up}${outside.slice(dirname(root).length + 1)}/${original}`, path);
    },
    'a link to a file outside': async (path) => {
      await rm(path, { recursive: true, force: true });
      await symlink(join(outside, 'precious'), path);
    },
    'a dangling link': async (path) => {
      await rm(path, { recursive: true, force: true });
      await symlink(join(outside, 'new'), path);
    },
    'a link to itself': async (path) => {
      await rm(path, { recursive: true, force: true });
      await symlink(path, path);
    },
    'a FIFO': async (path) => {
      await rm(path, { recursive: true, force: true });
      execFileSync('mkfifo', [path]);
    },
    'a socket': async (path) => {
      await rm(path, { recursive: true, force: true });
      // close() would delete the socket's file, so it is moved.
      const server = createServer();
      await new Promise<void>((resolve) => server.listen('s.sock', resolve).unref());
      execFileSync('mv', ['s.sock', path]);
      server.close();
    },
    'a folder': async (path) => {
      await rm(path, { recursive: true, force: true });
      await mkdir(path);
    },
    'a file': async (path) => {
      await rm(path, { recursive: true, force: true });
      await writeFile(path, 'in the way');
    },
    'a huge file': async (path) => {
      await rm(path, { recursive: true, force: true });
      await writeFile(path, '');
      await truncate(path, 2 ** 40);
    },
    'writable by everybody': async (path) => {
      await chmod(path, 0o777).catch(() => {});
    },
    ...(isRoot && {
      'a device': async (path: string) => {
        await rm(path, { recursive: true, force: true });
        execFileSync('mknod', [path, 'c', '1', '5']);
      },
      'another user’s': async (path: string) => {
        await lchown(path, 1234, 1234).catch(() => {});
      },
    }),
  };

  const commands = [
    ['pull', 'web@1.0.0'],
    ['pull', 'web', '--dry-run'],
    ['sync'],
    ['sync', '--dry-run'],
    ['remove', 'web'],
    ['remove', 'web', '--force'],
    ['rollback', 'web', '--offline'],
    ['complain', 'web'],
    ['enforce', 'web'],
    ['status', '--offline'],
    ['lock'],
    ['trust', 'show'],
    ['doctor', '--offline'],
    ['denials'],
    ['denials', '--profile', 'web', '--patch', '/dev/null'],
    ['run-args', 'web'],
  ];

  /** Every path below a root that the program uses, including parent folders. */
  function places(): string[] {
    const found = new Set<string>();
    for (const name of readdirSync(sound, { recursive: true, encoding: 'utf8' })) found.add(name);
    for (const more of [
      `${record}.damaged`,
      `${state}/sync.json`,
      `${state}/pending/library.web.json`,
      `${policy}/disable`,
      `${policy}/cache.d`,
      `${policy}/web`,
    ]) {
      found.add(more);
    }
    return [...found].sort();
  }

  /** Changes a copy of the valid host and runs a command in it. */
  async function attempt(place: string, mutation: string, args: readonly string[]) {
    await prepare();
    try {
      await mkdir(dirname(at(place)), { recursive: true });
      await mutations[mutation]?.(at(place), place);
      const outcome = await run(...args, ...(args[0] === 'pull' ? ['--trust', trust] : []));
      untouched();
      expect(outcome.output).not.toContain('unexpected:');
      expect(outcome.output).not.toContain('/proc/self/fd');
      // Exit code 6: drift.
      if (![0, 6].includes(outcome.code)) expect(outcome.output).toMatch(/\.\n|\][;\n]/);
      return outcome;
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  }

  test(`with any file type in any place, nothing outside changes and every command ends${unlessRoot}`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...places()),
        fc.constantFrom(...Object.keys(mutations)),
        fc.constantFrom(...commands),
        async (place, mutation, args) => void (await attempt(place, mutation, args)),
      ),
      { numRuns: 100 },
    );
  });

  const ours = [
    policy,
    'etc/aa-registry',
    state,
    `${state}/kept`,
    `${state}/installed`,
    'var',
    'etc',
  ];
  const refusing = Object.keys(mutations).filter((name) => name !== 'a folder');
  test.each(ours.flatMap((place) => refusing.map((mutation) => [place, mutation])))(
    '%s that is %s is refused with its path',
    async (place = '', mutation = '') => {
      const { output, code } = await attempt(place, mutation, ['pull', 'web@1.0.0']);
      expect(output).toContain(`${join(root, place)} `);
      expect(output).toMatch(
        /is a |belongs to user 1234|can be written to by others \(mode 0777\)/,
      );
      expect(code).toBe(5);
    },
  );

  test.each(['a link out', 'a FIFO', 'a huge file', 'writable by everybody'])(
    'a trust file that is %s is refused with its path',
    async (mutation) => {
      const { output, code } = await attempt(trustFile, mutation, ['sync']);
      expect(output).toContain(`${join(root, trustFile)} `);
      expect(code).toBe(1);
    },
  );

  test('installing replaces a link, a FIFO or a device with a file', async () => {
    for (const mutation of ['a link out', 'a FIFO', ...(isRoot ? ['a device'] : [])]) {
      await prepare();
      await mutations[mutation]?.(at(file), file);
      expect((await run('status', '--offline')).output).toContain('its file was changed');
      expect((await run('remove', 'web')).output).toContain('[file-changed]');
      const pulled = await run('pull', 'web@1.1.0');
      expect(pulled.code, pulled.output).toBe(0);
      expect(lstatSync(at(file)).isFile()).toBe(true);
      expect(await readFile(at(file), 'utf8')).toBe(textOf('web', '1.1.0'));
      untouched();
    }
  });

  test('the link for complain mode has AppArmor’s form and is never followed', async () => {
    const link = at(`${policy}/force-complain/aa-registry.library.web`);
    expect(readlinkSync(link)).toBe('../aa-registry.library.web');
    await rm(link);
    await symlink(join(outside, 'precious'), link);
    expect((await run('enforce', 'web')).code).toBe(0);
    expect(() => lstatSync(link)).toThrow('ENOENT');
    untouched();
  });

  test('the path of a root may contain links, unless other users could have made them', async () => {
    const link = `${root}-link`;
    await symlink(root, link);
    expect((await command(['status', '--offline', '--root', link])).code).toBe(0);
    if (!isRoot) return;
    await lchown(link, 1234, 1234);
    await chmod(dirname(root), 0o777);
    const refused = await command(['status', '--offline', '--root', link]);
    await chmod(dirname(root), 0o700);
    expect(refused.output).toContain(`${link} is a link to ${root}, which others could have made`);
    expect(statSync(root).uid).toBe(0);
  });
});
