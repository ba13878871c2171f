import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exit } from '../../../cli/framework/command.ts';
import { docker12 } from '../kernel/guests.ts';
import type { Machine } from '../kernel/machine.ts';
import { missing } from '../kernel/packages.ts';
import { type Registry, startRegistry } from '../kernel/registry.ts';
import { installCli, missingBuild } from '../kernel/software.ts';
import { nginxImage } from './container-image.ts';
import { bootDocker } from './engine.ts';

const lacks = [...(await missing(docker12)), ...missingBuild()];
const title = ['docker-nginx in Docker', ...lacks].join(': ');

const fullSite = path.join(import.meta.dirname, 'guest/full.conf');
const packageFolder = path.resolve(import.meta.dirname, '../../../profiles/docker-nginx');

/** The container of Docker's documentation on AppArmor. */
const container = 'apparmor-nginx';
const documented = `docker run --security-opt "apparmor=docker-nginx" -p 80:80 -d --name ${container} nginx`;

describe.skipIf(lacks.length > 0)(title, { timeout: 600_000 }, () => {
  let folder: string;
  let registry: Registry;
  let machine: Machine;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'docker-nginx-'));
    registry = await startRegistry(folder);
    await registry.publish(packageFolder, '1.0.0');
    await registry.publish(path.join(packageFolder, '../nginx-hardened'), '1.0.0');
    machine = await bootDocker(docker12, [nginxImage], installCli);
    await succeed(`aa-registry trust init library --registry ${registry.url} --yes`);
    await succeed('aa-registry pull docker-nginx nginx-hardened');
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

  /** The output of a command in the container, and its exit code. */
  async function inContainer(command: string): Promise<{ code: number; output: string }> {
    const { code, stdout, stderr } = await machine.run(`docker exec ${container} ${command}`);
    return { code, output: stdout + stderr };
  }

  /** The refusals that the kernel has logged since the last call. */
  async function refusals(): Promise<string[]> {
    const output = await succeed('dmesg; dmesg -C');
    return output.split('\n').filter((line) => line.includes('apparmor="DENIED"'));
  }

  /** Waits until a condition of the shell holds in the guest. */
  const until = (condition: string) =>
    succeed(`for _ in $(seq 100); do ${condition} && exit; sleep 0.3; done; exit 1`);

  const addressOf = async (name: string) =>
    (await succeed(`docker inspect -f '{{.NetworkSettings.IPAddress}}' ${name}`)).trim();

  /** The command that requests an address and prints the status. */
  const get = (address: string) => `curl -sS -m 20 -o /dev/null -w '%{http_code}' ${address}`;

  describe('the documented session', () => {
    test('starts with the entry point of the image', async () => {
      await succeed('dmesg -C');
      await succeed(documented);
      await until(`docker logs ${container} 2>&1 | grep -q 'start worker process'`);
      const logs = await succeed(`docker logs ${container} 2>&1`);
      expect(logs).toContain('Enabled listen on IPv6');
      expect(logs).toContain('configuration complete');
      expect(await succeed(get('http://localhost/'))).toBe('200');
      expect(await refusals()).toEqual([]);
    });

    test('confines the container', async () => {
      expect(await inContainer('cat /proc/1/attr/current')).toEqual({
        code: 0,
        output: 'docker-nginx (enforce)\n',
      });
    });

    test('opens a shell at a terminal, where ping, top, touch, sh and dash are refused', async () => {
      const trials = ['ping -c1 8.8.8.8', 'top', 'touch ~/thing', 'sh', 'dash'];
      const lines = ['echo hello', ...trials, 'echo x >/dev/null && echo written', 'exit'];
      await succeed(`cat >/root/typed <<'END'\n${lines.join('\n')}\nEND`);
      const typed = await succeed(
        `(sleep 4; while read -r line; do echo "$line"; sleep 1.5; done </root/typed) |
timeout 120 socat -t 5 - EXEC:"docker exec -it ${container} bash",pty,setsid,ctty,stderr,echo=0 | tr -d '\\r'`,
      );
      const shown = stripVTControlCharacters(typed);
      expect(shown).toMatch(/^hello$/m);
      for (const program of ['/usr/bin/ping', '/usr/bin/top', '/usr/bin/sh', '/usr/bin/dash']) {
        const name = path.basename(program);
        expect(shown).toMatch(new RegExp(`bash: \\S*/${name}: Permission denied`));
      }
      expect(shown).toContain("touch: cannot touch '/root/thing': Permission denied");
      expect(shown).toMatch(/^written$/m);
    });

    test('refuses the same without a terminal', async () => {
      const trials = 'ping -c1 8.8.8.8; top -bn1; touch ~/thing; sh -c id; dash -c id';
      const { output } = await inContainer(`bash -c '${trials}'`);
      expect(output.match(/Permission denied/g)).toHaveLength(5);
      // Deny rules log nothing.
      expect(await refusals()).toEqual([]);
    });
  });

  describe('in operation', () => {
    test('reloads, reopens its logs and serves from files, caches and sockets', async () => {
      await succeed(`cat >/root/full.conf <<'END'\n${await readFile(fullSite, 'utf8')}END`);
      await succeed(`docker cp /root/full.conf ${container}:/etc/nginx/conf.d/full.conf`);
      expect(await inContainer('nginx -t')).toMatchObject({ code: 0 });
      expect(await inContainer('nginx -s reload')).toMatchObject({ code: 0 });
      expect(await inContainer('nginx -s reopen')).toMatchObject({ code: 0 });
      await succeed(`docker kill -s HUP ${container}; docker kill -s USR1 ${container}`);
      const address = await addressOf(container);
      await until(`curl -sS -o /dev/null http://${address}:8081/log`);
      await succeed('head -c 200000 /dev/zero >/root/body');
      const requests = [
        `--data-binary @/root/body http://${address}:8081/up/`,
        `--limit-rate 1M http://${address}:8081/temp/perl`,
        `http://${address}:8081/cached/perl`,
        `http://${address}:8081/cached/perl`,
        `http://${address}:8081/socket/`,
        `http://${address}:8081/log`,
        "'http://[::1]/'",
      ];
      for (const request of requests) expect(await succeed(get(request)), request).toBe('200');
      expect(await refusals()).toEqual([]);
    });

    test('fills templates, starts a worker for each processor, and passes health checks', async () => {
      const options = [
        '--security-opt apparmor=docker-nginx -d --name filled',
        '-e HOST_NAME=abc -e NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE=1',
        '-v /root/templates:/etc/nginx/templates:ro',
        "--health-cmd 'curl -fsS http://127.0.0.1/ >/dev/null || exit 1' --health-interval 1s",
      ];
      await succeed(`mkdir /root/templates
echo 'server { listen 8090; return 200 "from a template: \${HOST_NAME}"; }' >/root/templates/t.conf.template
docker run ${options.join(' ')} nginx`);
      await until("[ $(docker inspect -f '{{.State.Health.Status}}' filled) = healthy ]");
      const address = await addressOf('filled');
      expect(await succeed(`curl -sS http://${address}:8090/`)).toBe('from a template: abc');
      expect(await succeed('docker logs filled 2>&1')).toContain('worker_processes 2;');
      expect(await refusals()).toEqual([]);
    });

    test('ends a worker that does not respond', async () => {
      await succeed(`kill -STOP $(docker top filled | awk '/worker/ { print $2; exit }')
docker kill -s TERM filled`);
      await until("[ $(docker inspect -f '{{.State.Status}}' filled) = exited ]");
      expect(await succeed("docker inspect -f '{{.State.ExitCode}}' filled")).toBe('0\n');
      expect(await succeed('docker logs filled 2>&1')).toContain('exited on signal 9');
      expect(await refusals()).toEqual([]);
    });
  });

  test('doctor shows what deny rules refuse, and then nothing is logged again', async () => {
    const shown =
      await succeed(`(for _ in $(seq 200); do grep -q 'Logging what' /tmp/doctor && break; sleep 0.3; done
docker exec ${container} bash -c 'touch ~/thing') >/dev/null 2>&1 &
aa-registry doctor docker-nginx --container ${container} --seconds 20 --format json 2>/tmp/doctor`);
    const [finding] = shown
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(finding).toMatchObject({
      profile: 'docker-nginx',
      outcome: 'denied',
      request: { kind: 'file', path: '/root/thing' },
      rules: [{ text: expect.stringContaining('deny /{boot,home,') }],
    });
    await refusals();
    await machine.run(`docker exec ${container} bash -c 'touch ~/thing'`);
    expect(await refusals()).toEqual([]);
    expect(await succeed('aa-registry status --offline --format json')).toContain('"ok"');
  });

  test('nginx-hardened serves, and runs nothing but nginx', async () => {
    const printed = await succeed('aa-registry run-args nginx-hardened');
    expect(printed).toContain('--read-only');
    // The other container has the port.
    const options = printed.trim().replace('80:80', '8080:80');
    await succeed(`docker run -d --name hardened ${options} nginx -g 'daemon off;'`);
    const address = await addressOf('hardened');
    await until(`curl -sS -o /dev/null http://${address}/`);
    expect(await succeed(get(`http://${address}/`))).toBe('200');
    expect(await machine.run('docker exec hardened nginx -s reload')).toMatchObject({ code: 0 });
    expect(await refusals()).toEqual([]);
    for (const refused of ['id', 'cat /etc/shadow', 'touch /etc/nginx/conf.d/x.conf']) {
      const { code } = await machine.run(`docker exec hardened bash -c '${refused}'`);
      expect(code, refused).not.toBe(0);
    }
    await succeed('docker stop hardened');
    expect(await succeed("docker inspect -f '{{.State.ExitCode}}' hardened")).toBe('0\n');
    await refusals();
  });

  describe('refuses the ways out', () => {
    /** Writes for which the image has no shell, as the root of the container. */
    const attempts: Record<string, string> = {
      'a script that it wrote':
        'printf "#!/bin/sh\\n" >/var/cache/nginx/x; chmod +x /var/cache/nginx/x; exec /var/cache/nginx/x',
      'a program that it copied': 'cp /usr/bin/id /run/id; exec /run/id',
      core_pattern: 'echo x >/proc/sys/kernel/core_pattern',
      'a module loader': 'echo x >/proc/sys/kernel/modprobe',
      'sysrq-trigger': 'echo h >/proc/sysrq-trigger',
      kcore: 'head -c1 /proc/kcore',
      uevent_helper: 'echo x >/sys/kernel/uevent_helper',
      'a kernel parameter': 'echo 1 >/sys/module/kernel/parameters/panic',
      securityfs: 'echo x >/sys/kernel/security/apparmor/.remove',
      'its programs': 'echo x >/usr/sbin/other',
      'its entry point': 'echo x >/docker-entrypoint.d/x.sh',
      'a mount': `perl -e 'my ($type, $at) = ("tmpfs", "/tmp"); syscall(165, $type, $at, $type, 0, 0) == 0 or die $!'`,
      'another profile': 'echo changeprofile unconfined >/proc/self/attr/current',
      'a raw socket': "perl -MSocket -e 'socket(my $s, PF_INET, SOCK_RAW, 1) or die $!'",
    };
    // Docker does not confine what it executes in a container that is privileged.
    test('of a container that Docker leaves open', async () => {
      const options = '--cap-add ALL --security-opt systempaths=unconfined -v /sys:/sys';
      await succeed(
        `docker run -d --name open ${options} --security-opt apparmor=docker-nginx nginx`,
      );
      expect(await succeed('docker exec open cat /proc/1/attr/current')).toBe(
        'docker-nginx (enforce)\n',
      );
    });
    test.for(Object.entries(attempts))('%s', async ([, attempt]) => {
      await succeed(`cat >/root/attempt <<'END'\n${attempt}\nEND`);
      const { code, stdout, stderr } = await machine.run('docker exec -i open bash </root/attempt');
      expect({ done: code === 0, output: stdout + stderr }).toEqual({
        done: false,
        output: expect.stringMatching(/[Pp]ermission denied|[Oo]peration not permitted/),
      });
    });
  });

  describe('under a running container', () => {
    const label = `docker exec ${container} cat /proc/1/attr/current`;
    const writing = `docker exec ${container} bash -c 'echo >/var/cache/nginx/probe'`;

    test('an update confines it from then on', async () => {
      const next = path.join(folder, 'next');
      await cp(packageFolder, next, { recursive: true });
      const file = path.join(next, 'docker-nginx');
      const text = await readFile(file, 'utf8');
      const more = '  deny /var/cache/nginx/probe w,\n\n  # What an administrator';
      await writeFile(file, text.replace('  # What an administrator', more));
      await registry.publish(next, '1.1.0');
      expect(await machine.run(writing)).toMatchObject({ code: 0 });
      await succeed('aa-registry pull docker-nginx');
      expect(await machine.run(writing)).toMatchObject({ code: 1 });
      expect(await succeed(get('http://localhost/'))).toBe('200');
      expect(await succeed(label)).toBe('docker-nginx (enforce)\n');
    });

    test('a rollback returns to the version before', async () => {
      await succeed('aa-registry rollback docker-nginx');
      expect(await machine.run(writing)).toMatchObject({ code: 0 });
    });

    test('a removal is refused', async () => {
      expect(await machine.run('aa-registry remove docker-nginx')).toMatchObject({
        code: exit.failed,
        stderr: expect.stringContaining('nginx'),
      });
      expect(await succeed(label)).toBe('docker-nginx (enforce)\n');
    });

    test('it stops cleanly', async () => {
      await succeed(`docker stop ${container}`);
      expect(await succeed(`docker inspect -f '{{.State.ExitCode}}' ${container}`)).toBe('0\n');
    });
  });
});
