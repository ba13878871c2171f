import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { exportPrivateKey } from '../../trust/index.ts';
import { command } from '../command.ts';
import { type Fixture, startFixture } from '../host/fixture.ts';
import { scratch } from './cli.ts';

const manifest = (variants: string) => `name = "web"
description = "Confines a test of variants"
abi = "3.0"
license = "Apache-2.0"
${variants}
`;
const table = '[variants]\n"3.0" = "web"\n"4.0" = "web.4.0"\n';
const text = (abi: string, rule = '') =>
  `abi <abi/${abi}>,\n\nprofile web flags=(attach_disconnected) {\n  /srv/** r,\n  /usr/bin/web ix,\n${rule}}\n`;

describe('a package with variants', () => {
  let fixture: Fixture;
  let folder: string;
  let clean: () => Promise<void>;
  let count = 0;
  let dir: string;

  beforeAll(async () => {
    fixture = await startFixture();
    ({ path: folder, clean } = await scratch());
  });
  afterAll(async () => {
    await fixture.close();
    await clean();
  });
  beforeEach(async () => {
    dir = join(folder, `package-${count++}`);
    await mkdir(dir);
    await write('aa-profile.toml', manifest(table));
    await write('web', text('3.0'));
    await write('web.4.0', text('4.0', '  userns create,\n'));
  });
  const write = (name: string, data: string) => writeFile(join(dir, name), data);

  test('lint checks each file for its releases', async () => {
    const good = await command(['lint', dir]);
    expect(good, good.output).toMatchObject({ code: 0 });
    await write('web', text('3.0', '  userns create,\n'));
    const old = await command(['lint', dir]);
    expect(old.code).toBe(1);
    expect(old.output).toMatch(/\/web:6:.*AppArmor 3.0 does not know .* \[target\]/);
    await write('web', text('3.0'));
    await write('web.4.0', text('4.0', '  /x zr,\n'));
    const second = await command(['lint', dir]);
    expect(second.code).toBe(1);
    expect(second.output).toContain(`${join(dir, 'web.4.0')}:6:`);
  });

  test('lint reports what only the last release of a variant refuses', async () => {
    // AppArmor 4.1 took the value of a variable that is not set; 4.0 and 5.0 test whether it is.
    await write('aa-profile.toml', manifest('[variants]\n"4.0" = "web"\n"5.0" = "web.4.0"\n'));
    await write('web', text('3.0', '  if not defined $X {\n    /x r,\n  }\n'));
    const found = await command(['lint', dir]);
    expect(found.code, found.output).toBe(1);
    expect(found.output).toContain(join(dir, 'web:'));
  });

  test('--fix rewrites each file', async () => {
    await write('web.4.0', text('4.0', '  # a comment\n  #include <abstractions/base>\n'));
    const before = await readFile(join(dir, 'web'), 'utf8');
    await command(['lint', '--fix', dir]);
    expect(await readFile(join(dir, 'web.4.0'), 'utf8')).toContain('  include <abstractions/base>');
    expect(await readFile(join(dir, 'web'), 'utf8')).toBe(before);
  });

  test.each<[variants: string, message: string]>([
    ['[variants]\n3.0 = "web"\n', 'variants'],
    ['[variants]\n"3.5" = "web"\n', 'must be an AppArmor release in quotes'],
    ['[variants]\n', 'is empty'],
    ['[variants]\n"3.0" = "../web"\n', 'must be the name of a file in the folder'],
    ['[variants]\n"3.0" = "web"\n"4.0" = "web"\n', 'names a file twice'],
    ['[variants]\n"3.0" = "missing"\n', 'has no profile file named missing'],
    ['[variants]\n"2.13"="a"\n"3.0"="b"\n"3.1"="c"\n"4.0"="d"\n"4.1"="e"\n', 'more than 4'],
  ])('%j is refused', async (variants, message) => {
    await write('aa-profile.toml', manifest(variants));
    const found = await command(['lint', dir]);
    expect(found.code).not.toBe(0);
    expect(found.output).toContain(message);
  });

  test.each<[options: string[], variant: string, why: string, creates: boolean]>([
    [['--target', '3.1'], '3.0', 'as --target says', false],
    [['--target', '4.0'], '4.0', 'as --target says', true],
    [['--target', '6.0'], '4.0', 'as --target says', true],
    [['--root', '/tmp'], '3.0', 'as the AppArmor release is not known', false],
  ])('can, summary and diff take the variant for %j', async (options, variant, why, creates) => {
    const base = ['--base', join(dir, 'base')];
    await mkdir(join(dir, 'base/abi'), { recursive: true });
    const abi = 'query {label {multi_transaction {yes\n}\n}\n}\n';
    await write('base/abi/3.0', abi);
    await write('base/abi/4.0', `${abi}namespaces {userns_create {yes\n}\n}\n`);
    const all = [...options, ...base];
    const file = join(dir, variant === '3.0' ? 'web' : 'web.4.0');
    const said = `${file}: the variant for AppArmor ${variant} and newer, ${why}.`;
    const asked = await command(['can', dir, 'userns', ...all]);
    expect(asked.stderr).toContain(said);
    // What the abi of the first variant does not mediate is permitted.
    expect(asked.stdout).toContain(creates ? `${file}:6` : 'does not mediate it');
    const summed = await command(['summary', dir, ...all]);
    expect(summed.stderr).toContain(said);
    const compared = await command(['diff', file, dir, ...all]);
    expect(compared.stderr).toContain(said);
    expect(compared).toMatchObject({ code: 0, stdout: 'the same policy\n' });
  });

  test('can of a release before all variants names them', async () => {
    const refused = await command(['can', dir, 'userns', '--target', '2.13', '--offline']);
    expect(refused.code).toBe(2);
    expect(refused.output).toContain(
      'is for AppArmor 3.0 and newer, not for 2.13, as --target says',
    );
  });

  test('is published as one version, which show knows', async () => {
    const { key, token } = fixture.team;
    const signing = { AA_SIGNING_KEY: await exportPrivateKey(key.privateKey) };
    const env = { AA_REGISTRY: fixture.registry.url, AA_TOKEN: token, ...signing };
    const run = (...args: string[]) => command(args, env);
    const publish = ['publish', dir, '--version', '1.0.0'];
    const published = await run(...publish);
    expect(published, published.output).toMatchObject({ code: 0 });
    expect((await run(...publish)).output).toContain('already published, unchanged');
    expect((await run(...publish, '--dry-run')).output).toContain('already published, unchanged');
    const shown = await run('show', 'web@1.0.0');
    expect(shown.output).toContain('AppArmor 4.0 and newer: sha256:');
    const source = await run('show', 'web@1.0.0', '--source', '--target', '4.1');
    expect(source.stdout).toBe(text('4.0', '  userns create,\n'));
    await write('web.4.0', text('4.0'));
    const other = await run(...publish, '--dry-run');
    expect(other.output).toContain('already exists with another profile');
  });

  test('a registry of an earlier release is said to need an update', async () => {
    const server = createServer((request, response) => {
      const [id, status] = request.method === 'PUT' ? ['request-invalid', 400] : ['not-found', 404];
      response.writeHead(Number(status), { 'Content-Type': 'application/problem+json' });
      const type = `urn:aa-registry:problem:${id}`;
      const detail = 'Unrecognized key: "variants".';
      request
        .resume()
        .on('end', () => response.end(JSON.stringify({ type, title: id, status, detail })));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const env = {
      AA_REGISTRY: `http://127.0.0.1:${port}`,
      AA_TOKEN: fixture.team.token,
      AA_SIGNING_KEY: await exportPrivateKey(fixture.team.key.privateKey),
    };
    const refused = await command(['publish', dir, '--version', '1.0.0'], env);
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('Unrecognized key: "variants"');
    expect(refused.output).toContain('does not support variants');
    await new Promise((resolve) => server.close(resolve));
  });
});
