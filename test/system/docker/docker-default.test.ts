// docker-default in place of the engine's own: a container tries the same under both.
import { mkdtemp, rm } from 'node:fs/promises';
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
const title = ['docker-default in Docker', ...lacks].join(': ');
const packageFolder = path.resolve(import.meta.dirname, '../../../profiles/docker-default');

/** What a container tries, as its root with all capabilities and writable mounts, and what the engine's own and ours say. */
const attempts: readonly [
  what: string,
  attempt: string,
  engine: 'done' | 'refused',
  ours: 'done' | 'refused',
][] = [
  ['write its files', 'echo x >/etc/x', 'done', 'done'],
  ['run what it wrote', 'cp /usr/bin/id /tmp/id; /tmp/id', 'done', 'done'],
  ['write its own /proc', 'echo 10 >/proc/self/oom_score_adj', 'done', 'done'],
  ['signal its processes', 'sleep 60 & kill $!', 'done', 'done'],
  [
    'bind an address',
    "perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 6) && bind($s, sockaddr_in(99, INADDR_ANY)) or die $!'",
    'done',
    'done',
  ],
  [
    'open a raw socket',
    "perl -MSocket -e 'socket(my $s, PF_INET, SOCK_RAW, 1) or die $!'",
    'done',
    'done',
  ],
  ['unmount', 'umount /mnt/tmpfs', 'done', 'done'],
  ['mount', 'mount -t tmpfs tmpfs /tmp', 'refused', 'refused'],
  [
    'set core_pattern',
    'cat /proc/sys/kernel/core_pattern >/proc/sys/kernel/core_pattern',
    'refused',
    'refused',
  ],
  [
    'set ip_forward',
    'cat /proc/sys/net/ipv4/ip_forward >/proc/sys/net/ipv4/ip_forward',
    'refused',
    'refused',
  ],
  ['use sysrq-trigger', 'echo h >/proc/sysrq-trigger', 'refused', 'refused'],
  ['read kcore', 'head -c1 /proc/kcore', 'refused', 'refused'],
  ['set uevent_helper', 'echo >/sys/kernel/uevent_helper', 'refused', 'refused'],
  ['load a profile', 'echo >/sys/kernel/security/apparmor/.load', 'refused', 'refused'],
  [
    'change its profile',
    'echo changeprofile unconfined >/proc/self/attr/current',
    'refused',
    'refused',
  ],
  ['create a cgroup', 'mkdir /sys/fs/cgroup/x && rmdir /sys/fs/cgroup/x', 'done', 'done'],
  ['open a socket of AF_ALG', "perl -e 'socket(my $s, 38, 5, 0) or die $!'", 'done', 'refused'],
  ['open a socket of AF_VSOCK', "perl -e 'socket(my $s, 40, 1, 0) or die $!'", 'done', 'refused'],
];

describe.skipIf(lacks.length > 0)(title, { timeout: 600_000 }, () => {
  let folder: string;
  let registry: Registry;
  let machine: Machine;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'docker-default-'));
    registry = await startRegistry(folder);
    await registry.publish(packageFolder, '1.0.0');
    machine = await bootDocker(docker12, [nginxImage], installCli);
    await succeed('modprobe -a af_alg vsock');
    await succeed(`aa-registry trust init library --registry ${registry.url} --yes`);
    const options =
      '--cap-add ALL --security-opt seccomp=unconfined --security-opt systempaths=unconfined';
    await succeed(
      `docker run -d --name tries ${options} -v /sys:/sys --tmpfs /mnt/tmpfs --entrypoint sleep nginx 100000`,
    );
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

  /** What becomes of each attempt, by its name. */
  async function tried(): Promise<Record<string, string>> {
    const results: Record<string, string> = {};
    for (const [what, attempt] of attempts) {
      await succeed(`cat >/root/attempt <<'END'\n${attempt}\nEND`);
      const { code, stderr } = await machine.run('docker exec -i tries bash </root/attempt');
      const refused = /[Pp]ermission denied|[Oo]peration not permitted/.test(stderr);
      results[what] = code === 0 ? 'done' : refused ? 'refused' : stderr;
    }
    return results;
  }

  const expected = (of: 'engine' | 'ours') =>
    Object.fromEntries(
      attempts.map(([what, , engine, ours]) => [what, of === 'engine' ? engine : ours]),
    );

  test('the engine’s own', async () => {
    expect(await succeed('docker exec tries cat /proc/1/attr/current')).toBe(
      'docker-default (enforce)\n',
    );
    expect(await tried()).toEqual(expected('engine'));
  });

  test('takes its place only with --replace', async () => {
    const { code, stderr } = await machine.run('aa-registry pull docker-default');
    expect(code).not.toBe(0);
    expect(stderr).toContain('--replace');
    await succeed('aa-registry pull docker-default --replace');
    await succeed('docker restart -t 1 tries');
  });

  test('permits the same but for the documented differences', async () => {
    expect(await tried()).toEqual(expected('ours'));
  });

  test('stops a container', async () => {
    await succeed('docker run -d --name stops nginx && docker stop stops');
    expect(await succeed("docker inspect -f '{{.State.ExitCode}}' stops")).toBe('0\n');
    expect(await succeed('aa-registry status --offline --format json')).toContain('"ok"');
  });
});
