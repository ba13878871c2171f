import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { debian12 } from './guests.ts';
import { boot, hostAddress, type Machine } from './machine.ts';
import { missing } from './packages.ts';

const lacks = await missing(debian12);
const title = ['a machine', ...lacks].join(': ');

const policy = (name: string) => `#include <tunables/global>
profile ${name} {
  #include <abstractions/base>
  file,
  deny /etc/** w,
}
`;

describe.skipIf(lacks.length > 0)(title, { timeout: 600_000 }, () => {
  let machine: Machine;

  beforeAll(async () => {
    machine = await boot({
      async furnish(root) {
        await writeFile(path.join(root, 'etc/apparmor.d/no-etc'), policy('no-etc'));
        await mkdir(path.join(root, 'etc/apparmor.d/folder'));
        await writeFile(path.join(root, 'etc/apparmor.d/folder/too-deep'), policy('too-deep'));
      },
    });
  });
  afterAll(() => machine?.dispose());

  test('returns the exit code and output of a command', async () => {
    const result = await machine.run('printf "ä\\n"; printf "to\\nstderr" >&2; exit 3');
    expect(result).toEqual({ code: 3, stdout: 'ä\n', stderr: 'to\nstderr' });
  });

  test('separates the output of concurrent commands', async () => {
    const results = await Promise.all(
      ['(sleep 0.1; echo late) &', 'echo one', 'sleep 0.3', 'echo two'].map((command) =>
        machine.run(command),
      ),
    );
    expect(results.map((result) => result.stdout)).toEqual(['', 'one\n', '', 'two\n']);
  });

  test('belongs to root, regardless of who built it', async () => {
    const { stdout } = await machine.run('find / -xdev ! -user root');
    expect(stdout).toBe('');
  });

  test('loads only the top level of /etc/apparmor.d at boot', async () => {
    const profiles = await machine.loadedProfiles();
    expect(profiles.get('no-etc')).toBe('enforce');
    expect(profiles.has('too-deep')).toBe(false);
  });

  test('confines a program by a profile', async () => {
    const touch = ['touch', '/etc/new'];
    expect(await machine.confined('no-etc', touch)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Permission denied'),
    });
    expect(await machine.run(touch.join(' '))).toMatchObject({ code: 0 });
  });

  test('reaches a server on the host', async () => {
    const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = `http://${hostAddress}:${port}`;
    const { stdout } = await machine.run(
      `node -e 'fetch("${url}").then((response) => response.text()).then(console.log)'`,
    );
    server.close();
    expect(stdout).toBe('hello\n');
  });

  test('keeps its disk over a reboot, and synced data over a power cut', async () => {
    await machine.run('echo kept >/root/kept');
    await machine.reboot();
    expect(await machine.run('cat /root/kept')).toMatchObject({ stdout: 'kept\n' });

    await machine.run('echo synced >/root/synced; sync /root/synced; echo lost >/root/lost');
    await machine.kill();
    await expect(machine.run('true')).rejects.toThrow('the machine is off');
    await machine.start();
    expect(await machine.run('cat /root/synced')).toMatchObject({ stdout: 'synced\n' });
    expect(await machine.run('cat /root/lost')).not.toMatchObject({ stdout: 'lost\n' });
  });

  test('is powered off when a command times out', async () => {
    const slow = machine.run('sleep 60', { timeoutMs: 200 });
    await expect(slow).rejects.toThrow('no response in 200 ms: sleep 60');
    await expect(machine.run('true')).rejects.toThrow('the machine is off');
    await machine.start();
    expect(await machine.run('echo well')).toMatchObject({ stdout: 'well\n' });
  });

  test('reports why it did not boot', async () => {
    const broken = boot({ kernelArguments: ['rdinit=/nothing', 'init=/nothing'] });
    await expect(broken).rejects.toThrow(/the machine is off.*Kernel panic/s);
  });
});
