import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exit } from '../../../cli/framework/command.ts';
import { debian12 } from './guests.ts';
import { boot, type Machine } from './machine.ts';
import { missing } from './packages.ts';
import { expectRefusal } from './refusal.ts';
import { type Registry, startRegistry } from './registry.ts';
import { installCli, missingBuild } from './software.ts';

const lacks = [...(await missing(debian12)), ...missingBuild()];
const title = ['a host in its kernel', ...lacks].join(': ');

const nginx = path.resolve(import.meta.dirname, '../../../profiles/docker-nginx');
const nginxPolicy = await readFile(path.join(nginx, 'docker-nginx'), 'utf8');
const nginxFile = '/etc/apparmor.d/aa-registry.library.docker-nginx';
const file = '/etc/apparmor.d/aa-registry.library.web';
const containerId = '4f1c8d2a9b3e'.padEnd(64, '0');

/** A profile that allows everything, but writing only in these folders. */
const policy = (...folders: string[]) => `abi <abi/3.0>,
include <tunables/global>

profile web flags=(attach_disconnected, mediate_deleted) {
  include <abstractions/base>

  /** rix,
  signal,
${folders.map((folder) => `  ${folder}/** w,\n`).join('')}
  include if exists <local/web>
}
`;

/** The writable folders of each version. */
const versions = { '1.0.0': ['/run', '/mnt', '/opt'], '1.1.0': ['/run', '/mnt'] };

describe.skipIf(lacks.length > 0)(title, { timeout: 600_000 }, () => {
  let folder: string;
  let registry: Registry;
  let machine: Machine;
  /** Starts a long-running process confined by web. */
  let pid: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'host-'));
    registry = await startRegistry(folder);
    for (const [version, folders] of Object.entries(versions)) {
      await registry.publish(await packageOf(policy(...folders)), version);
    }
    await registry.publish(nginx, '1.0.0');
    machine = await boot({ furnish: installCli });
    await succeed('mkdir -p /srv /mnt /opt');
    await succeed(`aa-registry trust init library --registry ${registry.url} --yes`);
  }, 600_000);
  afterAll(async () => {
    await machine?.dispose();
    await registry?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function packageOf(text: string): Promise<string> {
    const made = await mkdtemp(path.join(folder, 'package-'));
    const manifest = ['name = "web"', 'team = "library"', 'description = "A test"', 'abi = "3.0"'];
    const rest = ['images = ["nginx"]', 'license = "Apache-2.0"'];
    await writeFile(path.join(made, 'aa-profile.toml'), [...manifest, ...rest, ''].join('\n'));
    await writeFile(path.join(made, 'web'), text);
    return made;
  }

  async function succeed(command: string): Promise<string> {
    const { stdout, ...rest } = await machine.run(command);
    expect(rest, command).toMatchObject({ code: 0 });
    return stdout;
  }

  /** Those of the folders that a process confined by web may not write to. */
  async function deniedIn(...folders: string[]): Promise<string[]> {
    const probes = folders
      .map((one) => `{ echo >${one}/probe; } 2>/dev/null || echo ${one}`)
      .join('; ');
    const { stdout } = await machine.confined('web', ['sh', '-c', probes]);
    return stdout.split('\n').filter((line) => line !== '');
  }

  const modeOf = async (name: string) => (await machine.loadedProfiles()).get(name);

  /** The status of web as JSON, and the exit code. */
  async function status(): Promise<{ code: number; json: Record<string, unknown> }> {
    const { code, stdout } = await machine.run('aa-registry status --offline --format json');
    return { code, json: JSON.parse(stdout) };
  }

  async function startConfined(): Promise<string> {
    const loop =
      'while :; do if { echo >/opt/live; } 2>/dev/null; then echo may; else echo denied; fi >/run/next; mv /run/next /run/live; sleep 0.1; done';
    const started = await succeed(
      `aa-exec -p web -- sh -c '${loop}' </dev/null >/dev/null 2>&1 & echo $!`,
    );
    await succeed('until [ -s /run/live ]; do sleep 0.1; done');
    return started.trim();
  }

  /** What the process of {@link startConfined} may do now. */
  const live = async () =>
    (
      await succeed('rm -f /run/live; until [ -s /run/live ]; do sleep 0.1; done; cat /run/live')
    ).trim();

  test('refuses the same profile from another registry, signed by its operator', async () => {
    const impostor = await startRegistry(path.join(folder, 'impostor'));
    const forged = path.join(folder, 'forged', 'docker-nginx');
    await cp(nginx, forged, { recursive: true });
    const policyWithoutDenials = nginxPolicy.replaceAll(/^ *deny .*\n/gm, '');
    await writeFile(path.join(forged, 'docker-nginx'), policyWithoutDenials);
    await impostor.publish(forged, '2.0.0');
    const pull = `aa-registry pull docker-nginx --registry ${impostor.url}`;
    await expectRefusal(machine, pull, exit.refused, /nothing was changed/);
    await impostor.close();
  });

  test('switches from complain to enforce mode with the same file, also over a reboot', async () => {
    await succeed('aa-registry pull web@1.0.0 --complain');
    expect(await modeOf('web')).toBe('complain');
    expect(await deniedIn('/srv', '/opt')).toEqual([]);
    await machine.reboot();
    expect(await modeOf('web')).toBe('complain');
    expect((await status()).code).toBe(exit.ok);

    await succeed('aa-registry enforce web');
    expect(await modeOf('web')).toBe('enforce');
    expect(await deniedIn('/srv', '/opt')).toEqual(['/srv']);
    expect(await succeed(`cat ${file}`)).toBe(policy(...versions['1.0.0']));
  });

  test('updates and rolls back a profile while it confines processes', async () => {
    pid = await startConfined();
    expect(await live()).toBe('may');
    await succeed('aa-registry pull web');
    expect(await live()).toBe('denied');
    // A process that was started before its profile was loaded.
    await succeed(
      '/usr/bin/sleep 600 & echo "profile /usr/bin/sleep { file, }" | apparmor_parser --add --skip-cache',
    );
    const { json, code } = await status();
    expect(code).toBe(exit.ok);
    expect(json).toMatchObject({
      verdict: 'ok',
      installed: [
        {
          version: '1.1.0',
          mode: 'enforce',
          condition: { file: 'ok', boot: 'ok', kernel: 'ok' },
          processes: expect.arrayContaining([{ pid: Number(pid), command: 'sh' }]),
        },
      ],
      unconfined: expect.arrayContaining([
        expect.objectContaining({ command: 'sleep', profile: '/usr/bin/sleep' }),
      ]),
      // Debian's own are listed too.
      loaded: expect.arrayContaining([expect.objectContaining({ installed: false })]),
    });
    await succeed('aa-registry rollback web --offline');
    expect(await live()).toBe('may');
    expect(await deniedIn('/srv', '/opt')).toEqual(['/srv']);
  });

  test('shows the profile of a container, by its cgroup or its runtime', async () => {
    await succeed(
      [
        'mkdir -p /run/cgroup && mount -t cgroup2 cgroup2 /run/cgroup',
        `mkdir -p /run/cgroup/system.slice/docker-${containerId}.scope`,
        `echo ${pid} >/run/cgroup/system.slice/docker-${containerId}.scope/cgroup.procs`,
        `printf '#!/bin/sh\\n[ "$4" = shop ] && echo '"'"'[{"Id":"${containerId}","State":{"Pid":${pid}},"AppArmorProfile":"docker-default"}]'"'" >/usr/bin/docker`,
        'chmod +x /usr/bin/docker',
      ].join(' && '),
    );
    const found = await succeed('aa-registry inspect 4f1c8d2a9b3e');
    expect(found).toMatch(/^Process +\d+ sh$/m);
    expect(found).toContain('web (enforce)');
    expect(found).toContain('web@1.0.0');
    const named = await machine.run('aa-registry inspect shop');
    expect(named).toMatchObject({ code: exit.drift });
    expect(named.stdout).toContain('its runtime started it with docker-default');
    expect(await machine.run('aa-registry inspect nobody')).toMatchObject({ code: exit.failed });
    const self = await machine.run('aa-registry inspect 1');
    expect(self).toMatchObject({
      code: exit.failed,
      stdout: expect.stringContaining('unconfined'),
    });
  });

  test('is not removed without --force while it confines a process, which is named', async () => {
    const refused = await machine.run('aa-registry remove web');
    expect(refused.code).toBe(exit.failed);
    expect(refused.stderr).toMatch(/^ {2}\d+ sh$/m);
    expect(await modeOf('web')).toBe('enforce');
    await succeed('aa-registry remove web --force');
    expect(await modeOf('web')).toBeUndefined();
    expect(await live()).toBe('may');
    const left = await succeed(
      'find /etc/apparmor.d /var/lib/aa-registry /var/cache/apparmor -name "*library.web*"',
    );
    expect(left).toBe('');
    await succeed(`kill ${pid}`);
  });

  test("keeps the operator's own additions over updates and removal", async () => {
    await succeed(
      "mkdir -p /etc/apparmor.d/local; echo 'deny /mnt/** w,' >/etc/apparmor.d/local/web; mkdir -p /mnt",
    );
    await succeed('aa-registry pull web@1.0.0');
    expect(await deniedIn('/srv', '/opt', '/mnt')).toEqual(['/srv', '/mnt']);
    await succeed('aa-registry pull web');
    expect(await deniedIn('/srv', '/opt', '/mnt')).toEqual(['/srv', '/opt', '/mnt']);
    expect(await succeed('cat /etc/apparmor.d/local/web')).toBe('deny /mnt/** w,\n');
  });

  test('keeps the old version enforced if the parser refuses the new one', async () => {
    await succeed("echo 'no rule at all' >/etc/apparmor.d/local/web");
    const refused = await machine.run('aa-registry pull web@1.0.0');
    expect(refused).toMatchObject({ code: exit.failed });
    expect(refused.stderr).toContain('[parser-refused]');
    expect(await deniedIn('/srv', '/opt', '/mnt')).toEqual(['/srv', '/opt', '/mnt']);
    expect(await succeed(`cat ${file}`)).toBe(policy(...versions['1.1.0']));
    await succeed('rm /etc/apparmor.d/local/web');
    // No longer the recorded hash, but that of the compiled file.
    await succeed(`apparmor_parser -r ${file}`);
    expect((await status()).code).toBe(exit.ok);
  });

  test('sync installs the listed profiles, and a second run changes nothing', async () => {
    await succeed('aa-registry remove web');
    await succeed(`echo 'profiles = ["web@^1.0"]' >/etc/aa-registry/profiles.toml`);
    expect(await succeed('aa-registry sync')).toBe('Installed web 1.1.0\n');
    expect(await deniedIn('/srv', '/opt')).toEqual(['/srv', '/opt']);
    expect(await succeed('aa-registry sync')).toBe('Nothing to do: 1 profile, up to date.\n');
  });

  test.each([
    ['a file that was changed', `echo '# mine' >>${file}`, { file: 'changed' }, 'drift'],
    ['a missing file', `rm ${file}`, { file: 'missing' }, 'drift'],
    [
      'other rules under its name',
      "echo 'profile web { file, }' >/run/other; apparmor_parser -r -K /run/other",
      { kernel: 'changed' },
      'drift',
    ],
    ['another mode', `apparmor_parser -r -K -C ${file}`, { kernel: 'other-mode' }, 'drift'],
    [
      'a link that has boot complain',
      `ln -s ${file} /etc/apparmor.d/force-complain/`,
      { boot: 'other-mode' },
      'drift',
    ],
    [
      'one that is not loaded',
      'printf web >/sys/kernel/security/apparmor/.remove',
      { kernel: 'not-loaded' },
      'notLoaded',
    ],
  ] as const)('status reports %s, and sync repairs it', async (_, change, condition, code) => {
    await succeed(change);
    expect(await status()).toMatchObject({
      code: exit[code],
      json: { installed: [{ condition }] },
    });
    expect(await succeed('aa-registry sync')).toMatch(/^Repaired web 1.1.0: /);
    expect(await deniedIn('/srv', '/opt')).toEqual(['/srv', '/opt']);
    expect(await succeed('cat /sys/kernel/security/apparmor/profiles')).toContain('web (enforce)');
    expect(await succeed(`cat ${file}`)).toBe(policy(...versions['1.1.0']));
  });

  test('sync repairs profiles without the registry', async () => {
    await succeed(
      `rm ${file}; apparmor_parser -r -K -C /etc/apparmor.d/aa-registry.library.web || true`,
    );
    const away = await machine.run('aa-registry sync --registry http://10.0.2.2:9');
    expect(away).toMatchObject({ code: exit.unreachable });
    expect(away.stderr).toContain('This host keeps its versions');
    expect(away.stdout).toMatch(/^Repaired web 1.1.0: /);
    expect((await status()).code).toBe(exit.ok);
    await succeed("echo 'profiles = []' >/etc/aa-registry/profiles.toml");
    expect(await succeed('aa-registry sync')).toBe('Removed web 1.1.0\n');
    expect(await modeOf('web')).toBeUndefined();
  });

  test('loads profiles at boot, also after a power cut right after the pull', async () => {
    const printed = await succeed('aa-registry pull docker-nginx web');
    expect(printed).toContain('--security-opt apparmor=docker-nginx');
    await machine.kill();
    await machine.start();
    expect(await succeed(`cat ${nginxFile}`)).toBe(nginxPolicy);
    expect(await modeOf('docker-nginx')).toBe('enforce');
  });

  // Docker's documentation tries these in a container of its nginx example.
  test.each([
    ['ping', ['ping', '-c', '1', '127.0.0.1'], /permission denied|Operation not permitted/i],
    ['top', ['/usr/bin/top', '-b', '-n', '1'], /Permission denied/],
    ['touch', ['touch', '/root/thing'], /Permission denied/],
    ['sh', ['/bin/sh', '-c', 'exit'], /Permission denied/],
    ['dash', ['dash', '-c', 'exit'], /Permission denied/],
  ])('docker-nginx denies %s', async (name, argv, reason) => {
    // Like an unconfined container runtime that starts a confined program.
    const tried = await machine.confined(
      'docker-nginx',
      name === 'touch' ? argv : ['env', ...argv],
    );
    expect(tried.code).not.toBe(0);
    expect(tried.stderr).toMatch(reason);
    await succeed(argv.join(' '));
  });

  test('run-args prints the options of a container runtime', async () => {
    expect(await succeed('aa-registry run-args docker-nginx')).toBe(
      '--security-opt apparmor=docker-nginx --entrypoint nginx\n',
    );
  });

  test('its files are at the top level, since boot ignores folders', async () => {
    const copy = '/etc/apparmor.d/containers/docker-nginx-copy';
    await succeed(
      `mkdir -p $(dirname ${copy}); sed s/docker-nginx/docker-nginx-copy/ ${nginxFile} >${copy}`,
    );
    await succeed(`apparmor_parser --replace --write-cache ${copy}`);
    expect(await modeOf('docker-nginx-copy')).toBe('enforce');

    await machine.reboot();
    expect(await modeOf('docker-nginx')).toBe('enforce');
    expect(await modeOf('docker-nginx-copy')).toBeUndefined();
  });

  test('refuses to install if AppArmor is disabled in the kernel', async () => {
    await machine.reboot({ kernelArguments: ['apparmor=0'] });
    const pull = 'aa-registry pull docker-nginx';
    await expectRefusal(machine, pull, exit.unable, /AppArmor is switched off/);
  });
});
