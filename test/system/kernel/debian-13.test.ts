import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exit } from '../../../cli/framework/command.ts';
import { debian13 } from './guests.ts';
import { boot, type Machine } from './machine.ts';
import { missing } from './packages.ts';
import { type Registry, startRegistry } from './registry.ts';
import { installCli, missingBuild } from './software.ts';
import { type Scenario, Trials } from './trials.ts';
import { packageWithVariants } from './variants.ts';

const lacks = [...(await missing(debian13)), ...missingBuild()];
const title = ['a host that systemd has started', ...lacks].join(': ');

const service = 'aa-registry-sync.service';
const timer = 'aa-registry-sync.timer';

/** A profile that allows everything, but writing only in these folders. */
const policy = (...folders: string[]) => `abi <abi/3.0>,

profile web {
  /** rix,
${folders.map((folder) => `  ${folder}/** w,\n`).join('')}}
`;

const ring = (...words: number[]) => `perl /srv/tool/uring ${words.join(' ')}`;
const pollingByKernel = 2;

/** Requests that the kernel of Debian 12 does not mediate. */
const scenarios: Scenario[] = [
  {
    name: 'user-namespace',
    run: 'unshare -U true',
    rules: ['userns create,'],
    refused: ['unshare -i true'],
  },
  {
    name: 'ring-polled-by-the-kernel',
    run: ring(pollingByKernel),
    rules: ['io_uring (sqpoll),'],
    refused: [ring(0, 1)],
  },
  {
    name: 'ring-with-credentials',
    run: ring(0, 1),
    rules: ['io_uring (override_creds) label=ring-with-credentials,'],
    refused: [ring(pollingByKernel)],
  },
];

const header = 'abi <abi/kernel>,\n\n';
const profile = (name: string, rules: string) => `profile ${name} {
  /usr/bin/* mrix,
  /usr/lib/** mr,
  /etc/ld.so.cache r,
  /etc/passwd r,
  /dev/{null,urandom} rw,
  /srv/tool/* r,
  deny /dev/tty rw,
  ${rules}
}
`;

/** The abi of AppArmor 4.1 lacks io_uring, which the kernel's own has. */
const prepare = `sysctl -qw kernel.printk_ratelimit=0
aa-features-abi --extract --write /etc/apparmor.d/abi/kernel`;

describe.skipIf(lacks.length > 0)(title, { timeout: 600_000 }, () => {
  let folder: string;
  let registry: Registry;
  let machine: Machine;
  const trials = new Trials(scenarios, header, profile);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'debian-13-'));
    registry = await startRegistry(folder);
    await publish('1.0.0', '/run', '/mnt');
    await registry.publish(await packageWithVariants(folder), '1.0.0');
    machine = await boot({
      guest: debian13,
      async furnish(root) {
        await installCli(root);
        for (const made of ['mnt', 'srv/tool']) {
          await mkdir(path.join(root, made), { recursive: true });
        }
        await cp(
          path.join(import.meta.dirname, 'guest/uring.pl'),
          path.join(root, 'srv/tool/uring'),
        );
        await writeFile(path.join(root, 'etc/aa-registry/profiles.toml'), 'profiles = ["web"]\n');
      },
    });
    await succeed(`aa-registry trust init library --registry ${registry.url} --yes`);
  }, 300_000);
  afterAll(async () => {
    await machine?.dispose();
    await registry?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function publish(version: string, ...folders: string[]): Promise<void> {
    const made = await mkdtemp(path.join(folder, 'package-'));
    const manifest = ['name = "web"', 'team = "library"', 'description = "A test"', 'abi = "3.0"'];
    const rest = ['images = ["nginx"]', 'license = "Apache-2.0"', ''];
    await writeFile(path.join(made, 'aa-profile.toml'), [...manifest, ...rest].join('\n'));
    await writeFile(path.join(made, 'web'), policy(...folders));
    await registry.publish(made, version);
  }

  async function succeed(command: string): Promise<string> {
    const { stdout, ...rest } = await machine.run(command);
    expect(rest, command).toMatchObject({ code: 0 });
    return stdout;
  }

  /** Whether a process confined by web may write to this folder. */
  async function mayWrite(into: string): Promise<boolean> {
    const { code } = await machine.confined('web', ['sh', '-c', `echo >${into}/probe`]);
    return code === 0;
  }

  /** Runs the service; returns its exit code and output. */
  async function sync(): Promise<{ result: string; output: string }> {
    const { stdout } = await machine.run(
      `systemctl start ${service}; systemctl show ${service} -p Result -p ExecMainStatus | xargs
journalctl --sync; journalctl -u ${service} -o cat --cursor-file=/run/cursor _TRANSPORT=stdout`,
    );
    const [result = '', ...output] = stdout.split('\n');
    return { result, output: output.join('\n') };
  }
  const well = 'Result=success ExecMainStatus=0';

  test('boots without failed units', async () => {
    const { stdout } = await machine.run('systemctl is-system-running --wait; systemctl --failed');
    expect(stdout).toMatch(/^running\n/);
  });

  test('takes the variant that its parser and kernel support', async () => {
    const { code, stderr } = await machine.run('aa-registry pull two');
    expect(code).toBe(exit.ok);
    expect(stderr).toMatch(
      /variant for AppArmor 4\.0 and newer, as this host has apparmor_parser 4\.1/,
    );
    await succeed('aa-registry status --offline two && aa-registry remove two');
  });

  describe('the service', () => {
    test('installs the profiles of profiles.toml', async () => {
      expect(await sync()).toEqual({
        result: well,
        output: expect.stringContaining('Installed web 1.0.0'),
      });
      expect((await machine.loadedProfiles()).get('web')).toBe('enforce');
      expect(await mayWrite('/mnt')).toBe(true);
      expect(await mayWrite('/root')).toBe(false);
    });

    test('repairs a changed file while a process is confined', async () => {
      await succeed(`aa-exec -p web -- sleep 1000 >/dev/null 2>&1 &
rm /etc/apparmor.d/aa-registry.library.web; printf web >/sys/kernel/security/apparmor/.remove`);
      expect(await sync()).toEqual({
        result: well,
        output: expect.stringContaining('Repaired web 1.0.0'),
      });
      expect(await mayWrite('/root')).toBe(false);
      expect(JSON.parse(await succeed('aa-registry status --format json'))).toMatchObject({
        verdict: 'ok',
      });
    });
  });

  test('is started by the timer', async () => {
    const delay = `systemctl show -P RandomizedDelayUSec ${timer}`;
    expect(await succeed(delay)).toBe('10min\n');
    await publish('1.1.0', '/run');
    await succeed(`mkdir /run/systemd/system/${timer}.d
cat >/run/systemd/system/${timer}.d/soon.conf <<'END'
[Timer]
OnActiveSec=1s
OnUnitInactiveSec=5s
RandomizedDelaySec=2s
AccuracySec=1s
END
systemctl daemon-reload; systemctl enable --now ${timer}
until grep -qs '"1.1.0"' /var/lib/aa-registry/installed/*.json; do sleep 1; done
rm -r /run/systemd/system/${timer}.d; systemctl daemon-reload; systemctl restart ${timer}
while [ $(systemctl is-active ${service}) = activating ]; do sleep 1; done`);
    expect(await mayWrite('/mnt')).toBe(false);
    expect(await succeed(`systemctl show ${service} -P Result`)).toBe('success\n');
  });

  describe('the mediation of its kernel', () => {
    beforeAll(async () => {
      await succeed(prepare);
      await trials.run(machine);
    }, 300_000);
    trials.describe();
  });

  test('denials reads the journal', async () => {
    await succeed(`sysctl -qw kernel.printk_devkmsg=on
aa-exec -p web -- touch /root/journalled; sleep 0.5; journalctl --sync
line=$(head -c 900 /dev/zero | tr '\\0' x)
until ! dmesg | grep -q journalled; do for i in $(seq 64); do echo "$line" >/dev/kmsg; done; done`);
    const found = (await succeed('aa-registry denials --format json'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(found).toContainEqual(
      expect.objectContaining({
        profile: 'web',
        count: 1,
        installed: expect.objectContaining({ version: '1.1.0' }),
        suggestion: expect.objectContaining({ rule: 'owner /root/journalled w,' }),
      }),
    );
    // Events of the tested profiles, which have their rules by now.
    for (const { name, rules } of scenarios) {
      const allowed = found.filter((one) => one.profile === name && one.outcome === 'allowed');
      expect(allowed.flatMap((one) => one.rules.map(({ text }: { text: string }) => text))).toEqual(
        rules,
      );
    }
  });

  test('fails without the registry, and the host keeps its profiles', async () => {
    await registry.close();
    const { result, output } = await sync();
    expect(result).toBe(`Result=exit-code ExecMainStatus=${exit.unreachable}`);
    expect(output).toContain('This host keeps its versions');
    expect(await mayWrite('/mnt')).toBe(false);
  });

  test('loads its profiles at boot, before the timer fires', async () => {
    await machine.reboot();
    expect((await machine.loadedProfiles()).get('web')).toBe('enforce');
    expect(await succeed(`systemctl show -P ActiveState ${timer}`)).toBe('active\n');
    expect(await succeed(`systemctl show -P ExecMainStartTimestamp ${service}`)).toBe('\n');
    expect(await mayWrite('/mnt')).toBe(false);
  });
});
