import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../command.ts';
import { scratch } from './cli.ts';

const profile = `abi <abi/3.0>,
profile web /usr/sbin/web {
  capability chown,
  /etc/web/** r,
  owner /srv/web/** rw,
  deny /srv/web/secret w,
  /usr/lib/web/helper Px -> helper,

  ^worker {
    /run/worker rw,
  }
  profile child {
  }
  set rlimit nofile <= 1000,
  priority=1 audit deny /etc/web/key r,
}
`;

describe('can', () => {
  let file: string;
  let clean: () => Promise<void>;
  beforeAll(async () => {
    const folder = await scratch();
    clean = folder.clean;
    file = join(folder.path, 'web');
    await writeFile(file, profile);
  });
  afterAll(() => clean());

  test.each([
    ['read /etc/web/site.conf', 0, /^yes.*\n.*web:4: \/etc\/web\/\*\* r/is],
    ['write /etc/web/site.conf', 1, /^no/i],
    ['write /srv/web/page', 1, /owner/i],
    ['write /srv/web/page --owner', 0, /^yes.*web:5:/is],
    ['append /srv/web/page --owner', 0, /^yes/i],
    ['write /srv/web/secret --owner', 1, /^no.*web:6: deny \/srv\/web\/secret/is],
    ['read /etc/web/key', 1, /^no\n.*web:15: priority=1 audit deny \/etc\/web\/key r,\n$/],
    ['exec /usr/lib/web/helper', 0, /Px -> helper/],
    ['capability chown', 0, /^yes.*web:3:/is],
    ['capability sys_admin', 1, /^no/i],
    ['rlimit nofile 1000', 0, /^yes\n.*web:14: set rlimit nofile <= 1000/],
    ['rlimit ofile 4096', 1, /^no\n.*web:14: set rlimit nofile <= 1000/],
    ['rlimit nofile infinity', 1, /^no\n/],
    ['rlimit data 100M', 0, /^yes: the profile does not set it\n$/],
    ['rlimit nofile 1M', 2, /"nofile 1M" is not a limit/],
    ['rlimit files 1', 2, /"files 1" is not a limit/],
    ['change_hat worker', 0, /^yes: web\/\/worker\n$/],
    ['change_hat ^worker', 0, /^yes: web\/\/worker\n$/],
    ['change_hat worker --profile worker', 0, /^yes: web\/\/worker\n$/],
    ['change_hat child', 1, /^no: web\/\/child is not a hat\n$/],
    ['change_hat other', 1, /^no: it has no such hat\n$/],
    ['read /etc/web/*', 0, /^Taken as it is, not as a pattern: \/etc\/web\/\*\n.*yes\n/],
    ['write /run/worker', 1, /^no/i],
    ['write /run/worker --profile worker', 0, /^yes/i],
  ])('%s', async (question, code, message) => {
    const found = await command(['can', file, ...question.split(' ')]);
    expect(found.output).toMatch(message);
    expect(found.code).toBe(code);
  });

  test('with --format json', async () => {
    const { code, stdout } = await command(['can', file, 'read', '/etc/web/a', '--format', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rules: [{ line: 4 }] });
  });

  test.each([
    ['an unknown operation', ['touch', '/a']],
    ['a relative path', ['read', 'etc/web']],
    ['an unknown capability', ['capability', 'sys_all']],
    ['an unknown profile', ['read', '/a', '--profile', 'none']],
    ['a link without a target', ['link', '/a']],
  ])('%s is a usage error', async (_, args) => {
    const { code, output } = await command(['can', file, ...args]);
    expect(code).toBe(2);
    expect(output).not.toBe('');
  });

  test('is unknown if an include was not read', async () => {
    await writeFile(`${file}-more`, 'profile web { include <missing/file> }\n');
    const { code } = await command(['can', `${file}-more`, 'read', '/etc/passwd']);
    expect(code).toBe(2);
  });
});
