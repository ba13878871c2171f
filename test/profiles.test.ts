import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { format, gradeOf, lint } from '../policy/index.ts';
import { fileResolver } from '../sdk/host/includes.ts';
import { readPackageFolder, readProfile } from '../sdk/package-folder.ts';
import { page } from './system/library/page.ts';
import { readRecord } from './system/library/record.ts';
import { servers } from './system/library/servers.ts';

const folder = join(import.meta.dirname, '../profiles');
const parser = '/usr/sbin/apparmor_parser';
const installed = existsSync(parser);
const reason = installed ? '' : ' (skipped: apparmor_parser is not installed)';

describe.each(await readdir(folder))('the profile %s', (name) => {
  test('is a valid package without lint diagnostics', async () => {
    const found = await readPackageFolder(join(folder, name));
    expect(found).toMatchObject({ team: 'library', name, manifest: { license: 'Apache-2.0' } });
    const { text } = await readProfile(found.file);
    expect(text).toContain(`abi <abi/${found.manifest.abi}>,`);
    for (const options of [{}, { resolver: fileResolver({ base: '/etc/apparmor.d' }) }]) {
      const { diagnostics } = lint(text, { packageName: name, ...options });
      expect(diagnostics).toEqual([]);
      expect(gradeOf(diagnostics)).toBe('A');
    }
    expect(format(text).text).toBe(text);
  });

  test.skipIf(!installed)(`compiles with the host's apparmor_parser${reason}`, () => {
    const args = ['-Q', '-K', '-S', join(folder, name, name)];
    const compiled = spawnSync(parser, args, { timeout: 60_000 });
    expect(compiled.status, String(compiled.stderr)).toBe(0);
    expect(compiled.stdout.length).toBeGreaterThan(1000);
  });
});

/** The packages with a test of their own in test/system/docker, and the one that others are compared with. */
const apart = ['docker-default', 'docker-nginx', 'nginx-hardened'];

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
