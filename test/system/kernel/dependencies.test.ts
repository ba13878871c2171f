import { mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exit } from '../../../cli/framework/command.ts';
import { debian12 } from './guests.ts';
import { missing } from './packages.ts';
import { missingBuild } from './software.ts';
import { WebHost, webPolicy } from './web-host.ts';

const lacks = [...(await missing(debian12)), ...missingBuild()];
const title = ['a package with a dependency in the kernel', ...lacks].join(': ');

describe.skipIf(lacks.length > 0)(title, { timeout: 600_000 }, () => {
  let host: WebHost;

  beforeAll(async () => {
    host = await WebHost.start();
    await give('places', '1.0.0', 'kind = "abstraction"', '/mnt/** w,\n/opt/** w,\n');
    const including = webPolicy['1.1.0']
      .replace('  /mnt/** w,\n', '')
      .replace('\n}\n', '\n  include <abstractions/aa-registry/library/places>\n}\n');
    await give('web', '2.0.0', 'dependencies = { "library/places" = "^1" }', including);
  }, 600_000);
  afterAll(() => host?.close());

  async function give(name: string, version: string, field: string, text: string): Promise<void> {
    const made = await mkdtemp(path.join(host.folder, 'package-'));
    const fields = ['description = "A test"', 'abi = "3.0"', 'license = "MIT"', field];
    await writeFile(
      path.join(made, 'aa-profile.toml'),
      [`name = "${name}"`, 'team = "library"', ...fields, ''].join('\n'),
    );
    await writeFile(path.join(made, name), text);
    await host.registry.publish(made, version);
  }
  const denied = () => host.deniedIn('/srv', '/mnt', '/opt');
  const expectSound = async () => expect((await host.status()).code).toBe(exit.ok);

  test('is loaded with it', async () => {
    await host.succeed('aa-registry pull web@2.0.0');
    expect(await denied()).toEqual(['/srv']);
    await expectSound();
  });

  test('is loaded again when it changes, and when it is rolled back', async () => {
    await give('places', '1.1.0', 'kind = "abstraction"', '/mnt/** w,\n');
    await host.succeed('aa-registry pull places');
    expect(await denied()).toEqual(['/srv', '/opt']);
    await expectSound();
    await host.succeed('aa-registry rollback places --offline');
    expect(await denied()).toEqual(['/srv']);
    await expectSound();
    await host.machine.reboot();
    expect(await denied()).toEqual(['/srv']);
    await expectSound();
  });

  test('keeps what it had if the kernel refuses the profile with the new abstraction', async () => {
    // It conflicts with a rule of the profile, which no other package shows.
    await give('places', '1.2.0', 'kind = "abstraction"', '/opt/** ux,\n');
    const refused = await host.machine.run('aa-registry pull places');
    expect(refused.code, refused.stderr).toBe(exit.failed);
    expect(await denied()).toEqual(['/srv']);
    await expectSound();
  });

  test('a changed file of the abstraction is drift', async () => {
    await host.succeed(
      'echo "/srv/** w," >>/etc/apparmor.d/abstractions/aa-registry/library/places',
    );
    expect((await host.status()).code).toBe(exit.drift);
    await host.succeed('aa-registry pull places@1.0.0');
    expect(await denied()).toEqual(['/srv']);
    await expectSound();
  });

  test('is removed with it', async () => {
    await host.succeed('aa-registry remove web places');
    expect(await host.modeOf('web')).toBeUndefined();
    await host.succeed('! ls /etc/apparmor.d/abstractions/aa-registry/library/places');
  });
});
