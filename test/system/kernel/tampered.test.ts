import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exit } from '../../../cli/framework/command.ts';
import { debian12 } from './guests.ts';
import { boot, type Machine } from './machine.ts';
import { missing } from './packages.ts';
import { expectRefusal } from './refusal.ts';
import { type Registry, startRegistry } from './registry.ts';
import { installCliInOneProcess, missingBuild } from './software.ts';

const lacks = [...(await missing(debian12)), ...missingBuild()];
const title = ['a registry whose database is changed', ...lacks].join(': ');

const package_ = path.resolve(import.meta.dirname, '../../../profiles/docker-nginx');
const policy = await readFile(path.join(package_, 'docker-nginx'), 'utf8');
const installed = '/etc/apparmor.d/aa-registry.library.docker-nginx';

describe.skipIf(lacks.length > 0)(title, { timeout: 600_000 }, () => {
  let folder: string;
  let registry: Registry;
  let machine: Machine;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tampered-'));
    registry = await startRegistry(folder);
    await registry.publish(package_, '1.0.0');
    machine = await boot({ furnish: installCliInOneProcess });
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

  /** The package with another policy. */
  async function packageWith(changedPolicy: string): Promise<string> {
    const changed = path.join(await mkdtemp(path.join(folder, 'package-')), 'docker-nginx');
    await cp(package_, changed, { recursive: true });
    await writeFile(path.join(changed, 'docker-nginx'), changedPolicy);
    return changed;
  }

  const expectRefused = (code: number, reason: RegExp, pull = 'aa-registry pull docker-nginx') =>
    expectRefusal(machine, pull, code, reason);

  /** Expects that docker-nginx denies a command that an unconfined process may run. */
  async function expectDenied(...argv: string[]): Promise<void> {
    const { stderr } = await machine.confined('docker-nginx', argv);
    expect(stderr).toContain('Permission denied');
    await succeed(argv.join(' '));
  }

  async function expectEnforced(): Promise<void> {
    expect((await machine.loadedProfiles()).get('docker-nginx')).toBe('enforce');
    await expectDenied('env', 'dash', '-c', 'exit');
  }

  test('doctor reports a working kernel, parser and registry', async () => {
    const { findings } = JSON.parse(await succeed('aa-registry doctor --format json'));
    const unwell = findings.filter(({ result }: { result: string }) => result !== 'ok');
    expect(unwell).toEqual([]);
    const ids = findings.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(expect.arrayContaining(['kernel-lsm', 'kernel-features', 'registry']));
  });

  test('refuses a profile that was changed in the registry', async () => {
    await whileTampered(registry.database, () =>
      expectRefused(exit.refused, /nothing was changed/),
    );
  });

  test('an update is refused if the next version was changed, then installed', async () => {
    await succeed('aa-registry pull docker-nginx');
    const next = `${policy}# The next version.\n`;
    await registry.publish(await packageWith(next), '1.1.0');
    await whileTampered(registry.database, () =>
      expectRefused(exit.refused, /nothing was changed/),
    );
    await expectEnforced();

    await succeed('aa-registry pull docker-nginx');
    expect(await succeed(`cat ${installed}`)).toBe(next);
    await expectEnforced();
  });

  test('run-args prints the options of a container runtime', async () => {
    expect(await succeed('aa-registry run-args docker-nginx')).toBe(
      '--security-opt apparmor=docker-nginx --publish 80:80\n',
    );
  });
});

/** Replaces every profile in the registry's database during `work`. */
async function whileTampered(database: string, during: () => Promise<void>): Promise<void> {
  const change = (from: string, to: string) => {
    const db = new DatabaseSync(database);
    db.prepare('UPDATE contents SET text = replace(text, ?, ?)').run(from, to);
    db.close();
  };
  change('deny /', 'allow /');
  try {
    await during();
  } finally {
    change('allow /', 'deny /');
  }
}
