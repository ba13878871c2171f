import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exit } from '../../../cli/framework/command.ts';
import { parseEvent } from '../../../sdk/denials/event.ts';
import { debian12 } from './guests.ts';
import { boot, type Machine } from './machine.ts';
import { missing } from './packages.ts';
import { type Registry, startRegistry } from './registry.ts';
import { installCliInOneProcess, missingBuild } from './software.ts';
import { type Scenario, Trials } from './trials.ts';

const lacks = [...(await missing(debian12)), ...missingBuild()];
const title = ['denials of a real kernel', ...lacks].join(': ');

const call = (number: number, ...words: (string | number)[]) =>
  `perl /srv/tool/call ${[number, ...words].join(' ')}`;
const mount = (source: string, target: string, type: string, flags: number) =>
  call(165, source, target, type, flags);
const [readOnly, remount, bind, move, recursive, toPrivate] = [1, 32, 4096, 8192, 16384, 1 << 18];
const mounts = 'capability sys_admin,';
const tmpfs = 'mount -t tmpfs tmpfs /srv/t/m; mkdir -p /srv/t/m/old';
const unmounted = 'for at in /srv/t/m /srv/t/n; do umount -l $at; done 2>/dev/null';
const socket = (family: number, type: number) =>
  `perl -e 'socket(S, ${family}, ${type}, 0) or exit 1'`;
const write = (attribute: string, command: string) =>
  `perl -e 'sysopen F, "/proc/self/attr/${attribute}", 1; defined syswrite F, "${command}" or exit 1'`;
const open = (path: string, flags: number) => `perl -e 'sysopen F, "${path}", ${flags} or exit 1'`;
const [writeOnly, create, append] = [0o1, 0o100, 0o2000];
const map = (path: string) => `perl /srv/tool/map ${path}`;
const lock = (path: string) => `perl -e 'open F, "<", "${path}"; flock F, 2 or exit 1'`;
const peer = '$(cat /run/peer)';
const kill = (signal: string, process = peer) => `kill -${signal} ${process}`;
const trace = (process: string) => call(101, 16, process, 0, 0);

/** Runs a command in the background once another succeeds. */
const meanwhile = (once: string, then: string) =>
  `timeout 20 sh -c 'until ${once}; do sleep 0.05; done; ${then}' >/dev/null 2>&1 &`;
/** Waits two seconds for a signal. */
const waitFor = (signal: string) =>
  `perl -e '$SIG{${signal}} = sub { exit 0 }; $0 = "waiting-for-${signal}"; sleep 2; exit 1'`;
/** Creates a file in a folder whose file system was unmounted lazily. */
const createApart = (name: string) =>
  `perl -e 'chdir "/srv/t/m"; do { open M, "<", "/proc/self/mounts" } while grep { m{ /srv/t/m } } <M>; sysopen F, "${name}", 0101 or exit 1'`;

/** File names, quoted for the shell, that must be escaped in rules. */
const oddNames = [
  'a b',
  'a"b',
  'a*b',
  'a{b,c}',
  'a\\b',
  '[ab]',
  'a^b',
  'a,',
  '#a',
  'aä',
  'a\nb',
  'a\xffb',
]
  .map((name) => Buffer.from(name, name.includes('\xff') ? 'latin1' : 'utf8'))
  .map((bytes) => [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''))
  .map((octal) => `"$(printf '${octal}')"`)
  .join(' ');

const scenarios: Scenario[] = [
  {
    name: 'read',
    run: 'cat /srv/t/a',
    rules: ['owner /srv/t/a r,'],
    refused: ['cat /srv/t/b', open('/srv/t/a', writeOnly)],
  },
  {
    name: 'read-of-another',
    before: 'chown 65534 /srv/t/a',
    after: 'chown 0 /srv/t/a',
    run: 'cat /srv/t/a',
    rules: ['/srv/t/a r,'],
    refused: ['cat /srv/t/b'],
  },
  {
    name: 'list',
    run: 'ls /srv/t/dir',
    rules: ['owner /srv/t/dir/ r,'],
    refused: ['cat /srv/t/dir/in', 'ls /srv/t'],
  },
  {
    name: 'write',
    run: open('/srv/t/a', writeOnly),
    rules: ['owner /srv/t/a w,'],
    refused: ['cat /srv/t/a', open('/srv/t/b', writeOnly)],
  },
  {
    name: 'append',
    run: open('/srv/t/a', writeOnly | append),
    rules: ['owner /srv/t/a a,'],
    refused: [open('/srv/t/a', writeOnly), open('/srv/t/a', writeOnly | append | create)],
  },
  {
    name: 'create',
    run: open('/srv/t/new', writeOnly | create),
    after: 'rm -f /srv/t/new',
    rules: ['owner /srv/t/new w,'],
    refused: [open('/srv/t/new2', writeOnly | create), 'mkdir /srv/t/new'],
  },
  {
    name: 'mkdir',
    run: 'mkdir /srv/t/newdir',
    after: 'rmdir /srv/t/newdir 2>/dev/null',
    rules: ['owner /srv/t/newdir/ w,'],
    refused: ['touch /srv/t/newdir'],
  },
  {
    name: 'unlink',
    before: 'touch /srv/t/gone',
    run: 'rm /srv/t/gone',
    rules: ['owner /srv/t/gone w,'],
    refused: ['rm -f /srv/t/b'],
  },
  {
    name: 'rmdir',
    before: 'mkdir -p /srv/t/gonedir',
    run: 'rmdir /srv/t/gonedir',
    rules: ['owner /srv/t/gonedir/ w,'],
    refused: ['rmdir /srv/t/empty'],
  },
  {
    name: 'rename',
    before: 'touch /srv/t/from',
    after: 'rm -f /srv/t/from /srv/t/to',
    run: `perl -e 'rename "/srv/t/from", "/srv/t/to" or exit 1'`,
    rules: ['owner /srv/t/from rw,', 'owner /srv/t/to w,'],
    refused: [`perl -e 'rename "/srv/t/from", "/srv/t/b" or exit 1'`],
  },
  {
    name: 'link',
    after: 'rm -f /srv/t/linked',
    run: 'ln /srv/t/a /srv/t/linked',
    rules: ['owner link /srv/t/linked -> /srv/t/a,'],
    refused: ['ln /srv/t/b /srv/t/linked', 'ln /srv/t/a /srv/t/linked2', 'cat /srv/t/a'],
  },
  {
    name: 'symlink',
    after: 'rm -f /srv/t/sym',
    run: 'ln -s /srv/t/a /srv/t/sym',
    rules: ['owner /srv/t/sym w,'],
    refused: ['ln -s /srv/t/a /srv/t/sym2'],
  },
  {
    name: 'mknod',
    after: 'rm -f /srv/t/null',
    run: 'mknod /srv/t/null c 1 3',
    rules: ['owner /srv/t/null w,', 'capability mknod,'],
    refused: ['mknod /srv/t/zero c 1 5'],
  },
  {
    name: 'chown',
    after: 'chown 0 /srv/t/a',
    run: 'chown 1 /srv/t/a',
    rules: ['owner /srv/t/a w,', 'capability chown,'],
    refused: ['chown 1 /srv/t/b'],
  },
  {
    name: 'lock',
    has: '/srv/t/* r,',
    run: lock('/srv/t/a'),
    rules: ['owner /srv/t/a wk,'],
    refused: [lock('/srv/t/b')],
  },
  {
    name: 'map',
    has: '/srv/t/* r,',
    run: map('/srv/t/a'),
    rules: ['owner /srv/t/a m,'],
    refused: [map('/srv/t/b')],
  },
  {
    name: 'run',
    run: '/srv/t/echo ran',
    rules: ['owner /srv/t/echo ix,'],
    refused: ['/srv/t/true', 'cat /srv/t/echo'],
  },
  {
    name: 'run-script',
    run: '/srv/t/script',
    rules: ['owner /srv/t/script ix,', 'owner /srv/t/script r,'],
    refused: ['/srv/t/true'],
  },
  {
    name: 'odd-names',
    before: `cd /srv/t/odd; touch ${oddNames} axb ab a; cd`,
    run: `cd /srv/t/odd; cat ${oddNames}`,
    rules: [
      'owner "/srv/t/odd/a b" r,',
      String.raw`owner /srv/t/odd/a\042b r,`,
      String.raw`owner /srv/t/odd/a\*b r,`,
      String.raw`owner "/srv/t/odd/a\{b,c\}" r,`,
      String.raw`owner /srv/t/odd/a\134b r,`,
      String.raw`owner /srv/t/odd/\[ab\] r,`,
      String.raw`owner /srv/t/odd/a\^b r,`,
      'owner "/srv/t/odd/a," r,',
      'owner "/srv/t/odd/#a" r,',
      'owner "/srv/t/odd/aä" r,',
      String.raw`owner /srv/t/odd/a\012b r,`,
      String.raw`owner /srv/t/odd/a\377b r,`,
    ],
    refused: ['cat /srv/t/odd/axb', 'cat /srv/t/odd/ab', 'cat /srv/t/odd/a'],
  },
  {
    name: 'capability',
    run: 'hostname guest',
    rules: ['capability sys_admin,'],
    refused: [`perl -e 'chroot "/" or exit 1'`],
  },
  {
    name: 'internet',
    run: socket(2, 1),
    rules: ['network inet stream,'],
    refused: [socket(2, 2), socket(10, 1)],
  },
  {
    name: 'packets',
    has: 'capability net_raw,',
    run: socket(17, 3),
    rules: ['network packet raw,'],
    refused: [socket(2, 3)],
  },
  {
    name: 'netlink',
    run: socket(16, 3),
    rules: ['network netlink raw,'],
    refused: [socket(16, 2)],
  },
  {
    name: 'unix',
    run: socket(1, 1),
    rules: ['network unix stream,'],
    refused: [socket(1, 2)],
  },
  {
    name: 'trace',
    has: 'capability sys_ptrace,',
    run: trace(peer),
    rules: ['ptrace (trace) peer=peer,'],
    refused: [trace('1'), `cat /proc/${peer}/environ`],
  },
  {
    name: 'look-into',
    has: 'capability sys_ptrace,',
    run: `cat /proc/${peer}/environ`,
    rules: ['ptrace (read) peer=peer,'],
    refused: ['cat /proc/1/environ', trace(peer)],
  },
  {
    name: 'send-signal',
    run: kill('CONT'),
    rules: ['signal (send) set=(cont) peer=peer,'],
    refused: [kill('WINCH'), kill('CONT', '1')],
  },
  {
    name: 'receive-signal',
    // Like the runtime when it stops a container.
    before: meanwhile(
      'found=$(grep -ls ^waiting-for /proc/[0-9]*/cmdline)',
      'kill -$(grep -o "TERM\\|USR1" $found) $(echo $found | grep -o "[0-9]*")',
    ),
    run: waitFor('TERM'),
    rules: ['signal (receive) set=(term) peer=unconfined,'],
    refused: [waitFor('USR1')],
  },
  {
    name: 'disconnected',
    before: `${tmpfs}\n${meanwhile('ls -l /proc/[0-9]*/cwd | grep -q "/srv/t/m$"', 'umount -l /srv/t/m')}`,
    after: unmounted,
    run: createApart('x'),
    flags: ['attach_disconnected'],
    rules: ['owner /x w,'],
    refused: [createApart('y')],
  },
  {
    name: 'mount',
    has: mounts,
    after: unmounted,
    run: mount('tmpfs', '/srv/t/m', 'tmpfs', readOnly),
    rules: ['mount options=(ro) fstype=tmpfs tmpfs -> /srv/t/m/,'],
    refused: [
      mount('tmpfs', '/srv/t/n', 'tmpfs', readOnly),
      mount('tmpfs', '/srv/t/m', 'tmpfs', 0),
      mount('proc', '/srv/t/m', 'proc', readOnly),
      mount('/srv/t/dir', '/srv/t/m', 'tmpfs', readOnly | bind),
    ],
  },
  {
    name: 'bind',
    has: mounts,
    after: unmounted,
    run: mount('/srv/t/dir', '/srv/t/m', '0', bind),
    rules: ['mount options=(bind) /srv/t/dir/ -> /srv/t/m/,'],
    refused: [
      mount('/srv/t/empty', '/srv/t/m', '0', bind),
      mount('/srv/t/dir', '/srv/t/n', '0', bind),
      mount('/srv/t/dir', '/srv/t/m', '0', bind | recursive),
    ],
  },
  {
    name: 'remount',
    has: mounts,
    before: tmpfs,
    after: unmounted,
    run: mount('none', '/srv/t/m', '0', remount | readOnly),
    rules: ['remount options=(ro) /srv/t/m/,'],
    refused: [mount('none', '/srv/t/m', '0', remount)],
  },
  {
    name: 'propagation',
    has: mounts,
    before: tmpfs,
    after: unmounted,
    run: mount('none', '/srv/t/m', '0', toPrivate),
    rules: ['mount options=(private) -> /srv/t/m/,'],
    refused: [mount('none', '/srv/t/m', '0', toPrivate << 1)],
  },
  {
    name: 'move',
    has: mounts,
    before: tmpfs,
    after: unmounted,
    run: mount('/srv/t/m', '/srv/t/n', '0', move),
    rules: ['mount options=(move) /srv/t/m/ -> /srv/t/n/,'],
    refused: [mount('/srv/t/m', '/srv/t/dir', '0', move)],
  },
  {
    name: 'umount',
    has: mounts,
    before: tmpfs,
    after: unmounted,
    run: 'umount /srv/t/m',
    rules: ['umount /srv/t/m/,'],
    refused: [`${call(166, '/proc', 2)}`],
  },
  {
    name: 'pivot-root',
    has: mounts,
    before: tmpfs,
    after: unmounted,
    run: `unshare -m perl /srv/tool/call 155 /srv/t/m /srv/t/m/old`,
    rules: ['mount options=(rprivate) -> /,', 'pivot_root oldroot=/srv/t/m/old/ /srv/t/m/,'],
    refused: ['unshare -m perl /srv/tool/call 155 /srv/t/m /srv/t/m'],
  },
  {
    name: 'change-profile',
    run: write('current', 'changeprofile peer'),
    rules: ['change_profile -> peer,'],
    refused: [write('current', 'changeprofile other')],
  },
  {
    name: 'change-on-exec',
    run: write('exec', 'exec peer'),
    rules: ['change_profile -> peer,'],
    refused: [write('exec', 'exec other')],
  },
  {
    name: 'limit',
    has: 'capability sys_resource,\n  set rlimit nofile <= 512,',
    run: 'perl /srv/tool/limit 600',
    rules: ['set rlimit nofile <= 600,'],
    refused: ['perl /srv/tool/limit 601'],
  },
];

const profile = (name: string, rules: string) => `profile ${name} {
  /usr/bin/* mrix,
  /usr/lib/** mr,
  /etc/ld.so.cache r,
  /etc/passwd r,
  /dev/null rw,
  /dev/urandom r,
  /proc/** r,
  /proc/*/attr/{current,exec} w,
  /run/peer r,
  /srv/tool/* r,
  deny /dev/tty rw,
  ${rules}
}
`;
const header = 'abi <abi/3.0>,\n\n';
const peers = `${header}profile peer { file, capability, network, signal, ptrace, }\nprofile other { file, }\n`;

const prepare = `sysctl -qw kernel.printk_ratelimit=0
mkdir -p /srv/t/dir /srv/t/empty /srv/t/odd /srv/t/m /srv/t/n /srv/tool
touch /srv/t/a /srv/t/b /srv/t/dir/in
cp /usr/bin/busybox /srv/t/echo; cp /usr/bin/busybox /srv/t/true
printf '#!/bin/sh\\necho script\\n' >/srv/t/script; chmod +x /srv/t/script
cat >/srv/tool/call <<'END'
my @words = map { /^\\d+$/ ? $_ + 0 : $_ } @ARGV;
exit(syscall($words[0], @words[1 .. $#words]) < 0 ? 1 : 0);
END
cat >/srv/tool/map <<'END'
open F, "<", $ARGV[0] or exit 2;
exit(syscall(9, 0, 4096, 5, 2, fileno F, 0) == -1 ? 1 : 0);
END
cat >/srv/tool/limit <<'END'
my $limit = pack "QQ", $ARGV[0], $ARGV[0];
exit(syscall(160, 7, $limit) < 0 ? 1 : 0);
END
cat >/etc/apparmor.d/peers <<'END'
${peers}END
apparmor_parser -r /etc/apparmor.d/peers
aa-exec -p peer -- sleep 1000 >/dev/null 2>&1 &
echo $! >/run/peer
`;

describe.skipIf(lacks.length > 0)(title, { timeout: 600_000 }, () => {
  let machine: Machine;
  const trials = new Trials(scenarios, header, profile);
  beforeAll(async () => {
    machine = await boot({ furnish: installCliInOneProcess });
    await succeed(prepare);
    await trials.run(machine);
  }, 600_000);
  afterAll(() => machine?.dispose());

  async function succeed(command: string): Promise<string> {
    const { stdout, ...rest } = await machine.run(command);
    expect(rest, command).toMatchObject({ code: 0 });
    return stdout;
  }

  const corpus = trials.lines;
  afterAll(async () => {
    const file = process.env.DENIALS_CORPUS;
    if (file) await appendFile(file, corpus.map((line) => `${line}\n`).join(''));
  });

  trials.describe();

  describe('aa-registry denials', () => {
    let folder: string;
    let registry: Registry;
    const policy = `abi <abi/3.0>,

profile web {
  /usr/bin/* mrix,
  /usr/lib/** mr,
  /etc/ld.so.cache r,
  /etc/passwd r,
  /dev/{null,urandom} rw,

  /srv/t/* r,
  audit deny /srv/t/b r,
}
`;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'denials-'));
      registry = await startRegistry(folder);
      const package_ = path.join(folder, 'web');
      await mkdir(package_);
      await writeFile(path.join(package_, 'web'), policy);
      await writeFile(
        path.join(package_, 'aa-profile.toml'),
        'name = "web"\ndescription = "For a test"\nabi = "3.0"\nlicense = "Apache-2.0"\n',
      );
      await registry.publish(package_, '1.2.3');
      await succeed(`aa-registry trust init library --registry ${registry.url} --yes
aa-registry pull web
dmesg -c >/dev/null`);
    }, 120_000);
    afterAll(async () => {
      await registry?.close();
      await rm(folder, { recursive: true, force: true });
    });

    /** Runs a command in the guest, which may fail. */
    async function denials(options: string): Promise<{ code: number; output: string }> {
      const { code, stdout, stderr } = await machine.run(`aa-registry denials ${options}`);
      return { code, output: stdout + stderr };
    }

    test('shows the version, the deny rule with its line, and rules for the rest', async () => {
      await machine.run(`for i in 1 2 3; do aa-exec -p web -- cat /srv/t/b; done
aa-exec -p web -- ${socket(2, 1)}; aa-exec -p other -- hostname other; sleep 0.2`);
      const { code, output } = await denials('--profile web');
      expect(code).toBe(0);
      const file = '/etc/apparmor.d/aa-registry.library.web';
      expect(output).toContain(`web  library/web@1.2.3  ${file}\n`);
      expect(output).toMatch(/DENIED 3 times, .* by cat\n {4}open \/srv\/t\/b \(r\)\n/);
      expect(output).toContain(`Denied by ${file}:11: audit deny /srv/t/b r,\n`);
      expect(output).toContain(
        'No rule allows it.\n    This would allow it:\n        network inet stream,\n',
      );
      expect(output).not.toContain('sys_admin');
      expect((await denials('')).output).toContain('capability sys_admin,');
    });

    test('prints one line of JSON for each denial', async () => {
      const { output } = await denials('--profile web --format json');
      const [denied, unmatched] = output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(denied).toMatchObject({
        type: 'DENIED',
        profile: 'web',
        count: 3,
        installed: { team: 'library', name: 'web', version: '1.2.3' },
        request: { kind: 'file', path: '/srv/t/b', permissions: ['r'], owner: true },
        outcome: 'denied',
        rules: [{ text: 'audit deny /srv/t/b r,', line: 11, deny: true, audit: true }],
      });
      expect(denied.suggestion).toBeNull();
      expect(unmatched).toMatchObject({
        count: 1,
        outcome: 'unmatched',
        suggestion: { rule: 'network inet stream,' },
      });
    });

    test('its patch allows the unmatched requests and keeps deny rules', async () => {
      const { code, output } = await denials('--profile web --patch /root/web --copy');
      expect(code).toBe(1);
      expect(output).toContain('+ network inet stream,');
      expect(output).toMatch(/Not changed: \S+:11: audit deny \/srv\/t\/b r,/);
      expect(await succeed('cat /root/web')).toBe(
        policy.replace(/\}\n$/, '\n  network inet stream,\n}\n'),
      );
      await succeed(`aa-registry lint /root/web && apparmor_parser -r /root/web
aa-exec -p web -- ${socket(2, 1)}`);
      expect((await machine.confined('web', ['cat', '/srv/t/b'])).code).not.toBe(0);
      // Earlier events are allowed now.
      await succeed('cp /root/web /etc/apparmor.d/aa-registry.library.web');
      const { output: after } = await denials('--profile web');
      expect(after).toMatch(/Now allowed by \S+:13: network inet stream,/);
    });

    test('follows the log until interrupted', async () => {
      const stdout = await succeed(`/usr/bin/aa-registry denials --follow >/run/followed 2>&1 &
until grep -q Following /run/followed; do sleep 0.1; done
aa-exec -p other -- ${socket(2, 1)}
until grep -q 'network inet stream,' /run/followed; do sleep 0.1; done
kill -INT $!; wait $!; echo "ended $?"; cat /run/followed`);
      expect(stdout).toMatch(/^ended 0\n/);
      expect(stdout).not.toContain('web');
    });

    test('a draft from complain mode confines the same program', async () => {
      const commands =
        'cat /srv/t/a; /srv/t/script; /srv/t/echo ran; rm -f /srv/t/drafted; touch /srv/t/drafted';
      const tryOut = `aa-exec -p app -- sh -c 'set -e; ${commands}'`;
      await succeed(`cat >/etc/apparmor.d/app <<'END'
${header}profile app flags=(complain) {
}
END
apparmor_parser -r /etc/apparmor.d/app
${tryOut}; sleep 0.2
aa-registry denials --draft app -o /root/app`);
      corpus.push(...(await succeed('dmesg | grep ALLOWED')).trim().split('\n'));
      const draft = await succeed('cat /root/app');
      expect(draft).toContain('include <abstractions/base>\n');
      expect(draft).toContain('  owner /srv/t/drafted rw,\n');
      expect(draft).toContain('  owner /srv/t/script rix,\n');
      expect(draft).not.toContain('/usr/lib/x86_64-linux-gnu/libc.so.6');
      await succeed(`aa-registry fmt --check /root/app && aa-registry check /root/app
apparmor_parser -r /root/app
grep -q '^app (enforce)' /sys/kernel/security/apparmor/profiles
${tryOut}`);
      expect((await machine.confined('app', ['cat', '/srv/t/b'])).code).not.toBe(0);
    });

    test('requires root for the log', async () => {
      await succeed('sysctl -qw kernel.dmesg_restrict=1');
      const { code, stderr } = await machine.run("su nobody -c '/usr/bin/aa-registry denials'");
      expect(stderr).toContain('Run it with sudo');
      expect(code).toBe(exit.unable);
    });

    test('reads other kinds of lines', async () => {
      const lines = await succeed(`cat >/etc/apparmor.d/more <<'END'
${header}profile killed flags=(kill) { /usr/bin/* mrix, /usr/lib/** mr, /etc/ld.so.cache r, /etc/passwd r, }
profile starts { /usr/bin/* mr, /usr/bin/env px -> nowhere, /usr/lib/** mr, /etc/ld.so.cache r, /etc/passwd r, }
profile hats { file, ^hat { } }
profile audited { audit file, }
END
dmesg -c >/dev/null
apparmor_parser -r /etc/apparmor.d/more; apparmor_parser -r /etc/apparmor.d/more
aa-exec -p killed -- cat /srv/t/a
aa-exec -p starts -- env true
aa-exec -p nowhere -- true
aa-exec -p hats -- ${write('current', 'changehat 0000000000000001^other')}
aa-exec -p audited -- cat /srv/t/a
apparmor_parser -R /etc/apparmor.d/more
sleep 0.2; dmesg | grep apparmor=`);
      corpus.push(...lines.trim().split('\n'));
      const types = corpus.map((line) => parseEvent(line)?.type);
      expect(new Set(types)).toEqual(new Set(['DENIED', 'ALLOWED', 'AUDIT', 'STATUS', 'KILLED']));
    });
  });
});
