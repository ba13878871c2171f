// Lint reports transitions to unconfined profiles, and writable sockets of container runtimes.
import { describe, expect, test } from 'vitest';
import { lint } from '../../policy/index.ts';

const found = (rules: string, more = '') =>
  lint(`abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  ${rules}\n}\n${more}`)
    .diagnostics.map(({ id, message }) => `${id}: ${message}`)
    .filter((one) => /^(unconfined-exec|change-profile-anywhere|sensitive-write)/.test(one));

describe('a transition to a profile that AppArmor ships as unconfined', () => {
  test.each([
    ...['/usr/sbin/runc px -> runc,', '/usr/bin/x Px -> podman,', '/usr/bin/x pix -> busybox,'],
    ...['/usr/bin/x PUx -> chrome,', 'px /usr/bin/x -> "MongoDB Compass",'],
  ])('%s', (rule) => {
    expect(found(rule)).toEqual([
      expect.stringMatching(
        /^unconfined-exec: .* AppArmor 4\.0 and newer ships the profile .* with flags=\(unconfined\)/,
      ),
    ]);
  });

  test.each([
    ['/usr/bin/x px -> toybox,', '4.0 to 4.1'],
    ['/usr/bin/x px -> sbuild,', '4.0'],
  ])('%s names the releases', (rule, releases) => {
    expect(found(rule)[0]).toContain(`AppArmor ${releases} ships`);
  });

  test('by change_profile', () => {
    expect(found('change_profile -> crun,')).toEqual([
      expect.stringMatching(
        /^change-profile-anywhere: This allows leaving all confinement: AppArmor 4\.0 /,
      ),
    ]);
  });

  test.each([
    ...['/usr/bin/x px -> runc-worker,', '/usr/bin/x px -> :ns:runc,', 'change_profile -> worker,'],
    ...['deny /usr/bin/x x,', '/usr/bin/runc ix,', '/usr/bin/x px -> demo,'],
  ])('%s is not reported', (rule) => {
    expect(found(rule)).toEqual([]);
  });

  test('a profile of the same file is not reported', () => {
    expect(found('/usr/bin/x px -> runc,', 'profile runc {\n}\n')).toEqual([]);
    expect(found('change_profile -> runc,', 'profile runc {\n}\n')).toEqual([]);
  });
});

describe('the socket of a container runtime', () => {
  test.each([
    ...['/run/docker.sock rw,', '/var/run/docker.sock rw,', '/{,var/}run/docker.sock w,'],
    ...['/run/containerd/containerd.sock rw,', '/run/podman/podman.sock rw,', '/run/crio/* rw,'],
  ])('%s', (rule) => {
    expect(found(rule)).toEqual([expect.stringMatching(/^sensitive-write: .* starts containers/)]);
  });

  test.each(['/run/docker.sock r,', '/run/docker.pid rw,', '/run/demo/*.sock rw,'])(
    '%s is not reported',
    (rule) => {
      expect(found(rule)).toEqual([]);
    },
  );
});
