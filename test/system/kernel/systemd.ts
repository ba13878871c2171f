import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The folder of Debian's units in the guest. */
const packaged = '/usr/lib/systemd/system';

/** Units that the tests do not need and that start slowly. */
const idle = [
  'dev-hugepages.mount',
  'getty.target',
  'ldconfig.service',
  'modprobe@.service',
  'run-lock.mount',
  'sys-fs-fuse-connections.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'systemd-journal-catalog-update.service',
  'systemd-logind.service',
  'systemd-modules-load.service',
  'systemd-random-seed.service',
  'systemd-remount-fs.service',
  'systemd-sysusers.service',
  'systemd-tmpfiles-setup-dev-early.service',
  'systemd-tmpfiles-setup-dev.service',
  'systemd-update-done.service',
  'systemd-user-sessions.service',
];

/** Sets up a root for systemd, as installing the packages would, with a unit for the test. */
export async function startWithSystemd(root: string, unit: string): Promise<void> {
  const units = path.join(root, 'etc/systemd/system');
  const links: Record<string, string> = {
    'default.target': `${packaged}/multi-user.target`,
    'sysinit.target.wants/apparmor.service': `${packaged}/apparmor.service`,
    [`multi-user.target.wants/${path.basename(unit)}`]: `../${path.basename(unit)}`,
    ...Object.fromEntries(idle.map((name) => [name, '/dev/null'])),
  };
  await mkdir(units, { recursive: true });
  await copyFile(unit, path.join(units, path.basename(unit)));
  for (const [name, target] of Object.entries(links)) {
    await mkdir(path.dirname(path.join(units, name)), { recursive: true });
    await symlink(target, path.join(units, name));
  }
  await symlink('../lib/systemd/systemd', path.join(root, 'usr/sbin/init'));
  // Without it systemd assumes a first boot and enables everything.
  await writeFile(path.join(root, 'etc/machine-id'), `${'13'.repeat(16)}\n`);
}
