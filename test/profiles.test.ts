import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { format, lint } from '../policy/index.ts';
import { fileResolver } from '../sdk/host/includes.ts';
import { readPackageFolder } from '../sdk/package-folder.ts';
import { readProfileFiles } from '../sdk/profile-file.ts';

const folder = join(import.meta.dirname, '../profiles');
const parser = '/usr/sbin/apparmor_parser';
const installed = existsSync(parser);
const reason = installed ? '' : ' (skipped: apparmor_parser is not installed)';

describe.each(await readdir(folder))('the package %s', (name) => {
  const path = join(folder, name);

  test('is valid and has no lint diagnostics', async () => {
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
        // This machine may lack the ABI of a later release; test/system/policy/shipped-profiles.test.ts has all.
        expect(diagnostics.filter(({ id }) => id !== 'unseen-include')).toEqual([]);
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
