import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exit } from '../../../cli/framework/command.ts';
import { debian12 } from './guests.ts';
import { missing } from './packages.ts';
import { missingBuild } from './software.ts';
import { packageWithVariants } from './variants.ts';
import { WebHost } from './web-host.ts';

const lacks = [...(await missing(debian12)), ...missingBuild()];
const title = ['several profiles of a package in the kernel', ...lacks].join(': ');

const manifest = (profiles: readonly string[]) => `name = "pair"
kind = "host"
description = "Confines a program and its helper"
profiles = ${JSON.stringify(profiles)}
abi = "3.0"
license = "Apache-2.0"
`;
const policy = (profiles: readonly string[]) =>
  `abi <abi/3.0>,\n\n${profiles.map((name) => `${name.startsWith('/') ? '' : 'profile '}${name} {\n  /** mrix,\n  signal,\n}\n`).join('')}`;

const all = ['pair', 'pair_helper', '/usr/bin/pair'];
const fewer = ['pair', '/usr/bin/pair'];

describe.skipIf(lacks.length > 0)(title, { timeout: 600_000 }, () => {
  let host: WebHost;

  beforeAll(async () => {
    host = await WebHost.start();
    for (const [version, profiles] of [
      ['1.0.0', all],
      ['1.1.0', fewer],
    ] as const) {
      const folder = path.join(host.folder, version, 'pair');
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, 'aa-profile.toml'), manifest(profiles));
      await writeFile(path.join(folder, 'pair'), policy(profiles));
      await host.registry.publish(folder, version);
    }
    await host.registry.publish(await packageWithVariants(host.folder), '1.0.0');
    await host.succeed(
      `echo 'names = ["pair*", "/usr/bin/pair", "two"]' >>/etc/aa-registry/trust.toml`,
    );
  }, 600_000);
  afterAll(() => host?.close());

  const loaded = async () => {
    const modes = await host.machine.loadedProfiles();
    return all.filter((name) => modes.has(name));
  };

  test('what something else has loaded is replaced only with --replace', async () => {
    await host.succeed(`echo 'profile pair_helper { file, }' | apparmor_parser --add --skip-cache`);
    const pull = 'aa-registry pull pair@1.0.0';
    const refused = await host.machine.run(pull);
    expect(refused.code).toBe(exit.failed);
    expect(refused.stderr).toMatch(/pair_helper is loaded already.*\[profile-loaded-elsewhere\]/);
    expect(await loaded()).toEqual(['pair_helper']);
    await host.succeed(`${pull} --replace`);
    expect(await loaded()).toEqual(all);
    await host.succeed('aa-registry status --offline pair');
  });

  test('all are switched to complain mode and back', async () => {
    await host.succeed('aa-registry complain pair --offline');
    for (const name of all) expect(await host.modeOf(name), name).toBe('complain');
    await host.succeed('aa-registry enforce pair --offline');
    for (const name of all) expect(await host.modeOf(name), name).toBe('enforce');
  });

  test('an update unloads the profile that it no longer defines, and a rollback loads it again', async () => {
    await host.succeed('aa-registry pull pair');
    expect(await loaded()).toEqual(fewer);
    await host.succeed('aa-registry rollback pair --offline');
    expect(await loaded()).toEqual(all);
  });

  test('an update leaves it loaded while it confines a process', async () => {
    await host.succeed('aa-exec -p pair_helper -- sleep 600 >/dev/null 2>&1 & echo');
    await host.succeed(
      `until grep -qs pair_helper /proc/$(pidof sleep)/attr/current; do sleep 0.1; done`,
    );
    await host.succeed('aa-registry pull pair');
    expect(await loaded()).toEqual(all);
    await host.succeed('aa-registry rollback pair --offline && kill $(pidof sleep)');
    expect(await loaded()).toEqual(all);
  });

  test('one that was unloaded is drift, and loaded again at the next pull', async () => {
    await host.succeed('printf pair_helper >/sys/kernel/security/apparmor/.remove');
    const { code } = await host.machine.run('aa-registry status --offline pair');
    expect(code).toBe(exit.notLoaded);
    await host.succeed('aa-registry pull pair@1.0.0');
    expect(await loaded()).toEqual(all);
  });

  test('of a version with variants, the one that this parser and kernel support is loaded', async () => {
    const { code, stderr } = await host.machine.run('aa-registry pull two');
    expect(code).toBe(exit.ok);
    expect(stderr).toMatch(
      /variant for AppArmor 3\.0 and newer, as this host has apparmor_parser 3\.0/,
    );
    await host.succeed('aa-registry status --offline two && aa-registry remove two');
  });

  test('all are removed', async () => {
    await host.succeed('aa-registry remove pair');
    expect(await loaded()).toEqual([]);
  });
});
