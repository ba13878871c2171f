import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { format, gradeOf, lint } from '../policy/index.ts';
import { fileResolver } from '../sdk/host/includes.ts';
import { readPackageFolder } from '../sdk/package-folder.ts';
import { readProfileFiles } from '../sdk/profile-file.ts';
import { command } from './command.ts';
import { page } from './system/library/page.ts';
import { readRecord } from './system/library/record.ts';
import { servers } from './system/library/servers.ts';

const folder = join(import.meta.dirname, '../profiles');
const parser = '/usr/sbin/apparmor_parser';
const installed = existsSync(parser);
const reason = installed ? '' : ' (skipped: apparmor_parser is not installed)';

describe.each(await readdir(folder))('the package %s', (name) => {
  const path = join(folder, name);

  test('is valid, and lint grades it A', async () => {
    const { team, manifest } = await readPackageFolder(path);
    expect({ team, license: manifest.license }).toEqual({
      team: 'library',
      license: 'Apache-2.0',
    });
    const [first] = await readProfileFiles(path);
    expect(first?.text).toContain(`abi <abi/${manifest.abi}>,`);
    for (const { text, warnings, package: options } of await readProfileFiles(path)) {
      expect(warnings).toEqual([]);
      for (const resolver of [undefined, fileResolver({ base: '/etc/apparmor.d' })]) {
        const { diagnostics } = lint(text, { ...options, ...(resolver && { resolver }) });
        // Notes: this machine may lack the ABI of a later release, which test/system/policy/shipped-profiles.test.ts has.
        expect(diagnostics.filter(({ severity }) => severity !== 'info')).toEqual([]);
        expect(gradeOf(diagnostics)).toBe('A');
      }
      expect(format(text).text).toBe(text);
    }
  });

  test('says the same in each variant, and more of newer releases', async () => {
    const [first, ...others] = await readProfileFiles(path);
    for (const { file, variant, text } of others) {
      const rest = new Set(text.split('\n'));
      const lost = first?.text.split('\n').filter((line) => !rest.has(line));
      expect(lost, basename(file)).toEqual(['abi <abi/3.0>,']);
      expect(text).toContain(`abi <abi/${variant}>,`);
    }
  });

  test.skipIf(!installed)(`compiles with the host's apparmor_parser${reason}`, async () => {
    const { file } = await readPackageFolder(path);
    const input = await readFile(file);
    const compiled = spawnSync(parser, ['-Q', '-K', '-S'], { input, timeout: 60_000 });
    expect(compiled.status, String(compiled.stderr)).toBe(0);
    expect(compiled.stdout.length).toBeGreaterThan(1000);
  });
});

describe('docker-cli', () => {
  const client = '/usr/bin/docker';
  test.each<[profile: string, question: string, may: boolean]>([
    [client, 'write /run/docker.sock', true],
    [client, 'write /home/ada/.docker/config.json', true],
    [client, 'write /home/ada/shop/Dockerfile', true],
    [client, 'network inet stream', true],
    [client, 'exec /usr/libexec/docker/cli-plugins/docker-buildx', true],
    [client, 'exec /home/ada/.docker/cli-plugins/docker-scout', true],
    [client, 'exec /usr/bin/ssh', true],
    [client, 'read /home/ada/.ssh/id_ed25519', false],
    [client, 'read /home/ada/.aws/credentials', false],
    [client, 'write /home/ada/.bashrc', false],
    [client, 'write /home/ada/.docker/cli-plugins/docker-buildx', false],
    [client, 'exec /bin/sh', false],
    [client, 'exec /tmp/program', false],
    [client, 'write /etc/passwd', false],
    [client, 'capability sys_admin', false],
    [client, 'network inet raw', false],
    [`${client}//buildx`, 'write /run/docker.sock', true],
    [`${client}//buildx`, 'write /home/ada/.docker/config.json', false],
    [`${client}//compose`, 'exec /usr/libexec/docker/cli-plugins/docker-buildx', true],
    [`${client}//plugin`, 'write /home/ada/shop/Dockerfile', false],
    [`${client}//ssh`, 'read /home/ada/.ssh/id_ed25519', true],
    [`${client}//ssh`, 'write /home/ada/.ssh/authorized_keys', false],
    [`${client}//git`, 'exec /usr/bin/ssh', true],
    [`${client}//git`, 'network inet stream', false],
    [`${client}//credential`, 'read /home/ada/.password-store/mail.gpg', false],
    [`${client}//credential-pass`, 'network inet stream', false],
    [`${client}//pass`, 'exec /bin/bash', true],
    [`${client}//pass`, 'network inet stream', false],
    [`${client}//gpg`, 'read /home/ada/.gnupg/private-keys-v1.d/key', false],
  ])('the profile %s: may %s: %s', async (profile, question, may) => {
    const file = join(folder, 'docker-cli/docker-cli');
    const options = ['--profile', profile, '--owner'];
    const { code, output } = await command(['can', file, ...question.split(' '), ...options]);
    expect(code, output).toBe(may ? 0 : 1);
  });
});

/** The packages with tests of their own in test/system/{docker,policy}. */
const apart = ['docker-cli', 'docker-default', 'docker-nginx', 'nginx-hardened'];

test('every other profile is tried in a kernel', async () => {
  const packages = (await readdir(folder)).filter((name) => !apart.includes(name));
  expect(servers.map(({ name }) => name)).toEqual(packages.sort());
});

describe.each(servers)('the package $name', ({ name }) => {
  test('says what it refuses and what it does not, and what has changed', async () => {
    const { readme } = await readPackageFolder(join(folder, name));
    expect(readme).toContain('## What it refuses');
    expect(readme).toContain('## What it does not refuse');
    expect(readme).toContain(`aa-registry run-args ${name}`);
    expect(await readFile(join(folder, name, 'CHANGELOG.md'), 'utf8')).toMatch(
      /^## \d+\.\d+\.\d+$/m,
    );
  });
});

test('docs/library.md says what the trials have found', async () => {
  const tried = servers.map(async (server) => ({ server, record: await readRecord(server.name) }));
  const text = page(await Promise.all(tried));
  // `npx vitest run test/profiles -u` updates it.
  await expect(text).toMatchFileSnapshot('../docs/library.md');
});
