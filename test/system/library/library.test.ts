import { copyFile, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPackageFolder } from '../../../sdk/package-folder.ts';
import { library12 } from '../kernel/guests.ts';
import { boot, type Machine } from '../kernel/machine.ts';
import { guestDebs, missing, nodeBinary } from '../kernel/packages.ts';
import { run } from '../kernel/tools.ts';
import { recordOf, recordText } from './record.ts';
import { servers } from './servers.ts';
import { type Attempt, refused, Trial } from './trial.ts';

const lacks = await missing(library12);
const title = ['the library in a kernel', ...lacks].join(': ');

const guestFolder = path.join(import.meta.dirname, 'guest');
const profiles = path.resolve(import.meta.dirname, '../../../profiles');

describe.skipIf(lacks.length > 0)(title, { timeout: 900_000 }, () => {
  let machine: Machine;

  beforeAll(async () => {
    machine = await boot({
      guest: library12,
      async furnish(root) {
        const programs = path.join(root, 'usr/local/sbin');
        for (const folder of [programs, path.join(root, 'srv')])
          await mkdir(folder, { recursive: true });
        for (const name of await readdir(guestFolder)) {
          await copyFile(path.join(guestFolder, name), path.join(programs, path.parse(name).name));
        }
        for (const { name } of servers) {
          await copyFile(path.join(profiles, name, name), path.join(root, 'srv', name));
        }
      },
    });
    await succeed('chmod 755 /usr/local/sbin/*; sh /usr/local/sbin/prepare');
  }, 900_000);
  afterAll(() => machine?.dispose());

  async function succeed(command: string): Promise<void> {
    expect(await machine.run(command), command).toMatchObject({ code: 0 });
  }

  test('without a profile nothing refuses the attacks', async () => {
    await succeed('mkdir -p /srv/control');
    const trial = new Trial(
      machine,
      { name: 'unconfined', ready: 'true', workload: {} },
      {
        run: { mounts: [{ type: 'tmpfs', path: '/srv/control' }] },
      },
    );
    const attempts = await trial.attempts();
    expect(attempts.length).toBeGreaterThan(40);
    expect(attempts.filter(({ error }) => error !== 0)).toEqual([]);
  });

  describe.each(servers)('$name', (server) => {
    let trial: Trial;
    let version: string;
    let passed = 0;

    test('works without a refusal', async () => {
      const { manifest } = await readPackageFolder(path.join(profiles, server.name));
      version = await versionOf(server.debian);
      trial = new Trial(machine, server, manifest);
      await succeed(`apparmor_parser -r /srv/${server.name}`);
      await trial.prepare();
      await trial.start();
      for (const step of Object.values(server.workload)) await trial.step(step);
      if (server.afterRestart) {
        expect(await trial.stop()).toBe(server.exitCode ?? 0);
        await trial.start();
        for (const step of Object.values(server.afterRestart)) await trial.step(step);
      }
      expect(await trial.refusals()).toEqual([]);
      passed++;
    });

    test('refuses what clients attempt by means of it', async () => {
      for (const [what, command] of Object.entries(server.attacks ?? {})) {
        expect({ what, refused: await trial.attack(command) }).toEqual({ what, refused: true });
      }
      passed++;
    });

    test('stops without a refusal', async () => {
      await trial.refusals();
      expect(await trial.stop()).toBe(server.exitCode ?? 0);
      expect(await trial.refusals()).toEqual([]);
      passed++;
    });

    test('refuses who has taken it over', async () => {
      const attempts = await trial.attempts();
      const permitted = ({ what }: Attempt) => server.permits?.test(what) ?? false;
      expect(attempts.length).toBeGreaterThan(30);
      expect(attempts.filter((one) => !permitted(one) && !refused(one.error))).toEqual([]);
      expect(passed).toBe(3);
      // `npx vitest run test/system/library -u` updates it, and docs/library.md is made from it.
      await expect(recordText({ version, attempts })).toMatchFileSnapshot(recordOf(server.name));
    });
  });
});

/** The release of a Debian package, such as 7.0 for 5:7.0.15-1; that of Node.js without one. */
async function versionOf(name?: string): Promise<string> {
  const prefix = `${name}_`;
  const version =
    name === undefined
      ? String(await run(nodeBinary, ['--version']))
          .trim()
          .slice(1)
      : (await guestDebs(library12))
          .map((file) => path.basename(file))
          .find((file) => file.startsWith(prefix));
  const parts = /(?:^|_)(?:\d+%3a)?([\d.]+)/.exec(version ?? '')?.[1]?.split('.') ?? [];
  return parts.slice(0, Math.max(1, parts.length - 1)).join('.');
}
