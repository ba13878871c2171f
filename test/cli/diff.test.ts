import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../command.ts';
import { scratch } from './cli.ts';

const first = `abi <abi/3.0>,
profile web /usr/sbin/web {
  capability chown,
  /etc/web/{a,b} r,
  signal send set=(kill term) peer=helper,
}
`;
const rewritten = `abi <abi/3.0>,
# the same in other words
profile web /usr/sbin/web {
  signal send set=kill peer=helper,
  signal send set=term peer=helper,
  /etc/web/b r,
  /etc/web/a r,
  capability chown,
}
`;
const wider = first.replace('/etc/web/{a,b} r', 'owner /etc/web/{a,b} rw');

describe('diff', () => {
  let folder: Awaited<ReturnType<typeof scratch>>;
  const path = (name: string) => join(folder.path, name);
  beforeAll(async () => {
    folder = await scratch();
    await writeFile(path('first'), first);
    await writeFile(path('rewritten'), rewritten);
    await writeFile(path('wider'), wider);
    await writeFile(path('broken'), 'profile web {');
    await writeFile(
      path('unread'),
      first.replace('capability chown', 'include if exists <none/here>'),
    );
  });
  afterAll(() => folder.clean());

  test('reports a policy that differs only in spelling as the same', async () => {
    const { code, stdout } = await command(['diff', path('first'), path('rewritten')]);
    expect(stdout).toBe('the same policy\n');
    expect(code).toBe(0);
  });

  test('an attachment that differs in the value of a variable is shown with the values', async () => {
    const attached = (bin: string) =>
      `abi <abi/3.0>,\n@{bin}=${bin}\nprofile web @{bin}/web {\n}\n`;
    await writeFile(path('old-bin'), attached('/usr/bin'));
    await writeFile(path('new-bin'), attached('/usr/sbin'));
    const { stdout } = await command(['diff', path('old-bin'), path('new-bin')]);
    expect(stdout).toBe('attachment\n  ~ /usr/bin/web -> /usr/sbin/web\n');
  });

  test('as Markdown, what is permitted beyond comes first, in code that no rule can end', async () => {
    await writeFile(path('fence'), first.replace('/etc/web/{a,b} r', '"/srv/```/x" r'));
    const { code, stdout } = await command([
      ...['diff', path('first'), path('fence'), '--format', 'markdown'],
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\*\*Permits more \(1\)\*\*\n\n````diff\n\+ file: r: \/srv\/```\/x\n/);
    expect(stdout).toMatch(
      /\n````\n\n<details><summary>Permits less \(\d+\)<\/summary>\n\n```diff\n- file: /,
    );
    expect(stdout).toMatch(/\n```\n\n<\/details>\n$/);
    const same = await command(['diff', path('first'), path('rewritten'), '--format', 'markdown']);
    expect(same).toMatchObject({ code: 0, stdout: 'Both permit the same.\n' });
  });

  test('shows what only one permits, with an example and the rules', async () => {
    const { code, stdout } = await command(['diff', path('first'), path('wider')]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^file$/m);
    expect(stdout).toMatch(/\+ owner w, owner a: \/etc\/web\/[ab]/);
    expect(stdout).toMatch(/- others r: \/etc\/web\/[ab]/);
    expect(stdout).toMatch(/wider:4: .*owner/);
    expect(stdout).not.toMatch(/capability|signal/);
  });

  test('names a limit once, with both values and the rules', async () => {
    const limit = (value: string) => `profile web {\n  set rlimit nofile <= ${value},\n}\n`;
    await writeFile(path('low'), limit('1024'));
    await writeFile(path('high'), limit('infinity'));
    const { stdout } = await command(['diff', path('low'), path('high')]);
    expect(stdout.replaceAll(`${folder.path}/`, '')).toBe(
      [
        'rlimit',
        '  + nofile, 1024 -> infinity',
        '      - low:2: set rlimit nofile <= 1024,',
        '      + high:2: set rlimit nofile <= infinity,',
        '',
      ].join('\n'),
    );
  });

  test('names a permission once where several differences have the same example', async () => {
    const network = (rules: string) => `abi <abi/3.0>,\nprofile web {\n${rules}}\n`;
    await writeFile(path('all-families'), network('  network,\n'));
    await writeFile(path('inet-only'), network('  network inet stream,\n  network inet dgram,\n'));
    const { stdout } = await command(['diff', path('all-families'), path('inet-only')]);
    const [, permissions = ''] = /^ {2}- (.*): /m.exec(stdout) ?? [];
    const names = permissions.split(', ');
    expect(names).toContain('connect');
    expect(new Set(names).size).toBe(names.length);
  });

  test('an example that people know does not hide what other rules decide about', async () => {
    const rules = [
      ['network inet', 'inet stream'],
      ['network inet6 stream', 'inet6 stream'],
      ['network packet raw', 'packet raw'],
      ['unix', 'unix stream'],
      ['signal send set=kill peer=x', 'signal kill, peer x'],
      ['signal send set=usr1 peer=x', 'signal usr1, peer x'],
      ['change_profile', 'profile unconfined'],
    ];
    const body = rules.map(([rule]) => `  ${rule},\n`).join('');
    await writeFile(path('no-rules'), 'abi <abi/3.0>,\nprofile web {\n}\n');
    await writeFile(path('all-rules'), `abi <abi/3.0>,\nprofile web {\n${body}}\n`);
    const { stdout } = await command(['diff', path('no-rules'), path('all-rules')]);
    const examples = [...stdout.matchAll(/^ {2}\+ [^:]*: (.*)$/gm)].map(([, example]) => example);
    expect(examples).toEqual(expect.arrayContaining(rules.map(([, example]) => example)));
  });

  test('a limit that only one sets has a rule on that side', async () => {
    const limited = 'profile web {\n  set rlimit nofile <= 1024,\n}\n';
    await writeFile(path('limited'), limited);
    await writeFile(path('unlimited'), 'profile web {\n}\n');
    const { stdout } = await command(['diff', path('limited'), path('unlimited')]);
    expect(stdout).toMatch(/^ {2}\+ nofile, 1024 -> not limited\n {6}- .*limited:2: set rlimit/m);
    expect(stdout.match(/set rlimit/g)).toHaveLength(1);
  });

  test('takes docker-default for the profile that Docker applies by default', async () => {
    const shipped = join(import.meta.dirname, '../../profiles/docker-default/docker-default');
    expect(await command(['diff', 'docker-default', shipped, '--offline'])).toMatchObject({
      ...{ code: 0, stdout: 'the same policy\n' },
    });
    const { code, stdout } = await command(['diff', 'docker-default', path('first')]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/docker-default:\d+: .*file/);
  });

  test('with --format json', async () => {
    const { code, stdout } = await command([
      ...['diff', path('first'), path('wider'), '--format', 'json'],
    ]);
    expect(code).toBe(1);
    const data = JSON.parse(stdout);
    expect(data).toMatchObject({ same: false, unknown: [] });
    expect(data.differences[0]).toMatchObject({ profile: 'web', class: 'file' });
  });

  test.each([
    ['a broken profile', 'broken'],
    ['a missing file', 'none'],
  ])('%s is an error', async (_, name) => {
    const { code, output } = await command(['diff', path('first'), path(name)]);
    expect(code).toBeGreaterThan(1);
    expect(output).not.toBe('');
  });
});

const questions = `abi <abi/3.0>,
profile web /usr/sbin/web {
  network inet stream,
  unix (send, receive) type=stream peer=(label=helper addr=@helper),
  signal (send) set=(kill) peer=helper,
  ptrace (read) peer=helper,
  dbus send bus=system path=/a interface=a.b member=Get peer=(label=helper),
  dbus bind bus=session name=a.b,
  mount fstype=tmpfs tmpfs -> /mnt/,
  umount /mnt/,
  pivot_root oldroot=/old/ /new/,
  change_profile -> helper,
}
`;

describe('can, for classes other than files', () => {
  let folder: Awaited<ReturnType<typeof scratch>>;
  beforeAll(async () => {
    folder = await scratch();
    await writeFile(join(folder.path, 'web'), questions);
  });
  afterAll(() => folder.clean());

  test.each([
    ['network inet stream', 0],
    ['network inet6 stream', 1],
    ['network inet steam', 2],
    ['unix send stream --peer helper --peer-address @helper', 0],
    ['unix send stream --peer other --peer-address @helper', 1],
    ['unix bind stream', 1],
    ['signal send kill --peer helper', 0],
    ['signal send term --peer helper', 1],
    ['signal receive kill --peer helper', 1],
    ['signal send kill', 2],
    ['ptrace read --peer helper', 0],
    ['ptrace trace --peer helper', 1],
    ['dbus send system /a a.b Get --peer helper', 0],
    ['dbus send system /a a.b Set --peer helper', 1],
    ['dbus bind session a.b', 0],
    ['mount tmpfs /mnt/ --type tmpfs', 0],
    ['mount tmpfs /mnt/ --type ext4', 1],
    ['mount tmpfs /mnt/ --type tmpfs --options none', 2],
    ['umount /mnt/', 0],
    ['pivot_root /new/ /old/', 0],
    ['change_profile helper', 0],
    ['change_profile other', 1],
    ['userns', 0],
  ])('%s', async (question, expected) => {
    const { code } = await command(['can', join(folder.path, 'web'), ...question.split(' ')]);
    expect(code).toBe(expected);
  });
});
