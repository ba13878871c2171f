// docker-default, behaviour by behaviour, beside what Docker Engine loads by that name. Writes the table in its README.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { askClass, readQuestion } from '../../../cli/can-question.ts';
import {
  type CheckOptions,
  compareModels,
  fileVerdict,
  type Model,
  model,
  type Release,
  verdictOf,
} from '../../../policy/index.ts';
import { fileResolver } from '../../../sdk/host/includes.ts';
import { debian13 } from '../kernel/guests.ts';
import { missing } from '../kernel/packages.ts';
import { parserOf } from './debian-parser.ts';
import { engineDefault } from './engine-default.ts';

const lacks = await missing(debian13);
const title = ['docker-default and the engine’s own', ...lacks].join(': ');
const folder = path.resolve(import.meta.dirname, '../../../profiles/docker-default');

const peers = { unconfined: 'unconfined', own: 'docker-default', other: 'other-container' };

/** What a process in a container may try, and the question about it: an operation of `aa-registry can` with its arguments. */
const behaviours: readonly [what: string, question: string, peer?: string][] = [
  ['read its files', 'read /etc/passwd'],
  ['write its files', 'write /etc/passwd'],
  ['run its programs', 'exec /usr/bin/id'],
  ['run what it has written', 'exec /tmp/program'],
  ['link its files', 'link /tmp/b /tmp/a'],
  ['use a device that it is given', 'write /dev/fuse'],
  ['use a container socket that is mounted into it', 'write /run/docker.sock'],
  ['read `/proc/1/environ`', 'read /proc/1/environ'],
  ['write `/proc/1/oom_score_adj`', 'write /proc/1/oom_score_adj'],
  ['write `/proc/1/attr/exec`', 'write /proc/1/attr/exec'],
  ['read `/proc/cpuinfo`', 'read /proc/cpuinfo'],
  ['read `/proc/sys/kernel/core_pattern`', 'read /proc/sys/kernel/core_pattern'],
  ['write `/proc/sys/kernel/core_pattern`', 'write /proc/sys/kernel/core_pattern'],
  ['write `/proc/sys/kernel/modprobe`', 'write /proc/sys/kernel/modprobe'],
  ['write `/proc/sys/kernel/sysrq`', 'write /proc/sys/kernel/sysrq'],
  ['write `/proc/sys/kernel/threads-max`', 'write /proc/sys/kernel/threads-max'],
  ['write `/proc/sys/kernel/yama/ptrace_scope`', 'write /proc/sys/kernel/yama/ptrace_scope'],
  ['write `/proc/sys/kernel/shmmax`', 'write /proc/sys/kernel/shmmax'],
  ['write `/proc/sys/kernel/domainname`', 'write /proc/sys/kernel/domainname'],
  ['write `/proc/sys/net/ipv4/ip_forward`', 'write /proc/sys/net/ipv4/ip_forward'],
  ['write `/proc/sys/vm/panic_on_oom`', 'write /proc/sys/vm/panic_on_oom'],
  ['write `/proc/sys/fs/binfmt_misc/register`', 'write /proc/sys/fs/binfmt_misc/register'],
  ['write `/proc/sysrq-trigger`', 'write /proc/sysrq-trigger'],
  ['read `/proc/kcore`', 'read /proc/kcore'],
  ['read `/proc/kmsg`', 'read /proc/kmsg'],
  ['write `/proc/irq/1/smp_affinity`', 'write /proc/irq/1/smp_affinity'],
  ['write `/proc/bus/pci/00/00.0`', 'write /proc/bus/pci/00/00.0'],
  ['write `/proc/fs/xfs/stat`', 'write /proc/fs/xfs/stat'],
  ['lock `/proc/kallsyms`', 'lock /proc/kallsyms'],
  ['read `/sys/class/net/eth0/address`', 'read /sys/class/net/eth0/address'],
  ['write `/sys/kernel/uevent_helper`', 'write /sys/kernel/uevent_helper'],
  ['write `/sys/module/kernel/parameters/panic`', 'write /sys/module/kernel/parameters/panic'],
  ['write `/sys/fs/bpf/map`', 'write /sys/fs/bpf/map'],
  ['write `/sys/fs/cgroup/cgroup.procs`', 'write /sys/fs/cgroup/cgroup.procs'],
  ['write a `release_agent` below `/sys/fs/cgroup`', 'write /sys/fs/cgroup/memory/release_agent'],
  ['read `/sys/firmware/acpi/tables/DSDT`', 'read /sys/firmware/acpi/tables/DSDT'],
  ['read power meters', 'read /sys/devices/virtual/powercap/intel-rapl/energy_uj'],
  ['read `/sys/kernel/security/apparmor/profiles`', 'read /sys/kernel/security/apparmor/profiles'],
  [
    'write `/sys/kernel/security/apparmor/.replace`',
    'write /sys/kernel/security/apparmor/.replace',
  ],
  ['mount', 'mount none /mnt/'],
  ['unmount', 'umount /mnt/'],
  ['change its root (`pivot_root`)', 'pivot_root /mnt/ /mnt/old/'],
  ['use the capabilities that it is given', 'capability sys_admin'],
  ['use IPv4 and IPv6', 'network inet6 stream'],
  ['use raw sockets, with the capability', 'network inet raw'],
  ['use packet sockets, with the capability', 'network packet raw'],
  ['use netlink', 'network netlink raw'],
  ['use the kernel’s cryptography (AF_ALG)', 'network alg seqpacket'],
  ['talk to the hypervisor (AF_VSOCK)', 'network vsock stream'],
  ['use AppleTalk, AX.25, IPX, IrDA and the like', 'network ipx dgram'],
  ['send a signal to its own processes', 'signal send term', peers.own],
  ['send a signal to another container', 'signal send term', peers.other],
  ['send a signal to the host', 'signal send term', peers.unconfined],
  ['get a signal from the host', 'signal receive kill', peers.unconfined],
  ['get a signal from a confined runc', 'signal receive kill', 'runc'],
  ['get a signal from a confined crun', 'signal receive kill', 'crun'],
  ['get a signal from its first process under crun', 'signal receive term', `crun//&${peers.own}`],
  ['get a signal from what `exec` starts', 'signal receive term', `${peers.own}//&unconfined`],
  ['trace its own processes', 'ptrace trace', peers.own],
  ['trace what `exec` starts', 'ptrace trace', `${peers.own}//&unconfined`],
  ['trace another container', 'ptrace trace', peers.other],
  ['trace the host', 'ptrace trace', peers.unconfined],
  ['change to another profile', 'change_profile unconfined'],
  ['connect to an abstract socket of its network', 'unix connect stream', peers.unconfined],
  ['create a POSIX message queue', 'mqueue create /queue'],
  ['create a user namespace', 'userns'],
  ['have the kernel poll an io_uring', 'io_uring sqpoll'],
];

/** What a policy decides; `yes` also where its ABI does not mediate it. */
function decided(of: Model, [, words, peer]: (typeof behaviours)[number]): string {
  const [operation = '', ...rest] = words.split(' ');
  const question = readQuestion(operation, rest, {
    ...(peer !== undefined && { peer }),
    'peer-address': '@socket',
  });
  const [profile] = of.profiles;
  if (!profile) throw new Error('the text has a profile');
  if (question.kind === 'file') {
    const { permission, path: at, target } = question;
    return fileVerdict(profile.file(permission, at, target), false).verdict;
  }
  if (question.kind === 'capability') return verdictOf(profile.capability(question.name));
  if (question.kind !== 'class') throw new Error(`no behaviour asks about ${question.kind}`);
  return verdictOf(askClass(profile, question));
}

describe.skipIf(lacks.length > 0)(title, () => {
  const models = new Map<string, Model>();

  beforeAll(async () => {
    const bases = {
      '3.0': fileResolver({ base: '/etc/apparmor.d' }),
      '4.1': fileResolver({ base: (await parserOf('trixie')).base }),
      '5.0': fileResolver({ base: (await parserOf('sid')).base }),
    };
    const add = (name: string, text: string, target: keyof typeof bases & Release) => {
      const options: CheckOptions = { resolver: bases[target], target };
      models.set(name, model(text, options));
    };
    for (const [suite, target] of [['bookworm', '3.0'] as const, ['trixie', '4.1'] as const]) {
      const { version, text } = await engineDefault(suite);
      add(`Docker ${/\d+\.\d+/.exec(version)}`, text, target);
    }
    for (const [suffix, target] of [
      ['', '3.0'] as const,
      ['.4.0', '4.1'] as const,
      ['.5.0', '5.0'] as const,
    ]) {
      const text = await readFile(path.join(folder, `docker-default${suffix}`), 'utf8');
      add(`this, AppArmor ${suffix === '' ? '3.0' : suffix.slice(1)}`, text, target);
    }
  }, 300_000);

  test('decide as the table in the README says', async () => {
    const names = [...models.keys()];
    const rows = behaviours.map((one) => [
      one[0],
      ...names.map((name) => decided(models.get(name) as Model, one)),
    ]);
    const table = [['A process may', ...names], names.map(() => '---').concat('---'), ...rows]
      .map((cells) => `| ${cells.join(' | ')} |`)
      .join('\n');
    const readme = await readFile(path.join(folder, 'README.md'), 'utf8');
    const written = /^\|[\s\S]*\|$/m.exec(readme)?.[0];
    // Biome aligns the columns.
    expect(written?.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---')).toBe(table);
  });

  test('permits nothing that the engine’s does not, but for the runtimes’ labels and a process that does not exist', () => {
    const [engine, , ours] = models.values();
    if (!engine || !ours) throw new Error('the models are there');
    const { differences, unknown } = compareModels(engine, ours);
    expect(unknown).toEqual([]);
    const more = differences.filter(({ effect }) => effect !== 'less');
    expect(more.map(({ class: of, example }) => `${of} ${example}`)).toEqual([
      // No process has the number 0, and no folder is a hard link.
      'file /proc/0/x',
      'file /proc/ to /x',
      // 26.1 permits this as well.
      'signal signal kill, peer crun',
      'signal signal kill, peer docker-default//&',
      'ptrace peer docker-default//&',
    ]);
  });
});
