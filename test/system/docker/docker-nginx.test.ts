import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { docker12 } from '../kernel/guests.ts';
import type { Machine } from '../kernel/machine.ts';
import { missing } from '../kernel/packages.ts';
import { type Registry, startRegistry } from '../kernel/registry.ts';
import { installCli, missingBuild } from '../kernel/software.ts';
import { nginxImage } from './container-image.ts';
import { bootDocker } from './engine.ts';

const lacks = [...(await missing(docker12)), ...missingBuild()];
const title = ['docker-nginx in Docker', ...lacks].join(': ');

const packageFolder = path.resolve(import.meta.dirname, '../../../profiles/docker-nginx');

/** The container of Docker's documentation on AppArmor. */
const container = 'apparmor-nginx';
const documented = `docker run --security-opt "apparmor=docker-nginx" -p 80:80 -d --name ${container} nginx`;

describe.skipIf(lacks.length > 0)(title, { timeout: 600_000 }, () => {
  let folder: string;
  let registry: Registry;
  let machine: Machine;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'docker-nginx-'));
    registry = await startRegistry(folder);
    await registry.publish(packageFolder, '1.0.0');
    machine = await bootDocker(docker12, [nginxImage], installCli);
    await succeed(`aa-registry trust init library --registry ${registry.url} --yes`);
    await succeed('aa-registry pull docker-nginx');
  }, 900_000);
  afterAll(async () => {
    await machine?.dispose();
    await registry?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs a command in the guest, which must succeed; returns its output. */
  async function succeed(command: string): Promise<string> {
    const { stdout, ...rest } = await machine.run(command);
    expect(rest, command).toMatchObject({ code: 0 });
    return stdout;
  }

  /** The output of a command in the container, and its exit code. */
  async function inContainer(command: string): Promise<{ code: number; output: string }> {
    const { code, stdout, stderr } = await machine.run(`docker exec ${container} ${command}`);
    return { code, output: stdout + stderr };
  }

  /** The refusals that the kernel has logged since the last call. */
  async function refusals(): Promise<string[]> {
    const output = await succeed('dmesg; dmesg -C');
    return output.split('\n').filter((line) => line.includes('apparmor="DENIED"'));
  }

  /** Waits until a condition of the shell holds in the guest. */
  const until = (condition: string) =>
    succeed(`for _ in $(seq 100); do ${condition} && exit; sleep 0.3; done; exit 1`);

  const get = (address: string) => `curl -sS -m 20 -o /dev/null -w '%{http_code}' ${address}`;

  describe('the documented session', () => {
    test('starts with the entry point of the image', async () => {
      await succeed('dmesg -C');
      await succeed(documented);
      await until(`docker logs ${container} 2>&1 | grep -q 'start worker process'`);
      const logs = await succeed(`docker logs ${container} 2>&1`);
      expect(logs).toContain('Enabled listen on IPv6');
      expect(logs).toContain('configuration complete');
      expect(await succeed(get('http://localhost/'))).toBe('200');
      expect(await refusals()).toEqual([]);
    });

    test('confines the container', async () => {
      expect(await inContainer('cat /proc/1/attr/current')).toEqual({
        code: 0,
        output: 'docker-nginx (enforce)\n',
      });
    });

    test('opens a shell at a terminal, where ping, top, touch, sh and dash are refused', async () => {
      const trials = ['ping -c1 8.8.8.8', 'top', 'touch ~/thing', 'sh', 'dash'];
      const lines = ['echo hello', ...trials, 'echo x >/dev/null && echo written', 'exit'];
      await writeTyped(lines);
      const shown = await succeed(
        `(sleep 4; while read -r line; do echo "$line"; sleep 1.5; done </root/typed) |
timeout 120 socat -t 5 - EXEC:"docker exec -it ${container} bash",pty,setsid,ctty,stderr,echo=0 | tr -d '\\r'`,
      );
      expect(shown).toMatch(/^hello$/m);
      for (const program of ['/usr/bin/ping', '/usr/bin/top', '/usr/bin/sh', '/usr/bin/dash']) {
        const name = path.basename(program);
        expect(shown).toMatch(new RegExp(`bash: \\S*/${name}: Permission denied`));
      }
      expect(shown).toContain("touch: cannot touch '/root/thing': Permission denied");
      expect(shown).toMatch(/^written$/m);
    });

    async function writeTyped(lines: string[]): Promise<void> {
      await succeed(`cat >/root/typed <<'END'\n${lines.join('\n')}\nEND`);
    }

    test('refuses the same without a terminal', async () => {
      const outcome = await inContainer(`bash -c 'ping -c1 8.8.8.8; top -bn1; touch ~/thing; sh -c id; dash -c id'`);
      expect(outcome.output.match(/Permission denied/g)).toHaveLength(5);
    });
  });
});
