import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { format, lint } from '../policy/index.ts';
import { fileResolver } from '../sdk/host/includes.ts';
import { readPackageFolder, readProfile } from '../sdk/package-folder.ts';

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
      expect(lint(text, { packageName: name, ...options }).diagnostics).toEqual([]);
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
