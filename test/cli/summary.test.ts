import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../command.ts';
import { scratch } from './cli.ts';

const many = Array.from({ length: 40 }, (_, at) => `  /srv/data/file-number-${at} r,`).join('\n');
const text = `abi <abi/3.0>,
profile web /usr/sbin/web {
  capability chown,
  owner /etc/web/* rw,
  /usr/bin/helper Ux,
${many}
  ^hat {
    /srv/hat r,
  }
}
`;

describe('summary', () => {
  let folder: Awaited<ReturnType<typeof scratch>>;
  const path = (name: string) => join(folder.path, name);
  beforeAll(async () => {
    folder = await scratch();
    await writeFile(path('web'), text);
    await writeFile(path('broken'), 'profile web {');
    await writeFile(
      path('unread'),
      'abi <abi/3.0>,\nprofile p {\n  include <abstractions/frr-snmp>\n  /etc/a w,\n}\n',
    );
  });
  afterAll(() => folder.clean());

  test('shows the most dangerous first, in one screen', async () => {
    const { code, stdout } = await command(['summary', path('web')]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('web (enforce)');
    expect(lines[1]).toMatch(/^ {2}critical +Leaves its confinement: \/usr\/bin\/helper \(Ux\)$/);
    expect(stdout).toMatch(/high +Changes the configuration .*: \/etc\/web\/x \(its own\)/);
    expect(stdout).toMatch(/medium +Has other capabilities: chown/);
    expect(stdout).toMatch(/low +Reads other files: .*; and \d+ more/);
    expect(stdout).toMatch(/^web\/\/hat \(enforce\)$/m);
    expect(lines.length).toBeLessThan(40);
    expect(lines.filter((line) => line.length > 200)).toEqual([]);
  });

  test('examples that read alike are shown once', async () => {
    await writeFile(path('mounts'), 'abi <abi/3.0>,\nprofile p {\n  mount,\n  umount,\n}\n');
    const { stdout } = await command(['summary', path('mounts')]);
    expect(stdout).toMatch(/high +Changes what is mounted: mount point \/mnt$/m);
  });

  test('a name that is no file says what was looked for before anything about trust', async () => {
    const { code, output } = await command(['summary', 'nosuch', '--trust', path('no-trust')]);
    expect(output).toMatch(/^aa-registry: No file or folder is named nosuch, and as a reference /);
    expect(code).toBe(3);
  });

  test('--all lists every rule with its place', async () => {
    const { code, stdout } = await command(['summary', path('web'), '--all']);
    expect(code).toBe(0);
    for (const [index, line] of text.split('\n').entries()) {
      if (/^ +\S.*,$/.test(line)) expect(stdout).toContain(`web:${index + 1}: ${line.trim()}`);
    }
  });

  test('with --format json', async () => {
    const { code, stdout } = await command(['summary', path('web'), '--format', 'json']);
    expect(code).toBe(0);
    const { profiles, unread } = JSON.parse(stdout);
    expect(unread).toEqual([]);
    expect(
      profiles.map(({ name, parent }: { name: string; parent: string | null }) => [name, parent]),
    ).toEqual([
      ['web', null],
      ['web//hat', 'web'],
    ]);
    expect(profiles[0].lines[0]).toMatchObject({
      ...{ topic: 'unconfined', severity: 'critical' },
      examples: [{ text: '/usr/bin/helper', how: 'Ux', rules: [{ file: path('web'), line: 5 }] }],
    });
    expect(profiles[0].unknown).toEqual([]);
  });

  test('of docker-default', async () => {
    const { code, stdout } = await command(['summary', 'docker-default']);
    expect(stdout).toMatch(/^docker-default \(enforce\)$/m);
    expect(stdout).toMatch(/Runs or maps as code what it can write itself/);
    expect([0, 2]).toContain(code);
  });

  test('the ways out of a container, for profiles that attach to no program', async () => {
    const container = await command(['summary', 'docker-default', '--all']);
    const [, ways = ''] = container.stdout.split('Ways out of the container\n');
    expect(ways).toMatch(/^ {2}open +control-socket: .*\/run\/docker\.sock/m);
    expect(ways).toMatch(/^ {2}closed +core_pattern, /m);
    expect(ways).toMatch(/^ {4}sys_admin: docker-default:\d+: capability,$/m);
    expect((await command(['summary', path('web')])).stdout).not.toContain('Ways out');
    const json = await command(['summary', 'docker-default', '--format', 'json']);
    expect(JSON.parse(json.stdout).ways).toContainEqual({
      ...{ name: 'kcore', how: 'it is the memory of the host', state: 'closed' },
      ...{ profile: null, example: null, note: null, rules: [] },
    });
  });

  test('names includes that were not read, takes them as empty, and exits with 2', async () => {
    const { code, stdout } = await command([
      ...['summary', path('unread'), '--target', '5.0', '--offline'],
      ...['--registry', 'http://127.0.0.1:1'],
    ]);
    expect(stdout).toMatch(/^Not read, and treated as empty: <abstractions\/frr-snmp>\.$/m);
    expect(stdout).toMatch(/Changes the configuration of the system: \/etc\/a/);
    expect(code).toBe(2);
  });

  test.each([
    ['a broken profile', 'broken'],
    ['a missing file', 'none'],
  ])('%s is an error', async (_, name) => {
    const { code, stdout, stderr } = await command(['summary', path(name)]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).not.toBe('');
  });
});
