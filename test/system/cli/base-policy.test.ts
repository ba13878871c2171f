import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aaRegistry, launcher, scratch } from '../../cli/cli.ts';

// Each runs in a mount namespace with another /etc/apparmor.d, which requires root.
describe('the base policy of this machine', () => {
  let folder: string;
  let clean: () => Promise<void>;
  const at = (...parts: string[]) => join(folder, ...parts);

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    await mkdir(at('base/abstractions'), { recursive: true });
    await mkdir(at('base/abi'), { recursive: true });
    await writeFile(at('base/abi/3.0'), '');
    await writeFile(at('base/abstractions/files'), '/etc/hosts r,\n');
    await writeFile(
      at('good'),
      'abi <abi/3.0>,\nprofile good /usr/bin/good {\n  include <abstractions/files>\n}\n',
    );
  });
  afterAll(() => clean());

  test.skipIf(process.getuid?.() !== 0)(
    'missing AppArmor files are reported once, but not with --base',
    async () => {
      const hide = 'test ! -d /etc/apparmor.d || mount -t tmpfs none /etc/apparmor.d';
      const run = (...args: string[]) =>
        aaRegistry(['-m', 'sh', '-ec', `${hide}; exec "$@"`, 'sh', launcher, ...args], {
          program: 'unshare',
        });
      const { code, stderr } = await run('lint', at('good'), at('good'));
      expect(code).toBe(1);
      expect(stderr.match(/no \/etc\/apparmor\.d\/abstractions/g)).toHaveLength(1);
      expect(stderr).toContain('--base DIR');
      const named = await run('lint', '--base', at('base'), at('good'));
      expect(named.stderr).not.toContain('abstractions');
    },
  );

  test.skipIf(process.getuid?.() !== 0)(
    'check --target uses the base policy of that release, not this machine’s',
    async () => {
      await writeFile(
        at('later'),
        'abi <abi/5.0>,\nprofile later {\n  include <abstractions/files>\n  include <abstractions/glycin>\n}\n',
      );
      const hide = 'mkdir -p /etc/apparmor.d; mount --bind "$1" /etc/apparmor.d; shift; exec "$@"';
      const run = (...args: string[]) =>
        aaRegistry(['-m', 'sh', '-ec', hide, 'sh', at('base'), launcher, ...args], {
          program: 'unshare',
        });
      const noted = await run('check', '--target', '5.0', at('later'));
      expect(noted.stdout).toContain('later:1:5: info: AppArmor 5.0 has <abi/5.0>');
      expect(noted.stdout).toContain('0 errors, 0 warnings, 2 notes; needs AppArmor 5.0');
      expect(noted.code).toBe(0);
      const refused = await run('check', '--target', '4.1', at('later'));
      expect(refused.stdout).toContain('error: AppArmor 4.1 does not know <abi/5.0>');
      expect(refused.stdout).toContain('does not know <abstractions/glycin>; it came with 5.0');
      expect(refused.code).toBe(1);
      // The folder of --base is that of the target.
      const own = await run('check', '--target', '5.0', '--base', at('base'), at('later'));
      expect(own.stdout).toContain(
        'The abi file <abi/5.0> was not found. It came with AppArmor 5.0.',
      );
      expect(own.code).toBe(1);
    },
  );
});
