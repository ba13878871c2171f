import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Manifest } from '../../trust/index.ts';
import { command } from '../command.ts';
import { createPublisher, expectStatus, manifest, type Publisher, publish } from '../publisher.ts';
import { type Fixture, filesOf, startFixture, succeed } from './fixture.ts';

const abstraction: Manifest = { ...manifest, images: [], kind: 'abstraction' };
const rules = (...lines: string[]) => ['abi <abi/3.0>,', '', ...lines, ''].join('\n');
const needs = (dependencies: Record<string, string>): Manifest => ({ ...manifest, dependencies });
const profile = (name: string, includes: string[], detail = '1') =>
  [
    'abi <abi/3.0>,',
    '',
    `profile ${name} flags=(attach_disconnected, mediate_deleted) {`,
    ...includes.map((path) => `  include <abstractions/aa-registry/${path}>`),
    `  /srv/${detail}/** r,`,
    `  /usr/bin/${name} ix,`,
    '}',
    '',
  ].join('\n');

describe('packages that need others', () => {
  let fixture: Fixture;
  let platform: Publisher;
  let root: string;

  const give = (
    name: string,
    version: string,
    text: string,
    its: Manifest,
    team = fixture.team,
  ): Promise<Response> =>
    expectStatus(201, publish(fixture.registry, team, { name, version, text, manifest: its }));

  beforeAll(async () => {
    fixture = await startFixture();
    platform = await createPublisher(fixture.registry, 'platform');
    await give('base', '1.0.0', rules('/srv/base/1.0/** r,'), abstraction);
    await give('base', '1.1.0', rules('/srv/base/1.0/** r,', '/srv/base/1.1/** r,'), abstraction);
    await give('base', '2.0.0', rules('/srv/base/2.0/** r,'), abstraction);
    await give('web', '1.0.0', profile('web', ['library/base']), needs({ 'library/base': '^1' }));
    await give('api', '1.0.0', profile('api', ['library/base']), needs({ 'library/base': '~1.0' }));
    await give(
      'web',
      '2.0.0',
      profile('web', ['library/base'], '2'),
      needs({ 'library/base': '^2' }),
    );
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    root = await fixture.host();
  });

  const run = (...args: string[]) => command([...args, '--root', root]);
  const want = (...lines: string[]) =>
    writeFile(join(root, 'etc/aa-registry/profiles.toml'), `profiles = [${lines.join(', ')}]\n`);
  const text = (path: string) => readFile(join(root, 'etc/apparmor.d', path), 'utf8');
  const base = () => text('abstractions/aa-registry/library/base');
  const installed = async (): Promise<Record<string, string>> => {
    const { stdout } = await run('status', '--offline', '--format', 'json');
    const { installed } = JSON.parse(stdout) as {
      installed: { team: string; name: string; version: string }[];
    };
    return Object.fromEntries(
      installed.map(({ team, name, version }) => [`${team}/${name}`, version]),
    );
  };

  test('are installed with them, and removed with the last that needs them', async () => {
    const pulled = await run('pull', 'web@1.0.0');
    expect(pulled, pulled.output).toMatchObject({ code: 0 });
    expect(await base()).toContain('/srv/base/1.1/**');
    expect(await installed()).toEqual({ 'library/base': '1.1.0', 'library/web': '1.0.0' });
    const refused = await run('remove', 'base', '--force');
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain('installed packages need library/base: web');
    await succeed(['remove', 'web', '--root', root]);
    expect(await installed()).toEqual({});
    await expect(base()).rejects.toThrow('ENOENT');
  });

  test('all get one version, or the ranges are refused', async () => {
    await succeed(['pull', 'api', '--root', root]);
    expect(await installed()).toEqual({ 'library/api': '1.0.0', 'library/base': '1.0.0' });
    await succeed(['pull', 'web@1.0.0', '--root', root]);
    expect(await installed()).toMatchObject({ 'library/base': '1.0.0', 'library/web': '1.0.0' });
    const before = await filesOf(root);
    const refused = await run('pull', 'web');
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain('[dependency-conflict]');
    expect(refused.output).toContain('library/web needs library/base@^2');
    expect(refused.output).toContain('library/api needs library/base@~1.0');
    expect(await filesOf(root)).toEqual(before);
    const named = await run('pull', 'base@1.1.0');
    expect(named.output).toContain('the installed library/api needs library/base@~1.0');
    expect(await filesOf(root)).toEqual(before);
  });

  test('are updated and rolled back together', async () => {
    await succeed(['pull', 'web@1.0.0', '--root', root]);
    await succeed(['pull', 'web', '--root', root]);
    expect(await installed()).toEqual({ 'library/base': '2.0.0', 'library/web': '2.0.0' });
    const back = await run('rollback', 'web', '--offline');
    expect(back, back.output).toMatchObject({ code: 0 });
    expect(await installed()).toEqual({ 'library/base': '1.1.0', 'library/web': '1.0.0' });
    await want('"web"');
    await run('sync');
    expect(await installed()).toEqual({ 'library/base': '1.1.0', 'library/web': '1.0.0' });
  });

  test('sync updates what is needed, within all ranges', async () => {
    await succeed(['pull', 'base@1.0.0', '--root', root]);
    await want('"web@1.0.0"');
    await succeed(['sync', '--root', root]);
    expect(await installed()).toEqual({ 'library/base': '1.1.0', 'library/web': '1.0.0' });
    expect((await run('sync')).output).toContain('Nothing to do');
    void mkdir;
    void platform;
  });
});
