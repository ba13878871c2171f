import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exit } from '../../../cli/framework/command.ts';
import { debian12 } from './guests.ts';
import { missing } from './packages.ts';
import { expectRefusal } from './refusal.ts';
import { startRegistry } from './registry.ts';
import { missingBuild } from './software.ts';
import { WebHost, webFile, webPolicy } from './web-host.ts';

const lacks = [...(await missing(debian12)), ...missingBuild()];
const title = ['a host in its kernel', ...lacks].join(': ');

const nginx = path.resolve(import.meta.dirname, '../../../profiles/docker-nginx');
const nginxPolicy = await readFile(path.join(nginx, 'docker-nginx'), 'utf8');
const nginxFile = '/etc/apparmor.d/aa-registry.library.docker-nginx';
const containerId = '4f1c8d2a9b3e'.padEnd(64, '0');

describe.skipIf(lacks.length > 0)(title, { timeout: 600_000 }, () => {
  let host: WebHost;
  /** The id of a long-running process confined by web. */
  let pid: string;

  beforeAll(async () => {
    host = await WebHost.start();
    await host.registry.publish(nginx, '1.0.0');
  }, 600_000);
  afterAll(() => host?.close());

  async function startConfined(): Promise<string> {
    const loop =
      'while :; do if { echo >/opt/live; } 2>/dev/null; then echo may; else echo denied; fi >/run/next; mv /run/next /run/live; sleep 0.1; done';
    const started = await host.succeed(
      `aa-exec -p web -- sh -c '${loop}' </dev/null >/dev/null 2>&1 & echo $!`,
    );
    await host.succeed('until [ -s /run/live ]; do sleep 0.1; done');
    return started.trim();
  }

  /** What the process of {@link startConfined} may do now. */
  const live = async () =>
    (
      await host.succeed(
        'rm -f /run/live; until [ -s /run/live ]; do sleep 0.1; done; cat /run/live',
      )
    ).trim();

  test('refuses the same profile from another registry, signed by its operator', async () => {
    const impostor = await startRegistry(path.join(host.folder, 'impostor'));
    const forged = path.join(host.folder, 'forged', 'docker-nginx');
    await cp(nginx, forged, { recursive: true });
    const policyWithoutDenials = nginxPolicy.replaceAll(/^ *deny .*\n/gm, '');
    await writeFile(path.join(forged, 'docker-nginx'), policyWithoutDenials);
    await impostor.publish(forged, '2.0.0');
    const pull = `aa-registry pull docker-nginx --registry ${impostor.url}`;
    await expectRefusal(host.machine, pull, exit.refused, /nothing was changed/);
    await impostor.close();
  });

  test('switches from complain to enforce mode with the same file, also over a reboot', async () => {
    await host.succeed('aa-registry pull web@1.0.0 --complain');
    expect(await host.modeOf('web')).toBe('complain');
    expect(await host.deniedIn('/srv', '/opt')).toEqual([]);
    await host.machine.reboot();
    expect(await host.modeOf('web')).toBe('complain');
    expect((await host.status()).code).toBe(exit.ok);

    await host.succeed('aa-registry enforce web');
    expect(await host.modeOf('web')).toBe('enforce');
    expect(await host.deniedIn('/srv', '/opt')).toEqual(['/srv']);
    expect(await host.succeed(`cat ${webFile}`)).toBe(webPolicy['1.0.0']);
  });

  test('updates and rolls back a profile while it confines processes', async () => {
    pid = await startConfined();
    expect(await live()).toBe('may');
    await host.succeed('aa-registry pull web');
    expect(await live()).toBe('denied');
    // A process that was started before its profile was loaded.
    await host.succeed(
      '/usr/bin/sleep 600 & echo "profile /usr/bin/sleep { file, }" | apparmor_parser --add --skip-cache',
    );
    const { json, code } = await host.status();
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
    await host.succeed('aa-registry rollback web --offline');
    expect(await live()).toBe('may');
    expect(await host.deniedIn('/srv', '/opt')).toEqual(['/srv']);
  });

  test('shows the profile of a container, by its cgroup or its runtime', async () => {
    await host.succeed(
      [
        'mkdir -p /run/cgroup && mount -t cgroup2 cgroup2 /run/cgroup',
        `mkdir -p /run/cgroup/system.slice/docker-${containerId}.scope`,
        `echo ${pid} >/run/cgroup/system.slice/docker-${containerId}.scope/cgroup.procs`,
        `printf '#!/bin/sh\\n[ "$4" = shop ] && echo '"'"'[{"Id":"${containerId}","State":{"Pid":${pid}},"AppArmorProfile":"docker-default"}]'"'" >/usr/bin/docker`,
        'chmod +x /usr/bin/docker',
      ].join(' && '),
    );
    const found = await host.succeed('aa-registry inspect 4f1c8d2a9b3e');
    expect(found).toMatch(/^Process +\d+ sh$/m);
    expect(found).toContain('web (enforce)');
    expect(found).toContain('web@1.0.0');
    const named = await host.machine.run('aa-registry inspect shop');
    expect(named).toMatchObject({ code: exit.drift });
    expect(named.stdout).toContain('its runtime started it with docker-default');
    expect(await host.machine.run('aa-registry inspect nobody')).toMatchObject({
      code: exit.failed,
    });
    const self = await host.machine.run('aa-registry inspect 1');
    expect(self).toMatchObject({
      code: exit.failed,
      stdout: expect.stringContaining('unconfined'),
    });
  });

  test('is not removed without --force while it confines a process, which is named', async () => {
    const refused = await host.machine.run('aa-registry remove web');
    expect(refused.code).toBe(exit.failed);
    expect(refused.stderr).toMatch(/^ {2}\d+ sh$/m);
    expect(await host.modeOf('web')).toBe('enforce');
    await host.succeed('aa-registry remove web --force');
    expect(await host.modeOf('web')).toBeUndefined();
    expect(await live()).toBe('may');
    const left = await host.succeed(
      'find /etc/apparmor.d /var/lib/aa-registry /var/cache/apparmor -name "*library.web*"',
    );
    expect(left).toBe('');
    await host.succeed(`kill ${pid}`);
  });

  test("keeps the operator's own additions over updates and removal", async () => {
    await host.succeed(
      "mkdir -p /etc/apparmor.d/local; echo 'deny /mnt/** w,' >/etc/apparmor.d/local/web; mkdir -p /mnt",
    );
    await host.succeed('aa-registry pull web@1.0.0');
    expect(await host.deniedIn('/srv', '/opt', '/mnt')).toEqual(['/srv', '/mnt']);
    await host.succeed('aa-registry pull web');
    expect(await host.deniedIn('/srv', '/opt', '/mnt')).toEqual(['/srv', '/opt', '/mnt']);
    expect(await host.succeed('cat /etc/apparmor.d/local/web')).toBe('deny /mnt/** w,\n');
  });

  test('keeps the old version enforced if the parser refuses the new one', async () => {
    await host.succeed("echo 'no rule at all' >/etc/apparmor.d/local/web");
    const refused = await host.machine.run('aa-registry pull web@1.0.0');
    expect(refused).toMatchObject({ code: exit.failed });
    expect(refused.stderr).toContain('[parser-refused]');
    expect(await host.deniedIn('/srv', '/opt', '/mnt')).toEqual(['/srv', '/opt', '/mnt']);
    expect(await host.succeed(`cat ${webFile}`)).toBe(webPolicy['1.1.0']);
    await host.succeed('rm /etc/apparmor.d/local/web');
    // No longer the recorded hash, but that of the compiled file.
    await host.succeed(`apparmor_parser -r ${webFile}`);
    expect((await host.status()).code).toBe(exit.ok);
  });

  test('loads profiles at boot, also after a power cut right after the pull', async () => {
    const printed = await host.succeed('aa-registry pull docker-nginx web');
    expect(printed).toContain('--security-opt apparmor=docker-nginx');
    await host.machine.kill();
    await host.machine.start();
    expect(await host.succeed(`cat ${nginxFile}`)).toBe(nginxPolicy);
    expect(await host.modeOf('docker-nginx')).toBe('enforce');
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
    const tried = await host.machine.confined(
      'docker-nginx',
      name === 'touch' ? argv : ['env', ...argv],
    );
    expect(tried.code).not.toBe(0);
    expect(tried.stderr).toMatch(reason);
    await host.succeed(argv.join(' '));
  });

  test('its files are at the top level, since boot ignores folders', async () => {
    const copy = '/etc/apparmor.d/containers/docker-nginx-copy';
    await host.succeed(
      `mkdir -p $(dirname ${copy}); sed s/docker-nginx/docker-nginx-copy/ ${nginxFile} >${copy}`,
    );
    await host.succeed(`apparmor_parser --replace --write-cache ${copy}`);
    expect(await host.modeOf('docker-nginx-copy')).toBe('enforce');

    await host.machine.reboot();
    expect(await host.modeOf('docker-nginx')).toBe('enforce');
    expect(await host.modeOf('docker-nginx-copy')).toBeUndefined();
  });

  test('refuses to install if AppArmor is disabled in the kernel', async () => {
    await host.machine.reboot({ kernelArguments: ['apparmor=0'] });
    const pull = 'aa-registry pull docker-nginx';
    await expectRefusal(host.machine, pull, exit.unable, /AppArmor is switched off/);
  });
});
