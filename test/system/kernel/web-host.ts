import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { boot, type Machine } from './machine.ts';
import { type Registry, startRegistry } from './registry.ts';
import { installCliInOneProcess } from './software.ts';

/** The file of the profile web on a host. */
export const webFile = '/etc/apparmor.d/aa-registry.library.web';

/**
 * A profile that allows everything, but writing only in these folders. Without abstractions, since the emulated CPU
 * compiles them slowly.
 */
const policy = (...folders: string[]) => `abi <abi/3.0>,

profile web flags=(attach_disconnected, mediate_deleted) {
  /** mrix,
  /dev/null w,
  signal,
${folders.map((folder) => `  ${folder}/** w,\n`).join('')}
  include if exists <local/web>
}
`;

/** The versions of the profile web: each allows writing in fewer folders. */
export const webPolicy = {
  '1.0.0': policy('/run', '/mnt', '/opt'),
  '1.1.0': policy('/run', '/mnt'),
};

/** A machine that trusts the team of a registry, which has published the profile web. */
export class WebHost {
  readonly folder: string;
  readonly registry: Registry;
  readonly machine: Machine;

  private constructor(folder: string, registry: Registry, machine: Machine) {
    this.folder = folder;
    this.registry = registry;
    this.machine = machine;
  }

  static async start(): Promise<WebHost> {
    const folder = await mkdtemp(path.join(tmpdir(), 'web-host-'));
    const registry = await startRegistry(folder);
    try {
      for (const [version, text] of Object.entries(webPolicy)) {
        await registry.publish(await packageOf(folder, text), version);
      }
      const host = new WebHost(folder, registry, await boot({ furnish: installCliInOneProcess }));
      await host.succeed('mkdir -p /srv /mnt /opt');
      await host.succeed(`aa-registry trust init library --registry ${registry.url} --yes`);
      return host;
    } catch (error) {
      await registry.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.machine.dispose();
    await this.registry.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Runs a command, which must succeed; returns its output. */
  async succeed(command: string): Promise<string> {
    const { stdout, ...rest } = await this.machine.run(command);
    expect(rest, command).toMatchObject({ code: 0 });
    return stdout;
  }

  /** Those of the folders that a process confined by web may not write to. */
  async deniedIn(...folders: string[]): Promise<string[]> {
    const probes = folders
      .map((one) => `{ echo >${one}/probe; } 2>/dev/null || echo ${one}`)
      .join('; ');
    const { stdout } = await this.machine.confined('web', ['sh', '-c', probes]);
    return stdout.split('\n').filter((line) => line !== '');
  }

  async modeOf(name: string): Promise<string | undefined> {
    return (await this.machine.loadedProfiles()).get(name);
  }

  /** The status of web as JSON, and the exit code. */
  async status(): Promise<{ code: number; json: Record<string, unknown> }> {
    const { code, stdout } = await this.machine.run('aa-registry status --offline --format json');
    return { code, json: JSON.parse(stdout) };
  }
}

async function packageOf(folder: string, text: string): Promise<string> {
  const made = await mkdtemp(path.join(folder, 'package-'));
  const manifest = ['name = "web"', 'team = "library"', 'description = "A test"', 'abi = "3.0"'];
  const rest = ['images = ["nginx"]', 'license = "Apache-2.0"'];
  await writeFile(path.join(made, 'aa-profile.toml'), [...manifest, ...rest, ''].join('\n'));
  await writeFile(path.join(made, 'web'), text);
  return made;
}
