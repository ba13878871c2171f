import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { debian12 } from './guests.ts';
import { boot, type Machine } from './machine.ts';
import { missing } from './packages.ts';
import { type Registry, startRegistry } from './registry.ts';
import { installCli, missingBuild } from './software.ts';

const lacks = [...(await missing(debian12)), ...missingBuild()];
const title = ['from publish to a kernel that enforces', ...lacks].join(': ');

const package_ = path.resolve(import.meta.dirname, '../../../profiles/docker-nginx');
const policy = await readFile(path.join(package_, 'docker-nginx'), 'utf8');
const installed = '/etc/apparmor.d/aa-registry.library.docker-nginx';

/** The layouts of programs in images: Debian's since 12, and Alpine's. */
const layouts = [
  { layout: '/bin is a link to /usr/bin', before: 'test -L /bin', after: 'sync' },
  {
    layout: '/bin is a folder of its own',
    before: 'rm /bin && mkdir /bin && cd /usr/bin && cp sh dash touch env rm /bin',
    after: 'rm -r /bin && ln -s usr/bin /bin && sync',
  },
];

describe.skipIf(lacks.length > 0)(title, { timeout: 600_000 }, () => {
  let folder: string;
  let registry: Registry;
  let machine: Machine;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'first-light-'));
    registry = await startRegistry(folder);
    await registry.publish(package_, '1.0.0');
    machine = await boot({ furnish: installCli });
    await succeed(`aa-registry trust init library --registry ${registry.url} --yes`);
  }, 600_000);
  afterAll(async () => {
    await machine?.dispose();
    await registry?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs a command in the machine, which must succeed; returns its output. */
  async function succeed(command: string): Promise<string> {
    const { stdout, ...rest } = await machine.run(command);
    expect(rest, command).toMatchObject({ code: 0 });
    return stdout;
  }

  /** Expects that docker-nginx denies a command that an unconfined process may run. */
  async function expectDenied(...argv: string[]): Promise<void> {
    const { stderr } = await machine.confined('docker-nginx', argv);
    expect(stderr).toContain('Permission denied');
    await succeed(argv.join(' '));
  }

  test('pulls, installs and loads it', async () => {
    const printed = await succeed('aa-registry pull docker-nginx');
    expect(printed).toContain('--security-opt apparmor=docker-nginx');
    expect(await succeed(`cat ${installed}`)).toBe(policy);
    expect((await machine.loadedProfiles()).get('docker-nginx')).toBe('enforce');
    await expectDenied('env', 'dash', '-c', 'exit');
  });

  test('a confined process may do what is allowed', async () => {
    const label = ['cat', '/proc/self/attr/current'];
    const { stdout } = await machine.confined('docker-nginx', label);
    expect(stdout).toBe('docker-nginx (enforce)\n');
  });

  describe.each(layouts)('with $layout, a confined process may not', (layout) => {
    beforeAll(() => succeed(layout.before));
    afterAll(() => succeed(layout.after));

    test('write /bin/x', async () => {
      await expectDenied('touch', '/bin/x');
      await expectDenied('rm', '/bin/x');
    });
    test('run dash', () => expectDenied('env', 'dash', '-c', 'exit'));
    test('run /bin/sh', () => expectDenied('env', '/bin/sh', '-c', 'exit'));
  });
});
