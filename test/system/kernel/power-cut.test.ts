import { createHash } from 'node:crypto';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { debian12 } from './guests.ts';
import { boot, type Machine } from './machine.ts';
import { missing } from './packages.ts';
import { type Registry, startRegistry } from './registry.ts';
import { installCliOnNode, missingBuild } from './software.ts';

const lacks = [...(await missing(debian12)), ...missingBuild()];
const title = ['a host whose power is cut', ...lacks].join(': ');

/** More than the steps of any change. */
const maxSteps = 16;

/** A profile that the emulated CPU compiles fast: without abstractions. */
const policy = (name: string, version: string) => `abi <abi/3.0>,

profile ${name} flags=(attach_disconnected, mediate_deleted) {
  # ${version}
  /srv/${name}/** r,
}
`;

const digestOf = (name: string, version: string) =>
  createHash('sha256').update(policy(name, version)).digest('hex');

/** The changes: the versions installed before, the command and the result. */
const changes = {
  fresh: { before: [], command: 'pull fresh@1.0.0', old: 'none', next: '1.0.0' },
  gone: { before: ['1.0.0'], command: 'remove gone', old: '1.0.0', next: 'none' },
  back: {
    before: ['1.0.0', '1.1.0'],
    command: 'rollback back --offline',
    old: '1.1.0',
    next: '1.0.0',
  },
};
type Name = keyof typeof changes;
const names = Object.keys(changes) as Name[];

describe.skipIf(lacks.length > 0)(title, { timeout: 900_000 }, () => {
  let folder: string;
  let registry: Registry;
  let machine: Machine;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'power-cut-'));
    registry = await startRegistry(folder);
    for (const name of names) {
      for (const version of ['1.0.0', '1.1.0']) await publish(name, version);
    }
    machine = await boot({
      furnish: async (root) => {
        await installCliOnNode(root);
        const killer = path.resolve(import.meta.dirname, '../kill-at.mjs');
        await cp(killer, path.join(root, 'root/kill-at.mjs'));
      },
    });
    await succeed(`aa-registry trust init library --registry ${registry.url} --yes`);
    await succeed('aa-registry pull gone@1.0.0 back@1.0.0');
    await succeed('aa-registry pull back');
    await succeed('tar cf /root/before.tar /etc/apparmor.d /var/lib/aa-registry && sync');
  }, 300_000);
  afterAll(async () => {
    await machine?.dispose();
    await registry?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function publish(name: string, version: string): Promise<void> {
    const made = await mkdtemp(path.join(folder, 'package-'));
    const manifest = [`name = "${name}"`, 'team = "library"', 'description = "A test"'];
    const rest = ['abi = "3.0"', 'images = ["nginx"]', 'license = "Apache-2.0"', ''];
    await writeFile(path.join(made, 'aa-profile.toml'), [...manifest, ...rest].join('\n'));
    await writeFile(path.join(made, name), policy(name, version));
    await registry.publish(made, version);
  }

  async function succeed(command: string): Promise<string> {
    const { stdout, ...rest } = await machine.run(command);
    expect(rest, command).toMatchObject({ code: 0 });
    return stdout;
  }

  /** Restores the host and its kernel to the state before the changes. */
  async function reset(): Promise<void> {
    await succeed(
      [
        'rm -rf /etc/apparmor.d /var/lib/aa-registry /var/cache/apparmor/*',
        'tar xf /root/before.tar -C /',
        'printf fresh >/sys/kernel/security/apparmor/.remove 2>/dev/null || true',
        'apparmor_parser -r -K /etc/apparmor.d/aa-registry.library.gone /etc/apparmor.d/aa-registry.library.back',
        'sync',
      ].join(' && '),
    );
  }

  /** The version of each profile's file, which must be complete and match the kernel. */
  async function versions(): Promise<Record<Name, string>> {
    const sums = await succeed(
      'sha256sum /etc/apparmor.d/aa-registry.library.* 2>/dev/null || true',
    );
    const loaded = await machine.loadedProfiles();
    const found = names.map((name) => {
      const sum = new RegExp(`^(\\w+) .*library\\.${name}$`, 'm').exec(sums)?.[1];
      const version =
        sum === undefined ? 'none' : ['1.0.0', '1.1.0'].find((one) => digestOf(name, one) === sum);
      expect(version, `${name} is a version and whole`).toBeDefined();
      expect(loaded.get(name)).toBe(version === 'none' ? undefined : 'enforce');
      return [name, version];
    });
    return Object.fromEntries(found);
  }

  test('boots with the old or the new version after a power cut at any step, and completes the change', async () => {
    const outcomes: Record<Name, string[]> = { fresh: [], gone: [], back: [] };
    /** The changes with at least this number of steps. */
    let cut = names;
    for (let at = 1; at <= maxSteps && cut.length > 0; at++) {
      await reset();
      // Each change in turn is the last before the power cut.
      const order = cut.map((_, index) => cut[(index + at) % cut.length] as Name);
      const alive: Name[] = [];
      for (const name of order) {
        const kill = `NODE_OPTIONS=--import=/root/kill-at.mjs KILL_DURABLE=1 KILL_AT=${at}`;
        const run = await machine.run(`${kill} aa-registry ${changes[name].command}`);
        if (run.code === 0) alive.push(name);
        else expect(run.stderr).toContain(`killed before step ${at}:`);
      }
      await machine.kill();
      await machine.start();
      const booted = await versions();
      for (const name of names) {
        const { old, next } = changes[name];
        const possible = cut.includes(name) ? [old, next] : [old];
        expect(possible, `${name}, step ${at}`).toContain(booted[name]);
      }
      // The next change completes the interrupted one; this one changes nothing itself.
      const recovered = await machine.run('aa-registry remove nothing-like-this');
      const after = await versions();
      for (const name of cut) {
        outcomes[name].push(after[name]);
        const interrupted = recovered.stderr.includes(`library/${name}@`);
        if (interrupted || alive.includes(name)) expect(after[name]).toBe(changes[name].next);
      }
      const left = await succeed(
        'find /etc/apparmor.d /var/lib/aa-registry -name "*.tmp" -o -path "*/pending/*"',
      );
      expect(left).toBe('');
      const records = await succeed('cat /var/lib/aa-registry/installed/*.json');
      const recorded = JSON.parse(`[${records.replaceAll('}\n{', '},{')}]`).map(
        ({ name, version }: { name: string; version: string }) => [name, version],
      );
      const present = Object.entries(after).filter(([, version]) => version !== 'none');
      expect(new Map(recorded)).toEqual(new Map(present));
      cut = cut.filter((name) => !alive.includes(name));
    }
    expect(cut).toEqual([]);
    for (const name of names) {
      const { old, next } = changes[name];
      expect(outcomes[name].length).toBeLessThan(maxSteps);
      expect(outcomes[name][0]).toBe(old);
      expect(outcomes[name].at(-1)).toBe(next);
    }
  });
});
