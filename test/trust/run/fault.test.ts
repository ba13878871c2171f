import { describe, expect, test } from 'vitest';
import { Manifest, makeStatement, parseStatement } from '../../../trust/index.ts';
import { Run, runFault, runOf } from '../../../trust/run/index.ts';

const manifest: Manifest = {
  description: 'A test',
  images: ['nginx'],
  abi: '3.0',
  license: 'MIT',
};
const whole = {
  entrypoint: ['nginx', '-g', 'daemon off;'],
  ports: [{ container: 80 }, { container: 53, host: 5353, protocol: 'udp' }],
  mounts: [
    { type: 'tmpfs', path: '/run' },
    { type: 'tmpfs', path: '/dev/shm' },
    { type: 'volume', volume: 'web-data', path: '/var/lib/web', readonly: true },
  ],
  capabilities: { drop: ['ALL'], add: ['CHOWN', 'NET_BIND_SERVICE'] },
  readonly: true,
  user: '101:101',
  environment: ['TZ', '_x1'],
};

describe('what a manifest says about running its images', () => {
  test('is signed, and read back as it was', () => {
    const signed = { ...manifest, run: Run.parse(whole) };
    const about = { team: 'acme', name: 'web', version: '1.0.0', manifest: signed };
    const statement = makeStatement({ ...about, digest: `sha256:${'0'.repeat(64)}` });
    const bytes = new TextEncoder().encode(JSON.stringify(statement));
    expect(parseStatement(bytes)?.predicate.manifest.run).toEqual(whole);
    expect(runOf(signed)).toEqual({ ok: true, run: whole });
  });

  test('may be absent, or only an entry point of earlier releases', () => {
    expect(runOf(manifest)).toEqual({ ok: true, run: {} });
    const entrypoint = ['nginx'];
    expect(runOf({ ...manifest, entrypoint })).toEqual({ ok: true, run: { entrypoint } });
    const run = { ports: [{ container: 80 }] };
    expect(runOf({ ...manifest, entrypoint, run })).toEqual({
      ok: true,
      run: { entrypoint, ...run },
    });
  });

  test.each<[field: string, run: object]>([
    ['run.privileged', { privileged: true }],
    ['run.security_opt', { security_opt: ['apparmor=unconfined'] }],
    ['run.security-opt', { 'security-opt': ['seccomp=unconfined'] }],
    ['run.securityOpt', { securityOpt: [] }],
    ['run.pid', { pid: 'host' }],
    ['run.hostPID', { hostPID: true }],
    ['run.network_mode', { network_mode: 'host' }],
    ['run.net', { net: 'host' }],
    ['run.ipc', { ipc: 'host' }],
    ['run.userns_mode', { userns_mode: 'host' }],
    ['run.cap_add', { cap_add: ['SYS_ADMIN'] }],
    ['run.arguments', { arguments: ['x', ';', '/bin/sh', '-c', 'id'] }],
    ['run.entrypoint', { entrypoint: ['x', ';', 'y'] }],
    ['run.devices', { devices: ['/dev/sda'] }],
    ['run.volumes', { volumes: ['/:/host'] }],
    ['run.capabilities.privileged', { capabilities: { privileged: true } }],
    ['run.capabilities.add', { capabilities: { add: ['SYS_ADMIN'] } }],
    ['run.capabilities.add', { capabilities: { drop: ['ALL'], add: ['ALL'] } }],
    ['run.mounts.0.type', { mounts: [{ type: 'bind', path: '/x', source: '/' }] }],
    ['run.mounts.0.path', { mounts: [{ type: 'tmpfs', path: '/' }] }],
    ['run.mounts.1.path', { mounts: [whole.mounts[0], { type: 'tmpfs', path: '/proc/sys' }] }],
    ['run.mounts.0.path', { mounts: [{ type: 'tmpfs', path: '/sys' }] }],
    ['run.mounts.0.path', { mounts: [{ type: 'tmpfs', path: '/dev' }] }],
    ['run.mounts.0', { mounts: [{ type: 'volume', volume: '/', path: '/host' }] }],
    ['run.mounts.0', { mounts: [{ type: 'volume', volume: '../x', path: '/host' }] }],
    [
      'run.mounts.0',
      { mounts: [{ type: 'volume', volume: '/var/run/docker.sock', path: '/docker.sock' }] },
    ],
    ['run.mounts.0', { mounts: [{ type: 'tmpfs', path: '/var/run/docker.sock' }] }],
    ['run.mounts.0', { mounts: [{ type: 'tmpfs', path: '/run/containerd/containerd.sock' }] }],
    ['run.mounts.0.device', { mounts: [{ type: 'tmpfs', path: '/x', device: '/dev/sda' }] }],
  ])('%s would weaken it', (field, run) => {
    expect(runFault(Run.parse(run))).toMatchObject({ id: 'run-weakens', field });
  });

  test.each<[field: string, run: object]>([
    ['run.colour', { colour: 'red' }],
    ['run.arguments', { entrypoint: ['a'], arguments: ['b'] }],
    ['run.ports.0.protocol', { ports: [{ container: 80, protocol: 'icmp' }] }],
    ['run.ports.0.address', { ports: [{ container: 80, address: '0.0.0.0' }] }],
    ['run.ports.1', { ports: [{ container: 80 }, { container: 8080, host: 80 }] }],
    ['run.mounts.0.path', { mounts: [{ type: 'tmpfs', path: 'run' }] }],
    ['run.mounts.0.path', { mounts: [{ type: 'tmpfs', path: '/a/../b' }] }],
    ['run.mounts.0.path', { mounts: [{ type: 'tmpfs', path: '/a//b' }] }],
    ['run.mounts.0.path', { mounts: [{ type: 'tmpfs', path: '/a:rw,exec' }] }],
    ['run.mounts.0.path', { mounts: [{ type: 'tmpfs', path: '/$HOME' }] }],
    ['run.mounts.0.options', { mounts: [{ type: 'tmpfs', path: '/a', options: 'exec' }] }],
    ['run.mounts.0.readonly', { mounts: [{ type: 'tmpfs', path: '/a', readonly: true }] }],
    ['run.mounts.0.volume', { mounts: [{ type: 'tmpfs', path: '/a', volume: 'aa' }] }],
    ['run.mounts.0.volume', { mounts: [{ type: 'volume', path: '/a' }] }],
    ['run.mounts.0.volume', { mounts: [{ type: 'volume', volume: 'A b', path: '/a' }] }],
    ['run.mounts.0.volume', { mounts: [{ type: 'volume', volume: 'tmpfs-1', path: '/a' }] }],
    ['run.mounts.1.path', { mounts: [whole.mounts[0], whole.mounts[0]] }],
  ])('%s can’t be written', (field, run) => {
    expect(runFault(Run.parse(run))).toMatchObject({ id: 'run-invalid', field });
  });

  test('of a package for the host, or with two entry points, is refused', () => {
    const run = { readonly: true };
    expect(runOf({ kind: 'host', run })).toMatchObject({ ok: false, id: 'run-invalid' });
    const twice = { entrypoint: ['a'], run: { entrypoint: ['b'] } };
    expect(runOf(twice)).toMatchObject({ ok: false, field: 'run.entrypoint' });
  });

  test.each<[what: string, run: object]>([
    ['an option as the program', { entrypoint: ['--privileged'] }],
    ['no program', { entrypoint: [] }],
    ['a line break', { arguments: ['a\nb'] }],
    ['a control character', { arguments: ['\u001b[2J'] }],
    ['a character that is not ASCII', { arguments: ['\u202e'] }],
    ['a long word', { arguments: ['x'.repeat(256)] }],
    ['many words', { arguments: Array(33).fill('x') }],
    ['many ports', { ports: Array(33).fill({ container: 80 }) }],
    ['port 0', { ports: [{ container: 0 }] }],
    ['a port that is no number', { ports: [{ container: '80' }] }],
    ['many mounts', { mounts: Array(33).fill({ type: 'tmpfs', path: '/a' }) }],
    ['a user by name', { user: 'root' }],
    ['a variable with a value', { environment: ['A=B'] }],
    ['a capability with its prefix', { capabilities: { drop: ['CAP_CHOWN'] } }],
  ])('%s is no part of a statement', (_, run) => {
    expect(Manifest.safeParse({ ...manifest, run }).success).toBe(false);
  });
});
