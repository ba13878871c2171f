import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Parser } from '../../policy/compiled-policy.ts';
import { cached } from '../kernel/cache.ts';
import type { Guest } from '../kernel/guests.ts';
import { guestDebs } from '../kernel/packages.ts';
import { run } from '../kernel/tools.ts';

/** The packages with the parser and its libraries. */
const packages = ['apparmor', 'libc6', 'libgcc-s1', 'libstdc++6'];

/**
 * The apparmor_parser of a Debian release, with its own libraries. It compiles for every class of permissions that it
 * knows, in the format of tables of older kernels.
 */
export async function parserOf(guest: Guest): Promise<Parser> {
  const debs = (await guestDebs(guest)).filter((path) =>
    packages.includes(basename(path).split('_')[0] ?? ''),
  );
  const key = debs.map((path) => basename(path)).join('+');
  const root = await cached(`parser-${guest.suite}`, key.replaceAll('%', ''), async (folder) => {
    for (const deb of debs) await run('dpkg-deb', ['--extract', deb, folder]);
    const abi = await readFile(join(folder, 'etc/apparmor.d/abi/4.0'), 'utf8');
    await writeFile(join(folder, 'features'), withEveryClass(abi));
  });
  const lib = join(root, 'usr/lib/x86_64-linux-gnu');
  const loader = join(root, 'usr/lib64/ld-linux-x86-64.so.2');
  const parser = join(root, 'usr/sbin/apparmor_parser');
  const base = ['-b', join(root, 'etc/apparmor.d'), '--config-file', '/dev/null'];
  return {
    command: [loader, '--library-path', lib, parser, ...base],
    features: join(root, 'features'),
  };
}

/** Adds the classes that Debian's kernels lack, and removes the tables of permissions of newer kernels. */
function withEveryClass(features: string): string {
  const queues = 'sysv_mqueue {create read write open delete setattr getattr\n}\n';
  const ioUring = 'io_uring {mask {sqpoll override_creds\n}\n}\n';
  const older = features
    .replace(/permstable32(?:_version)? \{[^}]*\}\n/g, '')
    .replace(/v9 \{yes\n\}\n/, '')
    .replace(/^ipc \{/m, `ipc {${queues}`);
  return older + ioUring;
}
