import { describe, expect, test } from 'vitest';
import { lint, reservedName } from '../../policy/index.ts';

const errorsOf = (name: string) =>
  lint(`abi <abi/3.0>,\nprofile ${name} {\n}\n`, { packageName: name })
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ id }) => id);

describe('reserved names', () => {
  test.each([
    ...['unconfined', 'kernel_t', 'null-1', 'null-complain-profile', 'enforce', 'complain', 'kill'],
    ...['prompt', 'mixed', 'default', 'runtime', 'localhost', 'crio-default', 'snap.firefox.x'],
    ...['cri-containerd.apparmor.d', 'containers-default-0.57.4', 'lxc-container-default-cgns'],
    ...['lxd-web', 'incus-web', 'libvirt-1', 'abi', 'abstractions', 'tunables', 'local', 'cache'],
    ...['disable', 'force-complain', 'web.dpkg-new', 'web.dpkg-old', 'web.dpkg-dist', 'web.rej'],
    ...[
      'web.dpkg-bak',
      'web.dpkg-remove',
      'web.pacsave',
      'web.pacnew',
      'web.rpmnew',
      'web.rpmsave',
    ],
    ...['web.orig', 'aa-profile.toml', 'readme.md', 'license', 'profiles.lock', 'aa-registry.a.b'],
    ...['buildkit-default', 'buildkitd-default', 'nerdctl-default', 'moby-default'],
    ...['podman-default', 'containers-default', 'crio-default-1.2', 'cri-containerd'],
    ...['unconfined.x', 'unconfined_t', 'runtime.default', 'localhost.web', 'k8s-default'],
    ...['lxc-web', 'lxd_web', 'incus_web', 'snap-confine', 'snap-update-ns.web'],
    ...['libvirt-0a1b2c3d-1234-1234-1234-123456789abc'],
  ])('a package may not be named %s', (name) => {
    expect(errorsOf(name)).toContain('reserved-name');
    expect(reservedName(name.toUpperCase())).toBe(reservedName(name));
  });

  test.each([':ns:web', 'web//hat', 'a//&b', 'web~', 'README', '.web'])(
    'a profile may not be named %s',
    (name) => expect(reservedName(name)).toBeDefined(),
  );

  test.each([
    ...[
      'docker-default',
      'docker-nginx',
      'web',
      'unconfined-web',
      'my-unconfined',
      'enforcer',
      'snapd',
    ],
    ...[
      'web.bak',
      'web.save',
      'web.swp',
      'web.orig.d',
      'null',
      'locale',
      'runtimes',
      'usr.bin.man',
    ],
  ])('a package may be named %s', (name) => {
    expect(errorsOf(name)).toEqual([]);
  });

  test('docker-default is reserved for the team library', () => {
    const text = 'abi <abi/3.0>,\nprofile docker-default {\n}\n';
    const idsOf = (team?: string) =>
      lint(text, { packageName: 'docker-default', ...(team && { team }) }).diagnostics.map(
        ({ id }) => id,
      );
    expect(idsOf('acme')).toContain('reserved-name');
    expect(idsOf('library')).not.toContain('reserved-name');
    expect(idsOf()).not.toContain('reserved-name');
  });

  test('a comment can’t suppress it, and only packages are checked', () => {
    const text = '# lint-ignore reserved-name\nabi <abi/3.0>,\nprofile unconfined {\n}\n';
    expect(lint(text, { packageName: 'unconfined' }).ok).toBe(false);
    expect(lint(text).diagnostics.map(({ id }) => id)).not.toContain('reserved-name');
  });
});
