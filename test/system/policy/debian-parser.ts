import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Parser } from '../../policy/compiled-policy.ts';
import { aptFor } from '../kernel/apt.ts';
import { cached } from '../kernel/cache.ts';
import { run } from '../kernel/tools.ts';

/** The packages with the parser and its libraries. */
const packages = ['apparmor', 'libapparmor1', 'libc6', 'libgcc-s1', 'libstdc++6', 'libzstd1'];

/** The apparmor_parser of a Debian suite, and its version. */
export interface DebianParser extends Parser {
  /** Such as 5.0.2-5. */
  version: string;
  /** The folder with its base policy. */
  base: string;
}

/**
 * The apparmor_parser of a Debian suite, with its own libraries. It compiles for every class of permissions that it
 * knows, in the format of tables of older kernels.
 */
export async function parserOf(suite: string): Promise<DebianParser> {
  const apt = await aptFor(suite);
  // One line per package, with its hash.
  const files = await apt('apt-get', ['download', '--print-uris', '-qq', ...packages]);
  const version = /apparmor_([^_]+)_/.exec(files.toString())?.[1] ?? '';
  const key = createHash('sha256').update(files).digest('hex').slice(0, 16);
  const root = await cached(`parser-${suite}`, key, async (folder) => {
    await apt('apt-get', ['download', '-qq', ...packages], { cwd: folder, timeoutMs: 300_000 });
    for (const deb of await readdir(folder)) {
      await run('dpkg-deb', ['--extract', join(folder, deb), folder]);
      await rm(join(folder, deb));
    }
    const abi = await readFile(join(folder, 'etc/apparmor.d/abi/4.0'), 'utf8');
    await writeFile(join(folder, 'features'), withEveryClass(abi));
  });
  const lib = join(root, 'usr/lib/x86_64-linux-gnu');
  const loader = join(root, 'usr/lib64/ld-linux-x86-64.so.2');
  const parser = join(root, 'usr/sbin/apparmor_parser');
  const base = join(root, 'etc/apparmor.d');
  return {
    version,
    base,
    command: [loader, '--library-path', lib, parser, '-b', base, '--config-file', '/dev/null'],
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
