import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exit } from '../../../cli/framework/command.ts';
import { debian12 } from './guests.ts';
import { missing } from './packages.ts';
import { missingBuild } from './software.ts';
import { WebHost, webFile, webPolicy } from './web-host.ts';

const lacks = [...(await missing(debian12)), ...missingBuild()];
const title = ['a host that drifts from its profiles', ...lacks].join(': ');

describe.skipIf(lacks.length > 0)(title, { timeout: 600_000 }, () => {
  let host: WebHost;

  beforeAll(async () => {
    host = await WebHost.start();
  }, 600_000);
  afterAll(() => host?.close());

  test('sync installs the listed profiles, and a second run changes nothing', async () => {
    await host.succeed(`echo 'profiles = ["web@^1.0"]' >/etc/aa-registry/profiles.toml`);
    expect(await host.succeed('aa-registry sync')).toBe('Installed web 1.1.0\n');
    expect(await host.deniedIn('/srv', '/opt')).toEqual(['/srv', '/opt']);
    expect(await host.succeed('aa-registry sync')).toBe('Nothing to do: 1 profile, up to date.\n');
  });

  test.each([
    ['a file that was changed', `echo '# mine' >>${webFile}`, { file: 'changed' }, 'drift'],
    ['a missing file', `rm ${webFile}`, { file: 'missing' }, 'drift'],
    [
      'other rules under its name',
      "echo 'profile web { file, }' >/run/other; apparmor_parser -r -K /run/other",
      { kernel: 'changed' },
      'drift',
    ],
    ['another mode', `apparmor_parser -r -K -C ${webFile}`, { kernel: 'other-mode' }, 'drift'],
    [
      'a link that has boot complain',
      `ln -s ${webFile} /etc/apparmor.d/force-complain/`,
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
    await host.succeed(change);
    expect(await host.status()).toMatchObject({
      code: exit[code],
      json: { installed: [{ condition }] },
    });
    expect(await host.succeed('aa-registry sync')).toMatch(/^Repaired web 1.1.0: /);
    expect(await host.deniedIn('/srv', '/opt')).toEqual(['/srv', '/opt']);
    expect(await host.succeed('cat /sys/kernel/security/apparmor/profiles')).toContain(
      'web (enforce)',
    );
    expect(await host.succeed(`cat ${webFile}`)).toBe(webPolicy['1.1.0']);
  });

  test('sync repairs profiles without the registry', async () => {
    await host.succeed(
      `rm ${webFile}; apparmor_parser -r -K -C /etc/apparmor.d/aa-registry.library.web || true`,
    );
    const away = await host.machine.run('aa-registry sync --registry http://10.0.2.2:9');
    expect(away).toMatchObject({ code: exit.unreachable });
    expect(away.stderr).toContain('This host keeps its versions');
    expect(away.stdout).toMatch(/^Repaired web 1.1.0: /);
    expect((await host.status()).code).toBe(exit.ok);
    await host.succeed("echo 'profiles = []' >/etc/aa-registry/profiles.toml");
    expect(await host.succeed('aa-registry sync')).toBe('Removed web 1.1.0\n');
    expect(await host.modeOf('web')).toBeUndefined();
  });
});
