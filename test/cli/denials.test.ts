import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exit } from '../../cli/framework/command.ts';
import { aaRegistry, launcher, scratch } from './cli.ts';

const line = (serial: number, fields: string, type = 'DENIED') =>
  `[    5.1] audit: type=1400 audit(1795500000.${String(serial).padStart(3, '0')}:${serial}): apparmor="${type}" ${fields}\n`;
const opened = (name: string, mask = 'r', profile = 'web') =>
  `operation="open" profile="${profile}" name="${name}" pid=7 comm="cat" requested_mask="${mask}" denied_mask="${mask}" fsuid=0 ouid=0`;

const policy = `abi <abi/3.0>,

profile web {
  /srv/** r,
  audit deny /srv/secret/** rw,
}
`;

describe('aa-registry denials', () => {
  let folder: string;
  let clean: () => Promise<void>;
  const at = (...parts: string[]) => join(folder, ...parts);
  const denials = (args: string[], input = '', env: NodeJS.ProcessEnv = {}) =>
    aaRegistry(['denials', '--root', at('root'), ...args], { input, env: { TZ: 'UTC', ...env } });

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    const file = '/etc/apparmor.d/aa-registry.acme.web';
    const digest = `sha256:${'0'.repeat(64)}`;
    const when = '2026-11-24T00:00:00.000Z';
    await mkdir(at('root/etc/apparmor.d'), { recursive: true });
    await mkdir(at('root/var/lib/aa-registry/installed'), { recursive: true });
    await writeFile(at('root', file), policy);
    await writeFile(at('root/etc/apparmor.d/other'), 'profile other {\n}\n');
    await writeFile(
      at('root/var/lib/aa-registry/installed/acme.web.json'),
      JSON.stringify({
        ...{ team: 'acme', name: 'web', version: '1.2.0', digest, file, verifiedAt: when },
        ...{
          installedAt: when,
          reference: 'acme/web',
          origin: 'pull',
          complain: false,
          earlier: [],
        },
      }),
    );
  });
  afterAll(() => clean());

  test('groups denials by profile, with its version and the deciding rule', async () => {
    const log = [
      line(1, opened('/srv/secret/key')),
      line(2, opened('/srv/secret/key').replace('cat', 'dog')),
      line(3, opened('/etc/hosts')),
      line(4, opened('/tmp/x', 'wc', 'other')),
      line(5, opened('/tmp/y', 'r', 'gone')),
      line(6, opened('/tmp/z'), 'AUDIT'),
    ].join('');
    const { code, stdout, stderr } = await denials(['--file', '-'], log);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const file = at('root/etc/apparmor.d/aa-registry.acme.web');
    expect(stdout).toBe(`web  acme/web@1.2.0  ${file}

  DENIED 2 times, 2026-11-24 06:00:00, by cat, dog
    open /srv/secret/key (r)
    Denied by ${file}:5: audit deny /srv/secret/** rw,
    A deny rule overrides any allow rule; to allow the access, change the deny rule.

  DENIED once, 2026-11-24 06:00:00, by cat
    open /etc/hosts (r)
    No rule allows it.
    This would allow it:
        owner /etc/hosts r,
      The profile's processes may read /etc/hosts where they own it.
      It permits nothing else.

other  not installed by aa-registry  ${at('root/etc/apparmor.d/other')}

  DENIED once, 2026-11-24 06:00:00, by cat
    open /tmp/x (wc)
    No rule allows it.
    This would allow it:
        owner /tmp/x w,
      The profile's processes may write, create, rename, delete, chmod and chown /tmp/x where they own it.
      It permits nothing else.

gone  not defined by any file on this host

  DENIED once, 2026-11-24 06:00:00, by cat
    open /tmp/y (r)
    A rule that allows it:
        owner /tmp/y r,
      The profile's processes may read /tmp/y where they own it.

`);
  });

  test('says that the result is uncertain if an include is missing', async () => {
    const file = at('root/etc/apparmor.d/lacking');
    await writeFile(
      file,
      'profile lacking {\n  include <abstractions/base>\n  deny /b r,\n  profile child {\n    /c r,\n  }\n}\n',
    );
    const log = [
      line(1, opened('/proc/2311/status', 'r', 'lacking')),
      line(2, opened('/b', 'r', 'lacking')),
      line(3, opened('/d', 'r', 'lacking//child')),
    ].join('');
    const { stdout } = await denials(['--file', '-', '--format', 'json'], log);
    const found = stdout
      .trim()
      .split('\n')
      .map((one) => JSON.parse(one));
    expect(found.map(({ outcome, unsure }) => [outcome, unsure])).toEqual([
      ['unmatched', true],
      ['denied', false],
      ['unmatched', false],
    ]);
    expect(found[0].notes).toMatchObject([{ id: 'missing-include' }]);
    const text = (await denials(['--file', '-'], log)).stdout;
    expect(text).toContain('includes <abstractions/base>, which is missing here');
    await rm(file);
  });

  test('explains a finding once for each profile', async () => {
    const log = ['snap.a.b', 'snap.c.d', 'docker-default//&web', 'web//&docker-default', 'snap.a.b']
      .map((profile, at) => line(at + 1, opened(`/x${at}`, 'r', profile)))
      .join('');
    const { stdout } = await denials(['--file', '-'], log);
    expect(stdout.match(/snapd\s+generates\s+this\s+profile/g)).toHaveLength(2);
    expect(stdout.match(/runtime\s+generates\s+this\s+profile/g)).toHaveLength(2);
  });

  test('says why it suggests no rule', async () => {
    const socket =
      'operation="create" class="net" profile="web" family="unknown(46)" sock_type="stream" protocol=0 requested_mask="create" denied_mask="create"';
    const { stdout } = await denials(['--file', '-'], line(1, socket));
    expect(stdout).toContain(
      'No rule was written: socket family 46 has no name in the policy language.',
    );
    const json = await denials(['--file', '-', '--format', 'json'], line(1, socket));
    expect(JSON.parse(json.stdout).notes).toMatchObject([{ id: 'no-rule' }]);
    const draft = await denials(['--file', '-', '--draft', 'web'], line(1, socket, 'ALLOWED'));
    expect(draft.stderr).toContain(
      'No rule was written for create: socket family 46 has no name in the policy language.',
    );
    await writeFile(at('unsaid'), policy);
    const patched = await denials(['--file', '-', '--patch', at('unsaid')], line(1, socket));
    expect(patched.stderr).toContain('No rule was written for create: socket family 46');
  });

  test('--profile, --since and --all select denials', async () => {
    const log = [
      line(1, opened('/a')),
      line(2, opened('/b', 'r', 'other')),
      line(3, opened('/c', 'r', 'web//hat')),
      line(4, opened('/d'), 'AUDIT'),
    ].join('');
    const named = async (...args: string[]) => {
      const { stdout } = await denials(['--file', '-', '--format', 'json', ...args], log);
      return stdout.split('\n').flatMap((one) => (one ? [JSON.parse(one).fields.name] : []));
    };
    expect(await named()).toEqual(['/a', '/b', '/c']);
    expect(await named('--profile', 'web')).toEqual(['/a', '/c']);
    const slip = await denials(['--file', '-', '--profile', 'we'], log);
    expect(slip.stdout).toBe('No denials by we.\n');
    expect(slip.stderr).toMatch(/The log has events of these profiles: .*web/);
    expect(await named('--all')).toEqual(['/a', '/b', '/c', '/d']);
    expect(await named('--since', '2026-11-24T06:00:00.002Z')).toEqual(['/b', '/c']);
    expect(await named('--since', '@1795500001')).toEqual([]);
    expect((await denials(['--file', '-', '--since', '1s'], log)).stdout).toBe('No denials.\n');
  });

  test('escapes control characters from the log', async () => {
    const name = Buffer.from('/srv\n\x1b[31m\u202e\xff', 'latin1').toString('hex').toUpperCase();
    const override = Buffer.from('/\u202e\u009b').toString('hex').toUpperCase();
    const log = [
      line(1, opened('/x').replace('"/x"', name)),
      line(2, opened('/x').replace('"/x"', override).replace('cat', 'a\x1b]0;x\x07b')),
      line(3, opened('/x', 'r', 'p\x1b[2J')),
    ].join('');
    const controlCharacters = /[^\P{Cc}\n]|\u202e/u;
    const text = await denials(['--file', '-'], log);
    expect(text.stdout).not.toMatch(controlCharacters);
    expect(text.stdout).toContain('open /srv\\u{a}\\u{1b}[31m');
    const json = await denials(['--file', '-', '--format', 'json'], log);
    expect(json.stdout).not.toMatch(controlCharacters);
    const [, second] = json.stdout
      .trim()
      .split('\n')
      .map((one) => JSON.parse(one));
    expect(second.request.path).toBe('/\u202e\u009b');
  });

  test('reports messages that the kernel dropped', async () => {
    const log = `${line(1, opened('/a'))}[ 9.1] audit: 12 callbacks suppressed\n`;
    expect((await denials(['--file', '-'], log)).stderr).toContain('dropped 12 messages');
  });

  test('--generalise shows what else a rule permits', async () => {
    const { stdout } = await denials(
      ['--file', '-', '--generalise'],
      line(1, opened('/proc/77/stat')),
    );
    expect(stdout).toContain('owner @{PROC}/@{pid}/stat r,\n');
    expect(stdout).toContain('Every process id is allowed in place of "77"');
  });

  describe('unread logs are not reported as free of denials', () => {
    const text = line(1, opened('/etc/hosts'));
    const utf16be = Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
    const read = (bytes: Uint8Array, ...more: string[]) =>
      writeFile(at('given'), bytes).then(() => denials(['--file', at('given'), ...more]));

    test.each<[string, Uint8Array]>([
      ['gzip', gzipSync(text)],
      ['gzip in parts', Buffer.concat([gzipSync('first\n'), gzipSync(text)])],
      ['zstd', zstdCompressSync(text)],
      ['UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le')],
      ['UTF-16 without a mark', Buffer.from(text, 'utf16le')],
      ['UTF-16, big end first', utf16be],
      ['UTF-16 in gzip', gzipSync(utf16be)],
      ['text after zeros of a crash', Buffer.concat([Buffer.alloc(700), Buffer.from(`\n${text}`)])],
      ['JSON', Buffer.from(JSON.stringify({ log: text }))],
      ['HTML', Buffer.from(`<pre>${text.replaceAll('"', '&quot;').trimEnd()}</pre>\n`)],
    ])('%s is read', async (_, bytes) => {
      const { code, stdout } = await read(bytes, '--format', 'json');
      expect(code).toBe(0);
      expect(JSON.parse(stdout).fields.name).toBe('/etc/hosts');
    });

    test.each<[string, Uint8Array, RegExp]>([
      ['nothing', Buffer.alloc(0), /has no AppArmor messages/],
      ['another log', Buffer.from('kernel: usb 1-1: new device\n'), /has no AppArmor messages/],
      ['wrapped lines', Buffer.from(text.replace(/.{1,79}/g, '$&\n')), /1 event of AppArmor was/],
      ['lines wrapped at blanks', Buffer.from(text.replaceAll(' ', '\n')), /AppArmor/],
      ['an old form', Buffer.from('type=1503 audit(1.002:3): REJECTING r access\n'), /1 line has/],
      [
        'lines of other programs',
        Buffer.from(`Nov 28 11:00:00 h sshd[1]: Invalid user ${text.slice(text.indexOf('app'))}`),
        /has no AppArmor messages\. 1 line about AppArmor is from another program/,
      ],
      ['half a gzip', gzipSync(text).subarray(0, 60), /damaged gzip file/],
      [
        'zstd in parts',
        Buffer.concat([zstdCompressSync(text), zstdCompressSync(text)]),
        /several zstd frames[\s\S]*zstdcat/,
      ],
      ['half a zstd', zstdCompressSync(text).subarray(0, 60), /damaged zstd file/],
      ['gzip twice', gzipSync(gzipSync(text)), /compressed more than once/],
      ['zstd in gzip', gzipSync(zstdCompressSync(text)), /compressed more than once/],
      ['xz', Buffer.from('fd377a585a0000', 'hex'), /with xz[\s\S]*xzcat \S+given \| aa-registry/],
      ['bzip2', Buffer.from('425a6839', 'hex'), /with bzip2[\s\S]*bzcat/],
      ['zip', Buffer.from('504b0304', 'hex'), /with zip[\s\S]*unzip -p/],
      ['JSON in one line', Buffer.from(JSON.stringify(Array(100).fill(text))), /jq -c/],
      ['a journal', Buffer.from('LPKSHHRH\0\0'), /journalctl .*--file \S+given/],
      ['a bomb', gzipSync(Buffer.alloc(257 << 20)), /more than 256 MiB/],
      ['a bomb of zstd', zstdCompressSync(Buffer.alloc(257 << 20)), /more than 256 MiB/],
    ])('%s exits with 1 and the reason', async (_, bytes, message) => {
      const { code, stdout, stderr } = await read(bytes);
      expect(stderr).toMatch(message);
      expect({ code, stdout }).toEqual({ code: exit.failed, stdout: '' });
    });

    test('there is no patch without denials', async () => {
      const { code, stderr } = await read(Buffer.alloc(0), '--patch', at('any'));
      expect({ code }).toEqual({ code: exit.failed });
      expect(stderr).toContain('has no AppArmor messages');
    });

    test('unreadable lines among others are reported', async () => {
      const html = text.replaceAll('"', '%22');
      const both = await read(Buffer.from(text + html));
      expect(both.code).toBe(exit.failed);
      expect(both.stdout).toContain('open /etc/hosts (r)');
      expect(both.stderr).toContain('1 line has an AppArmor decision');
      expect(both.stderr).toContain('Some denials may be missing (exit code 1).');
      const json = await read(Buffer.from(text + html), '--format', 'json');
      expect(json.code).toBe(exit.failed);
      expect(JSON.parse(json.stdout).fields.name).toBe('/etc/hosts');
      await writeFile(at('partly'), policy);
      const patched = await read(Buffer.from(text + html), '--patch', at('partly'));
      expect(patched).toMatchObject({ code: exit.failed, stdout: '+ owner /etc/hosts r,\n' });
      const none = await read(Buffer.from(line(2, opened('/a'), 'AUDIT') + html));
      expect(none).toMatchObject({ code: exit.failed, stdout: '' });
    });

    test('an overlong line among others is reported', async () => {
      const array = `${JSON.stringify(Array(100).fill(text))}\n`;
      const both = await read(Buffer.from(text + array));
      expect(both.code).toBe(exit.failed);
      expect(both.stderr).toContain('1 line about AppArmor was skipped');
      const none = await read(Buffer.from(line(2, opened('/a'), 'AUDIT') + array));
      expect(none).toMatchObject({ code: exit.failed, stdout: '' });
      const others = `${JSON.stringify(Array(2000).fill('another log'))}\n`;
      const harmless = await read(Buffer.from(line(2, opened('/a'), 'AUDIT') + others));
      expect(harmless).toMatchObject({ code: 0, stdout: 'No denials.\n', stderr: '' });
    });

    test('a line of key=value after a denial does not hide it', async () => {
      const log = `${text}Nov 28 11:00:00 h me[3]: level=info time=1 error=none\n${line(2, opened('/tmp/x'))}`;
      const { code, stdout, stderr } = await read(Buffer.from(log));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('open /etc/hosts (r)');
      expect(stdout).toContain('open /tmp/x (r)');
    });

    test('a folder is read as a journal', async () => {
      await mkdir(at('with blank'), { recursive: true });
      const { code, stderr } = await denials(['--file', at('with blank')]);
      expect({ code }).toEqual({ code: exit.failed });
      expect(stderr).toContain(`--directory '${at('with blank')}' | aa-registry denials --file -`);
    });

    test('of several logs, those without denials are named', async () => {
      await writeFile(at('empty'), '');
      const { code, stderr } = await read(Buffer.from(text), '--file', at('empty'));
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: `${at('empty')} has no AppArmor messages.\n`,
      });
    });

    test('packed logs are not followed', async () => {
      const { code, stderr } = await read(gzipSync(text), '--follow');
      expect(code).toBe(exit.failed);
      expect(stderr).toContain('only plain text can be followed');
    });
  });

  describe('--patch of a file without the profile', () => {
    test.each<[string, string[], RegExp]>([
      [
        'a typing error',
        ['--profile', 'wbe'],
        /does not define wbe; it defines only web\.[\s\S]*these profiles: gone/,
      ],
      ['another profile', ['--profile', 'gone'], /does not define gone; it defines only web/],
      ['no profile named', [], /does not define gone; it defines only web/],
    ])('%s exits with 1 and names the profiles', async (_, args, message) => {
      await writeFile(at('without'), policy);
      const log = line(1, opened('/etc/hosts', 'r', 'gone'));
      const outcome = await denials(['--file', '-', '--patch', at('without'), ...args], log);
      expect(outcome.stderr).toMatch(message);
      expect(outcome).toMatchObject({ code: exit.failed, stdout: '' });
      expect(await readFile(at('without'), 'utf8')).toBe(policy);
    });

    test('a profile without denials has nothing to add', async () => {
      await writeFile(at('without'), policy);
      const log = line(1, opened('/etc/hosts', 'r', 'gone'));
      const named = ['--file', '-', '--patch', at('without'), '--profile', 'web'];
      expect(await denials(named, log)).toMatchObject({
        code: 0,
        stdout: `Nothing to add to ${at('without')}.\n`,
      });
    });
  });

  describe('--patch', () => {
    const log = [
      line(1, opened('/etc/hosts')),
      line(2, opened('/etc/hosts', 'w')),
      line(3, opened('/srv/secret/key')),
      line(4, opened('/tmp/x', 'r', 'other')),
    ].join('');

    test('adds rules to a package and removes none', async () => {
      await mkdir(at('package'));
      await writeFile(at('package/web'), policy, { mode: 0o640 });
      await writeFile(
        at('package/aa-profile.toml'),
        'name = "web"\ndescription = "x"\nabi = "3.0"\nlicense = "MIT"\n',
      );
      const { code, stdout, stderr } = await denials(
        ['--file', '-', '--patch', at('package')],
        log,
      );
      expect(code).toBe(exit.failed);
      expect(stdout).toBe('+ owner /etc/hosts rw,\n');
      expect(stderr).toContain(
        `Not changed: ${at('package/web')}:5: audit deny /srv/secret/** rw,`,
      );
      expect(stderr).toContain('Deny rules are not removed');
      expect(stderr).toContain('(exit code 1): a deny rule forbids some of them.\n');
      expect(await readFile(at('package/web'), 'utf8')).toBe(
        policy.replace(/\}\n$/, '  owner /etc/hosts rw,\n}\n'),
      );
      expect((await stat(at('package/web'))).mode & 0o777).toBe(0o640);

      const again = await denials(
        ['--file', '-', '--patch', at('package')],
        log.split('\n').slice(0, 2).join('\n'),
      );
      expect(again).toMatchObject({ code: 0, stdout: `Nothing to add to ${at('package/web')}.\n` });
    });

    test('warns if a rule allows reading secrets', async () => {
      await writeFile(at('cautioned'), policy);
      const args = ['--file', '-', '--patch', at('cautioned')];
      const requests = line(1, opened('/etc/shadow')) + line(2, opened('/etc/hosts'));
      const { code, stdout, stderr } = await denials(args, requests);
      expect({ code }).toEqual({ code: 0 });
      expect(stdout).toContain('+ owner /etc/shadow r,\n');
      expect(stderr).toMatch(/^Caution: .*\/etc\/shadow/m);
      expect(stderr.match(/Caution/g)).toHaveLength(1);
    });

    test('creates the next version of an installed profile, which is unchanged', async () => {
      const only = line(1, opened('/etc/hosts'));
      const args = ['--file', '-', '--patch', at('next')];
      const { code, stderr } = await denials(args, only);
      expect({ code }).toEqual({ code: exit.failed });
      expect(stderr).toContain('does not exist; nothing was written');
      // A mistyped name must not create a file.
      const mistyped = await denials([...args, '--profile', 'web'], only);
      expect(mistyped).toMatchObject({ code: exit.failed });
      expect(mistyped.stderr).toMatch(/from the installed web, add --copy\./);
      await expect(stat(at('next'))).rejects.toThrow('ENOENT');
      const copy = [...args, '--profile', 'web', '--copy'];
      expect(await denials(copy, only)).toMatchObject({ code: 0 });
      expect(await denials(copy, only)).toMatchObject({
        code: exit.failed,
        stderr: expect.stringContaining('already exists'),
      });
      expect(await readFile(at('next'), 'utf8')).toContain('  owner /etc/hosts r,\n}');
      expect(await readFile(at('root/etc/apparmor.d/aa-registry.acme.web'), 'utf8')).toBe(policy);
      expect(
        await denials([...args.slice(0, 3), at('nothing'), '--profile', 'nobody'], only),
      ).toMatchObject({
        code: exit.failed,
        stderr: expect.stringContaining('defines nobody'),
      });
    });
  });

  describe('profiles in unexpected places', () => {
    test('in a stack, the profile with a file on this host is used, and --profile finds it', async () => {
      const label = 'web//&:k3s:unconfined';
      const log = line(1, opened('/srv/secret/key', 'r', label)) + line(2, opened('/b', 'r', 'x'));
      const { stdout } = await denials(['--file', '-', '--profile', 'web'], log);
      const file = at('root/etc/apparmor.d/aa-registry.acme.web');
      expect(stdout).toContain(`${label}  acme/web@1.2.0  ${file}\n`);
      expect(stdout).toContain(`Denied by ${file}:5: audit deny /srv/secret/** rw,`);
      expect(stdout.replace(/\s+/g, ' ')).toContain('The rule belongs to web.');
      expect(stdout).not.toContain('/b');
    });

    test('generated profiles of runtimes get advice instead of rules', async () => {
      const log = line(1, opened('/b', 'r', 'docker-default'));
      const shown = await denials(['--file', '-'], log);
      expect(shown.stdout.replace(/\s+/g, ' ')).toContain('--security-opt apparmor=NAME');
      const args = ['--profile', 'docker-default', '--patch', at('none')];
      const { code, stderr } = await denials(['--file', '-', ...args], log);
      expect({ code }).toEqual({ code: exit.failed });
      expect(stderr).toMatch(/defines docker-default[\s\S]*--security-opt apparmor=NAME/);
    });

    test('files that are not loaded at boot are ignored', async () => {
      const policyFolder = at('root/etc/apparmor.d');
      await writeFile(join(policyFolder, 'a1.dpkg-old'), 'profile skipped {\n  /a r,\n}\n');
      const log = line(1, opened('/a', 'r', 'skipped'));
      const before = await denials(['--file', '-'], log);
      expect(before.stdout).toContain('skipped  not defined by any file on this host');
      await writeFile(join(policyFolder, 'z'), 'profile skipped {\n}\n');
      const after = await denials(['--file', '-'], log);
      expect(after.stdout).toContain(join(policyFolder, 'z'));
      expect(after.stdout).toContain('No rule allows it.');
    });
  });

  test('run-args shows what complain mode still denies', async () => {
    const folderOf = at('root/var/lib/aa-registry/installed');
    const web = JSON.parse(await readFile(join(folderOf, 'acme.web.json'), 'utf8'));
    const trial = { ...web, name: 'trial', reference: 'acme/trial', complain: true };
    await writeFile(
      join(folderOf, 'acme.trial.json'),
      JSON.stringify({ ...trial, file: '/etc/apparmor.d/aa-registry.acme.trial' }),
    );
    const { code, stderr } = await aaRegistry(['run-args', 'acme/trial', '--root', at('root')]);
    expect({ code }).toEqual({ code: 0 });
    expect(stderr).toContain('; deny rules still deny');
    await rm(join(folderOf, 'acme.trial.json'));
  });

  describe('--draft', () => {
    test.each<[string, string[], number]>([
      ['5.0', ['3.0', '4.0', '5.0'], exit.ok],
      ['5.0', ['3.0', '4.0'], exit.failed],
      ['4.0', ['3.0'], exit.failed],
      ['3.0', ['3.0'], exit.ok],
      ['5.0', [], exit.ok],
    ])('for AppArmor %s with the abis %j exits with %i', async (needed, abis, code) => {
      const base = at(`base-${needed}-${abis.length}`);
      await mkdir(join(base, 'abi'), { recursive: true });
      for (const abi of abis) await writeFile(join(base, 'abi', abi), '');
      const records: Record<string, string> = {
        '3.0': opened('/x'),
        '4.0':
          'operation="userns_create" class="namespace" profile="web" requested="userns_create" denied="userns_create"',
        '5.0':
          'operation="uring_sqpoll" class="io_uring" profile="web" requested="sqpoll" denied="sqpoll"',
      };
      const log = line(1, records[needed] ?? '', 'ALLOWED');
      const outcome = await denials(['--file', '-', '--draft', 'web', '--base', base], log);
      expect(outcome.code).toBe(code);
      expect(outcome.stdout).toContain(`abi <abi/${needed}>,`);
      expect(/can’t load the draft/.test(outcome.stderr)).toBe(code !== exit.ok);
    });

    test('writes a profile from a log of complain mode', async () => {
      const log = [
        line(1, opened('/srv/a', 'r', 'app'), 'ALLOWED'),
        line(2, opened('/srv/b', 'r', 'app')),
        line(3, opened('/srv/c', 'r', 'else'), 'ALLOWED'),
      ].join('');
      const printed = await denials(['--file', '-', '--draft', 'app'], log);
      expect(printed).toMatchObject({ code: 0 });
      expect(printed.stderr).toMatch(/^The draft needs AppArmor 3\.0 or later\.$/m);
      expect(printed.stderr).toContain('profile app /path/to/program');
      expect(printed.stdout).toMatch(/^abi <abi\/3\.0>,\n[\s\S]*\n {2}owner \/srv\/a r,\n\}\n$/);
      expect(printed.stdout).not.toMatch(/\/srv\/[bc]/);
      const written = await denials(['--file', '-', '--draft', 'app', '-o', at('app')], log);
      expect(written).toMatchObject({ code: 0, stdout: '' });
      expect(await readFile(at('app'), 'utf8')).toBe(printed.stdout);
    });

    test('warns about rules that read secrets, and names child profiles', async () => {
      const log =
        line(1, opened('/etc/shadow', 'r', 'app'), 'ALLOWED') +
        line(2, opened('/srv/w', 'r', 'app//worker'), 'ALLOWED');
      const { stderr } = await denials(['--file', '-', '--draft', 'app'], log);
      expect(stderr).toMatch(/^Caution: .*\(\/etc\/shadow\)/m);
      expect(stderr).toContain('no rule to run app//worker');
    });

    test('a package has the abi of its profile', async () => {
      const log = line(
        1,
        'operation="uring_sqpoll" class="io_uring" profile="app" requested="sqpoll" denied="sqpoll"',
        'ALLOWED',
      );
      const made = await denials(['--file', '-', '--draft', 'app', '-o', `${at('newer')}/`], log);
      expect(made.stderr).toContain('The draft needs AppArmor 5.0 or later.');
      expect(await readFile(at('newer/aa-profile.toml'), 'utf8')).toContain('abi = "5.0"');
      expect((await aaRegistry(['lint', at('newer')])).stdout).not.toMatch(
        /abi-mismatch|not-mediated/,
      );
    });

    const allowed = line(1, opened('/srv/a', 'r', 'app'), 'ALLOWED');
    const draft = (...args: string[]) =>
      denials(['--file', '-', '--draft', 'app', ...args], allowed);

    test('into a folder writes a package that passes lint', async () => {
      for (const output of [`${at('made')}/`, at('there')]) {
        if (output === at('there')) await mkdir(output);
        const { code, stdout, stderr } = await draft('-o', output);
        expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
        expect(stderr).toContain('aa-profile.toml');
        const linted = await aaRegistry(['lint', output]);
        expect({ code: linted.code }).toEqual({ code: 0 });
        expect(linted.stdout).toContain('README.md:1:1: warning: The README is still the template');
        const text = await readFile(join(output, 'app'), 'utf8');
        expect(text).toMatch(/include if exists <local\/app>\n\}\n$/);
      }
    });

    test('never overwrites edited files without --force', async () => {
      const folderOf = `${at('edited')}/`;
      const manifest = join(folderOf, 'aa-profile.toml');
      expect(await draft('-o', folderOf)).toMatchObject({ code: 0 });
      const text = await readFile(join(folderOf, 'app'), 'utf8');
      const readme = join(folderOf, 'README.md');
      await writeFile(readme, '# mine\n');
      await appendFile(manifest, '# mine\n');
      const edited = await readFile(manifest, 'utf8');
      // The same again changes nothing.
      expect(await draft('-o', folderOf)).toMatchObject({ code: 0 });
      await writeFile(at('file'), `${text}# mine\n`);
      await writeFile(join(folderOf, 'app'), `${text}# mine\n`);
      for (const output of [folderOf, at('file')]) {
        const { code, stderr } = await draft('-o', output);
        expect({ code }).toEqual({ code: exit.failed });
        expect(stderr).toMatch(/already exists[\s\S]*--force/);
      }
      expect(await readFile(join(folderOf, 'app'), 'utf8')).toBe(`${text}# mine\n`);
      expect(await readFile(at('file'), 'utf8')).toBe(`${text}# mine\n`);
      expect(await draft('-o', folderOf, '--force')).toMatchObject({ code: 0 });
      expect(await readFile(join(folderOf, 'app'), 'utf8')).toBe(text);
      expect(await readFile(readme, 'utf8')).toBe('# mine\n');
      expect(await readFile(manifest, 'utf8')).toBe(edited);
    });

    test('writes to standard output with -o -', async () => {
      const { code, stdout } = await draft('-o', '-');
      expect({ code }).toEqual({ code: 0 });
      expect(stdout).toContain('profile app ');
    });

    test('requires complain mode', async () => {
      const outcome = await denials(['--file', '-', '--draft', 'web'], line(1, opened('/a')));
      expect(outcome.code).toBe(exit.failed);
      expect(outcome.stderr).toContain('flags=(complain)');
    });
  });

  test('--follow shows new lines of a log, also after a rotation, until interrupted', async () => {
    const log = at('followed.log');
    await writeFile(log, line(1, opened('/before')));
    const args = ['denials', '--root', at('root'), '--file', log, '--follow', '--format', 'json'];
    const child = spawn(launcher, args, { env: { PATH: process.env.PATH } });
    const closed = once(child, 'close');
    const output = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => {
      const { fields, file } = JSON.parse((await output.next()).value ?? '');
      return { name: fields.name, file };
    };
    await once(child.stderr, 'data');
    // Written in two pieces.
    const added = line(2, opened('/added'));
    await appendFile(log, added.slice(0, 50));
    await appendFile(log, added.slice(50));
    expect(await next()).toMatchObject({ name: '/added' });
    await rename(log, `${log}.1`);
    await writeFile(log, line(3, opened('/rotated')));
    expect(await next()).toMatchObject({ name: '/rotated' });

    // Profiles are read again after an interval.
    await appendFile(log, line(4, opened('/new', 'r', 'new')));
    expect(await next()).toEqual({ name: '/new', file: null });
    const defining = at('root/etc/apparmor.d/new');
    await writeFile(defining, 'profile new {\n}\n');
    await sleep(10_200);
    await appendFile(log, line(5, opened('/new', 'r', 'new')));
    expect(await next()).toEqual({ name: '/new', file: defining });
    child.kill('SIGINT');
    expect((await closed)[0]).toBe(0);
  });

  test.each<[string[], number, RegExp]>([
    [['--file', '/nonexistent/log'], exit.failed, /\/nonexistent\/log does not exist/],
    [['--since', 'yesterday'], exit.usage, /--since takes an age/],
    [['--since', '12'], exit.usage, /--since takes/],
    [['--format', 'sarif'], exit.usage, /--format must be one of text, json/],
    [['--follow', '--draft', 'x'], exit.usage, /mutually exclusive/],
    [['-o', 'x'], exit.usage, /--draft/],
    [['docker-nginx'], exit.usage, /Unexpected argument/],
    [[], exit.unable, /No kernel log was found[\s\S]*--file/],
  ])('%j exits with %i and says what to do', async (args, code, message) => {
    const outcome = await denials(args);
    expect(outcome.stderr).toMatch(message);
    expect(outcome).toMatchObject({ code, stdout: '' });
  });
});
