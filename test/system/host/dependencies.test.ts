import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findParser } from '../../../sdk/host/parser.ts';
import { installedPlace, listInstallations } from '../../../sdk/host/state.ts';
import { put } from '../../../sdk/host/transaction.ts';
import { stage } from '../../../sdk/host/tree.ts';
import type { Manifest } from '../../../trust/index.ts';
import { command } from '../../command.ts';
import { type Fixture, filesOf, startFixture, succeed } from '../../host/fixture.ts';
import {
  createPublisher,
  expectStatus,
  manifest,
  type Publisher,
  publish,
} from '../../publisher.ts';

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

const parser = await findParser();

/** Rules that apparmor_parser compiles for seconds. */
const slowRules = Array.from({ length: 12 }, (_, n) => `/srv/**/a${n}x*/**/b${n}x*/** r,`);

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
    await give('late', '1.0.0', profile('late', ['library/base']), needs({ 'library/base': '^2' }));
    await give(
      'rules',
      '1.0.0',
      rules('include <abstractions/aa-registry/library/base>'),
      {
        ...{ ...abstraction, dependencies: { 'library/base': '^1' } },
      },
      platform,
    );
    await give(
      'both',
      '1.0.0',
      profile('both', ['platform/rules']),
      needs({ 'platform/rules': '1.0.0' }),
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

  test.skipIf(!parser)(
    'a signal ends the dry runs of the profiles that include an abstraction, and nothing changes',
    async () => {
      await give('slow', '1.0.0', rules('/srv/slow/** r,'), abstraction);
      const including = needs({ 'library/slow': '^1' });
      await give('late-1', '1.0.0', profile('late-1', ['library/slow']), including);
      await give('late-2', '1.0.0', profile('late-2', ['library/slow']), including);
      const pulled = await run('pull', 'late-1', 'late-2');
      expect(pulled, pulled.output).toMatchObject({ code: 0 });
      await give('slow', '1.1.0', rules(...slowRules), abstraction);
      const before = await filesOf(root);
      let received = 0;
      const onSignal = () => void received++;
      process.on('SIGHUP', onSignal);
      try {
        const updating = run('pull', 'slow');
        const isStaged = () =>
          readdirSync(join(root, 'etc/apparmor.d')).some((name) => name.endsWith('.tmp'));
        while (!isStaged()) await new Promise((resolve) => setTimeout(resolve, 5));
        process.kill(process.pid, 'SIGHUP');
        const ended = await updating;
        expect(ended.code).toBe(1);
        expect(ended.output).toContain('[interrupted]');
      } finally {
        process.off('SIGHUP', onSignal);
      }
      expect(received).toBeGreaterThan(0);
      expect(await filesOf(root)).toEqual(before);
      expect(existsSync(join(root, 'var/lib/aa-registry/staged'))).toBe(false);
    },
  );

  test('go back together if one file of them can’t be replaced', async () => {
    await succeed(['pull', 'base@1.0.0', 'web@1.0.0', '--complain', '--root', root]);
    const before = await filesOf(root);
    const parts = (await listInstallations(root)).map((installation) => {
      const target = { ...installation, complain: false };
      const staged = stage(installedPlace(root, target), '# new\n', 0o644);
      const fails = target.name === 'web';
      const commit = () => Promise.reject(new Error('no more space'));
      return { target, staged: { ...staged, ...(fails && { commit }) } };
    });
    await expect(put(root, parts, { include: undefined })).rejects.toThrow('no more space');
    expect(await filesOf(root)).toEqual(before);
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

  test('sync updates what is needed, and removes what no longer is', async () => {
    await succeed(['pull', 'api', '--root', root]);
    await want('"web@1.0.0"');
    await succeed(['sync', '--root', root]);
    // The range of api holds it back.
    expect(await installed()).toMatchObject({ 'library/base': '1.0.0', 'library/web': '1.0.0' });
    expect((await run('sync')).output).toContain('Nothing to do');
    await succeed(['remove', 'api', '--root', root]);
    const updated = await run('sync');
    expect(updated.output).toContain('Updated base from 1.0.0 to 1.1.0');
    expect(await installed()).toEqual({ 'library/base': '1.1.0', 'library/web': '1.0.0' });
    await writeFile(
      join(root, 'etc/apparmor.d/abstractions/aa-registry/library/base'),
      '/** rwx,\n',
    );
    expect((await run('sync')).output).toContain('Repaired base 1.1.0: its file was changed');
    expect(await base()).toContain('/srv/base/1.1/**');
    await want();
    expect((await run('sync')).output).toContain('Removed base 1.1.0');
    expect(await installed()).toEqual({});
  });

  test('an update of what is needed waits if it permits more in a profile that includes it', async () => {
    await succeed(['pull', 'api', '--root', root]);
    await want('{ reference = "web@1.0.0", updates = "narrowing" }');
    await succeed(['sync', '--root', root]);
    await succeed(['remove', 'api', '--root', root]);
    const waits = await run('sync');
    expect(waits.code, waits.output).toBe(9);
    expect(waits.output).toContain('base from 1.0.0 to 1.1.0');
    expect(waits.output).toContain('library/web: ');
    expect(waits.output).toContain('[update-waits]');
    expect(await installed()).toMatchObject({ 'library/base': '1.0.0' });
    const held = await run('pull', 'base@^1');
    expect(held.code, held.output).toBe(9);
    const status = await run('status', '--offline');
    expect(status.output).toContain('1.1.0 waits for approval');
    await succeed(['approve', 'base@1.1.0', '--yes', '--root', root]);
    await succeed(['sync', '--root', root]);
    expect(await installed()).toMatchObject({ 'library/base': '1.1.0' });
  });

  test('a lock has them, and sync installs exactly those', async () => {
    await want('"web@1.0.0"');
    await succeed(['lock', '--root', root]);
    const file = join(root, 'etc/aa-registry/profiles.lock.toml');
    const lock = await readFile(file, 'utf8');
    expect(lock).toContain('[[dependencies]]\nname = "library/base"\nversion = "1.1.0"\n');
    await writeFile(file, lock.replace('version = "1.1.0"', 'version = "1.0.0"'));
    const other = await run('sync');
    expect(other.code).toBe(3);
    expect(other.output).toContain('[lock-mismatch]');
    expect(await installed()).toEqual({});
    await writeFile(file, lock.slice(0, lock.indexOf('\n[[dependencies]]')));
    const missing = await run('sync');
    expect(missing.output).toContain('[dependency-unknown]');
    expect(await installed()).toEqual({});
    await writeFile(file, lock);
    await succeed(['sync', '--root', root]);
    expect(await installed()).toEqual({ 'library/base': '1.1.0', 'library/web': '1.0.0' });
    expect((await run('sync')).output).toContain('Nothing to do');
  });

  test('a bundle has them, and installs them for what needs them', async () => {
    const file = join(root, 'web.bundle');
    await succeed(['bundle', 'web@1.0.0', '-o', file, '--root', root]);
    const pulled = await run('pull', '--bundle', file, '--offline');
    expect(pulled, pulled.output).toMatchObject({ code: 0 });
    expect(pulled.output).toContain('Installed with it: base 1.1.0');
    await succeed(['remove', 'web', '--root', root]);
    expect(await installed()).toEqual({});
  });

  test('of a team that the host does not trust are refused, with the command that trusts it', async () => {
    const before = await filesOf(root);
    const refused = await run('pull', 'both');
    expect(refused.code).toBe(3);
    expect(refused.output).toContain('platform/rules@1.0.0, which is needed, was refused');
    expect(refused.output).toContain('[team-untrusted]');
    expect(refused.output).toContain('trust add platform');
    expect(await filesOf(root)).toEqual(before);
    await succeed(['trust', 'add', 'platform', '--yes', '--root', root]);
    await succeed(['pull', 'both', '--root', root]);
    expect(await installed()).toEqual({
      'library/both': '1.0.0',
      'platform/rules': '1.0.0',
      'library/base': '1.1.0',
    });
  });

  test('a rollback that another package does not allow is refused', async () => {
    await succeed(['pull', 'web@1.0.0', '--root', root]);
    await succeed(['pull', 'web', 'late', '--root', root]);
    const before = await filesOf(root);
    const refused = await run('rollback', 'web', '--offline');
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('1.0.0 was installed with library/base 1.1.0');
    expect(refused.output).toContain('library/late needs library/base@^2');
    expect(await filesOf(root)).toEqual(before);
  });

  test('summary and diff read them, verified', async () => {
    const trust = ['--trust', join(root, 'etc/aa-registry/trust.toml')];
    const summary = await command(['summary', 'web@1.0.0', ...trust]);
    expect(summary.output).toContain('/srv/base/1.1/');
    const diff = await command(['diff', 'base@1.0.0', 'base@1.1.0', ...trust]);
    expect(diff.code, diff.output).toBe(1);
    expect(diff.output).toContain('/srv/base/1.1/');
    const refused = await command(['summary', 'both', ...trust]);
    expect(refused.output).toContain('[dependency-refused]');
  });

  test('abstractions have no mode and confine nothing', async () => {
    await succeed(['pull', 'base', '--root', root]);
    for (const words of [
      ['complain', 'base', '--offline'],
      ['run-args', 'base'],
    ]) {
      const refused = await run(...words);
      expect(refused.code).toBe(1);
      expect(refused.output).toContain('base is an abstraction');
    }
  });

  describe('records of a hostile image', () => {
    const records = 'var/lib/aa-registry/installed';
    const read = async (name: string) =>
      JSON.parse(await readFile(join(root, records, `library.${name}.json`), 'utf8'));
    const record = (name: string, value: object, folder = records) =>
      writeFile(join(root, folder, `library.${name}.json`), JSON.stringify(value));
    beforeEach(() => succeed(['pull', 'web@1.0.0', '--root', root]));

    test.each([
      ['a range that is none', { 'library/base': 'no range' }],
      ['a long range', { 'library/base': `${'^1||'.repeat(20_000)}^1` }],
      [
        'thousands of dependencies',
        Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`library/x${at}`, '*'])),
      ],
    ])('with %s are damaged records', async (_, requires) => {
      await record('web', { ...(await read('web')), requires });
      const status = await run('status', '--offline');
      expect(status.output).toContain('damaged');
      const pulled = await run('pull', 'web@1.0.0');
      expect(pulled, pulled.output).toMatchObject({ code: 0 });
      expect((await read('web')).requires).toEqual({ 'library/base': '^1' });
    });

    test.each([
      ['another kind', { kind: 'abstraction' }],
      ['no dependencies', { requires: undefined }],
      ['further profiles', { profiles: ['web', 'sshd'] }],
      ['variants', { variants: ['3.0'], variant: '3.0' }],
    ])('that give a package %s than its manifest are untrusted', async (_, forged) => {
      const original = await read('web');
      await record('web', { ...original, ...forged });
      const status = await run('status', '--offline');
      expect(status.output).toContain('[record-mismatch]');
      expect(status.code).toBe(8);
      const pulled = await run('pull', 'web@1.0.0');
      expect(pulled, pulled.output).toMatchObject({ code: 0 });
      const { kind, requires, profiles, variants, variant } = await read('web');
      expect({ kind, requires, profiles, variants, variant }).toEqual({
        requires: { 'library/base': '^1' },
      });
      expect((await run('status', '--offline')).code).toBe(0);
    });

    test('that need each other in a long chain are removed, and none of others', async () => {
      const base = await read('base');
      const count = 600;
      for (let at = 0; at < count; at++) {
        const next = Array.from({ length: 16 }, (_, step) => at + 1 + step);
        const requires = Object.fromEntries(
          next.filter((one) => one < count).map((one) => [`library/x${one}`, '*']),
        );
        await record(`x${at}`, { ...base, name: `x${at}`, ...(at < count - 1 && { requires }) });
      }
      const removed = await run('remove', 'web');
      expect(removed, removed.stderr).toMatchObject({ code: 0 });
      expect(await readdir(join(root, records))).toEqual([]);
    });

    test('of an interrupted change: what is signed decides where a file goes', async () => {
      const [web, { kind: _, ...base }] = [await read('web'), await read('base')];
      const before = await filesOf(root);
      const pending = 'var/lib/aa-registry/pending';
      await mkdir(join(root, pending), { recursive: true });
      const installation = { ...web, kind: 'abstraction', profiles: ['other'], requires: {} };
      const change = { kind: 'install', installation, others: [base], replaced: [] };
      await record('web', change, pending);
      await succeed(['enforce', 'web', '--offline', '--root', root]);
      expect(Object.keys(await filesOf(root))).toEqual(Object.keys(before));
      expect(await read('web')).toMatchObject({ requires: web.requires });
      expect(await read('web')).not.toHaveProperty('kind');
      expect(await read('base')).toMatchObject({ kind: 'abstraction' });
    });
  });

  describe('an interrupted update of both', () => {
    const places = {
      abstraction: 'etc/apparmor.d/abstractions/aa-registry/library/base',
      profile: 'etc/apparmor.d/aa-registry.library.web',
      needed: 'var/lib/aa-registry/installed/library.base.json',
      record: 'var/lib/aa-registry/installed/library.web.json',
    };
    type Place = keyof typeof places;
    /** What the transaction has written, in its order, when it is killed. */
    const steps: Place[][] = [
      [],
      ['abstraction'],
      ['abstraction', 'profile'],
      ['abstraction', 'profile', 'needed'],
      ['abstraction', 'profile', 'needed', 'record'],
    ];
    const pending = 'var/lib/aa-registry/pending/library.web.json';
    let old: Record<string, string>;
    let next: Record<string, string>;

    /** A host that was killed in the update, after these steps. */
    async function interrupt(done: readonly Place[]): Promise<void> {
      await succeed(['pull', 'web@1.0.0', '--root', root]);
      old = await filesOf(root);
      await succeed(['pull', 'web@2.0.0', '--root', root]);
      next = await filesOf(root);
      for (const [name, path] of Object.entries(places)) {
        const from = done.includes(name as Place) ? next : old;
        await writeFile(join(root, path), from[path] ?? '');
      }
      const record = (path: string) => JSON.parse(next[path] ?? '');
      const change = {
        kind: 'install',
        installation: record(places.record),
        others: [record(places.needed)],
        replaced: [places.needed, places.record].map((path) => JSON.parse(old[path] ?? '')),
      };
      await mkdir(join(root, pending, '..'), { recursive: true });
      await writeFile(join(root, pending), JSON.stringify(change));
    }

    test.each(steps.map((done) => [done]))('is finished after %j', async (done) => {
      await interrupt(done);
      const recovered = await run('enforce', 'web', '--offline');
      expect(recovered, recovered.output).toMatchObject({ code: 0 });
      const found = await filesOf(root);
      for (const name of ['abstraction', 'profile'] as const)
        expect(found[places[name]]).toBe(next[places[name]]);
      expect(found[pending]).toBeUndefined();
      expect(await installed()).toEqual({ 'library/base': '2.0.0', 'library/web': '2.0.0' });
    });

    test.each(steps.map((done) => [done]))(
      'is undone after %j if one can no longer be verified',
      async (done) => {
        await interrupt(done);
        await rm(join(root, 'var/lib/aa-registry/kept/library.base/2.0.0.bundle'));
        const recovered = await run('enforce', 'web', '--offline');
        expect(recovered.output).toContain('was undone');
        const found = await filesOf(root);
        for (const name of ['abstraction', 'profile'] as const)
          expect(found[places[name]]).toBe(old[places[name]]);
        expect(found[pending]).toBeUndefined();
      },
    );

    test('of the abstraction alone is undone with the record of the profile that includes it', async () => {
      await succeed(['pull', 'api', 'web@1.0.0', '--root', root]);
      await succeed(['remove', 'api', '--root', root]);
      old = await filesOf(root);
      await succeed(['pull', 'base@1.1.0', '--root', root]);
      next = await filesOf(root);
      const records = [places.needed, places.record];
      const [installation, web] = records.map((path) => JSON.parse(next[path] ?? ''));
      const replaced = records.map((path) => JSON.parse(old[path] ?? ''));
      const change = { kind: 'install', installation, others: [web], replaced };
      const path = 'var/lib/aa-registry/pending/library.base.json';
      await mkdir(join(root, path, '..'), { recursive: true });
      await writeFile(join(root, path), JSON.stringify(change));
      await rm(join(root, 'var/lib/aa-registry/kept/library.base/1.1.0.bundle'));
      const recovered = await run('enforce', 'web', '--offline');
      expect(recovered.output).toContain('was undone');
      const found = await filesOf(root);
      for (const name of ['abstraction', 'profile'] as const)
        expect(found[places[name]]).toBe(old[places[name]]);
      expect(found[path]).toBeUndefined();
      for (const record of records) {
        const { version, needed } = JSON.parse(old[record] ?? '');
        expect(JSON.parse(found[record] ?? '')).toMatchObject({
          version,
          ...(needed && { needed }),
        });
      }
    });
  });
});
