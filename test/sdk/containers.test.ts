import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findContainer, idsIn, parseInspection } from '../../sdk/host/containers.ts';
import { parseLabel, profilesInLabel } from '../../sdk/host/processes.ts';

const id = '4f1c8d2a9b3e'.padEnd(64, '7');
const pod = '0123456789ab'.padEnd(64, '3');

describe('the container of a process by its cgroups', () => {
  test.each([
    ['Docker, cgroup v1', `12:pids:/docker/${id}\n1:name=systemd:/docker/${id}\n`],
    ['Docker, systemd', `0::/system.slice/docker-${id}.scope\n`],
    ['Docker, a group within', `0::/system.slice/docker-${id}.scope/init\n`],
    ['Podman', `0::/machine.slice/libpod-${id}.scope/container\n`],
    [
      'containerd in Kubernetes',
      `0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope\n`,
    ],
    ['containerd, cgroupfs', `0::/kubepods/burstable/pod12-34/${id}\n`],
    ['CRI-O', `0::/kubepods.slice/crio-${id}.scope\n`],
    ['nerdctl', `0::/system.slice/nerdctl-${id}.scope\n`],
    ['Podman, cgroupfs', `9:name=systemd:/libpod_parent/libpod-${id}\n0::/\n`],
    ['one within another', `0::/docker/${pod}/docker/${id}\n`],
  ])('%s', (_, cgroup) => {
    expect(idsIn(cgroup)[0]).toBe(id);
  });

  test.each([
    ['no container', '0::/user.slice/user-0.slice/session-1.scope\n'],
    ['too short', `0::/docker/${id.slice(1)}\n`],
    ['too long', `0::/docker/${id}0\n`],
    ['part of another word', `0::/x${id}\n`],
    ['Podman’s conmon', `0::/machine.slice/libpod-conmon-${id}.scope\n`],
    ['CRI-O’s conmon', `0::/system.slice/crio-conmon-${id}.scope\n`],
  ])('%s', (_, cgroup) => {
    expect(idsIn(cgroup)).toEqual([]);
  });
});

describe('the output of a runtime about a container', () => {
  test.each([
    [
      'docker, podman and nerdctl',
      [{ Id: id, State: { Pid: 42 }, AppArmorProfile: 'docker-nginx' }],
      { pid: 42, id, configured: 'docker-nginx' },
    ],
    [
      'crictl',
      {
        status: { id },
        info: { pid: 42, runtimeSpec: { process: { apparmorProfile: 'docker-nginx' } } },
      },
      { pid: 42, id, configured: 'docker-nginx' },
    ],
    [
      'one without a profile',
      [{ Id: id, State: { Pid: 42 }, AppArmorProfile: '' }],
      {
        pid: 42,
        id,
        configured: '',
      },
    ],
    ['one that has ended', [{ Id: id, State: { Pid: 0 } }], undefined],
    ['nothing', [], undefined],
    ['something else', { State: { Pid: '42; reboot' } }, undefined],
  ])('%s', (_, inspection, container) => {
    expect(parseInspection(JSON.stringify(inspection))).toEqual(container);
  });

  test('never throws for any output', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const found = parseInspection(text);
        expect(found === undefined || found.pid > 0).toBe(true);
      }),
    );
  });
});

describe('a container is found by its name', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clients-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const client = (name: string, script: string) =>
    writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const find = (text: string) => findContainer(text, [folder]);
  const podman = JSON.stringify([{ Id: id, State: { Pid: 42 }, AppArmorProfile: 'docker-nginx' }]);
  const crictl = JSON.stringify({ status: { id }, info: { pid: 42 } });

  test('the result of the first client that knows it is used', async () => {
    await client('docker', 'echo "Error: No such container: web" >&2; exit 1');
    await client('podman', `[ "$*" = "inspect --type container web" ] && echo '${podman}'`);
    expect((await find('web')).container).toEqual({
      pid: 42,
      id,
      configured: 'docker-nginx',
      by: 'podman',
    });
  });

  test('the output of every client is reported', async () => {
    await client('docker', 'echo one >&2; echo "Cannot connect to the Docker daemon" >&2; exit 1');
    await client('podman', `echo '[{"State":{"Pid":0}}]'`);
    expect(await find('web')).toEqual({
      errors: ['docker says: Cannot connect to the Docker daemon', 'podman says: not running'],
    });
    expect(await find('--all')).toEqual({ errors: ['Invalid container name'] });
  });

  test('with crictl, which inspects only by id', async () => {
    const inspect = `[ "$*" = "inspect ${id}" ] && echo '${crictl}'`;
    await client(
      'crictl',
      `case $* in "ps --quiet --name ^w[.]b$") echo ${id};; *) ${inspect};; esac`,
    );
    expect((await find('w.b')).container).toMatchObject({ pid: 42, id, by: 'crictl' });
    await client('crictl', `echo ${id}; echo ${pod}`);
    expect((await find('web')).errors).toEqual([
      `crictl says: several containers have this name: ${id.slice(0, 12)}, ${pod.slice(0, 12)}`,
    ]);
  });

  test('without a client there is no result', async () => {
    expect(await find('web')).toEqual({ errors: [] });
  });
});

test.each([
  ['unconfined\n', 'unconfined', undefined, ['unconfined']],
  ['docker-nginx (enforce)\n', 'docker-nginx', 'enforce', ['docker-nginx']],
  ['web//hat (complain)\0', 'web//hat', 'complain', ['web']],
  ['a (b) (enforce)', 'a (b)', 'enforce', ['a (b)']],
  ['docker-default//&web (mixed)\n', 'docker-default//&web', 'mixed', ['docker-default', 'web']],
  [':lxd-c1://web//hat (enforce)\n', ':lxd-c1://web//hat', 'enforce', ['web']],
])('the label %j', (text, label, mode, profiles) => {
  expect(parseLabel(text)).toEqual({ label, mode });
  expect(profilesInLabel(label)).toEqual(profiles);
});
